"""A mail server that behaves as it is told, to see what the shop does with one that misbehaves.

    mail_server.py PORT FOLDER [CERTIFICATE KEY]

How it behaves, the file FOLDER/behaviour.log says, which is read each time. All that it was given
whole is in FOLDER, a file for each time; with what it was asked before in FOLDER/events.log.
"""

import asyncio
import itertools
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP

port, folder = int(sys.argv[1]), sys.argv[2]
count = itertools.count()


def behaviour():
    with open(os.path.join(folder, "behaviour.log")) as file:
        return file.read()


def note(event):
    with open(os.path.join(folder, "events.log"), "a") as file:
        file.write(event + "\n")


async def for_ever():
    await asyncio.Event().wait()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        note("asked")
        if behaviour() == "hang before":
            await for_ever()
        if behaviour() == "later":
            return "451 4.7.1 Come back later"
        if behaviour() == "never":
            return f"550 5.1.1 <{address}>: no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        place = os.path.join(folder, f"{os.getpid()}-{next(count)}")
        with open(place + ".new", "wb") as file:
            file.write(envelope.original_content)
        os.rename(place + ".new", place + ".eml")
        note("encrypted" if session.ssl else "plain")
        if behaviour() == "hang after":
            await for_ever()
        if behaviour() == "drop":
            server.transport.abort()
            await for_ever()
        if behaviour() == "later after":
            return "452 4.3.1 No room now"
        if behaviour() == "slow":
            await asyncio.sleep(0.5)
        return "250 OK"


class Server(SMTP):
    async def _handle_client(self):
        if behaviour() == "slow":
            await asyncio.sleep(0.5)
        await super()._handle_client()


async def main():
    context = None
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
    loop = asyncio.get_running_loop()

    def serve():
        return Server(Handler(), loop=loop, tls_context=context, require_starttls=bool(context))

    server = await loop.create_server(serve, "127.0.0.1", port)
    await server.serve_forever()


asyncio.run(main())
