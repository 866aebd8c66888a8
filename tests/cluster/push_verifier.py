"""Reads messages to browsers, as the browsers would, and asks whether the shop has signed for them.

Reads a JSON object a line, {"private", "auth", "body", "authorization"}, the first three of them bytes in
base64url, and writes one for each: {"text", "claims"}, or {"error"}.
"""

import base64
import json
import sys

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02


def decoded(text):
    return base64.urlsafe_b64decode(text + "==")


def read(message):
    private = int.from_bytes(decoded(message["private"]), "big")
    key = ec.derive_private_key(private, ec.SECP256R1())
    body = decoded(message["body"])
    auth = decoded(message["auth"])
    text = http_ece.decrypt(body, private_key=key, auth_secret=auth, version="aes128gcm").decode()
    if not Vapid02.verify(message["authorization"]):
        return {"error": "the signature is wrong"}
    token = message["authorization"].split("t=")[1].split(",")[0]
    claims = json.loads(decoded(token.split(".")[1]))
    return {"text": text, "claims": claims}


for line in sys.stdin:
    try:
        print(json.dumps(read(json.loads(line))))
    except Exception as error:  # Whatever it is, the message cannot be read.
        print(json.dumps({"error": repr(error)}))
