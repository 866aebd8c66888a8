"""Runs cases of the Autobahn suite against the server whose address is the first argument, all but those that
the others name (`9.*`), and tells of each in a line: the case, how it went, how the connection was closed, the
code that the server closed it with, and what is said of a case that is not as it should be.
"""

import sys
import warnings

import txaio

txaio.use_twisted()
warnings.simplefilter("ignore")

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol, connectWS
from autobahntestsuite import fuzzing
from autobahntestsuite.case import Case, Cases
from twisted.internet import reactor

# Most cases wait for a second for what should not come.
AT_ONCE = 16
SUITE = fuzzing.CaseSet(
    fuzzing.CaseSetname, fuzzing.CaseBasename, Cases, fuzzing.CaseCategories, fuzzing.CaseSubCategories
)
# Theirs compares pickles, which differ for values that are equal.
Case.compare = lambda self, one, other: one == other


def octets(text):
    return text.encode("latin-1") if isinstance(text, str) else text


class Peer(fuzzing.FuzzingClientProtocol):
    """The suite's client. The cases have texts where the protocol has bytes: see port.py."""

    def sendFrame(self, opcode, payload=b"", payload_len=None, mask=None, **options):
        payload = octets(payload)
        if payload_len is not None:
            payload = (payload * (payload_len // len(payload) + 1))[:payload_len]
        super().sendFrame(opcode, payload, mask=octets(mask), **options)

    def sendMessage(self, payload, *options, **more):
        super().sendMessage(octets(payload), *options, **more)

    def sendCloseFrame(self, code=None, reasonUtf8=None, isReply=False):
        super().sendCloseFrame(code, octets(reasonUtf8), isReply)

    def sendMessageFrameData(self, payload, sync=False):
        return super().sendMessageFrameData(octets(payload), sync)

    def onMessage(self, payload, isBinary):
        super().onMessage(payload.decode("latin-1"), isBinary)

    def onPong(self, payload):
        super().onPong(payload.decode("latin-1"))

    def onConnect(self, response):
        pass

    # Of what went to and fro only the frames that some cases count.
    def logRxOctets(self, data):
        pass

    def logTxOctets(self, data, sync):
        pass

    def logRxFrame(self, header, payload):
        self.rxFrameStats[header.opcode] = self.rxFrameStats.get(header.opcode, 0) + 1

    def logTxFrame(self, header, payload, repeatLength, chopsize, sync):
        self.txFrameStats[header.opcode] = self.txFrameStats.get(header.opcode, 0) + 1

    def connectionLost(self, reason):
        WebSocketClientProtocol.connectionLost(self, reason)
        case = self.runCase
        case.onConnectionLost(self.failedByMe)
        said = "" if case.behavior == case.behaviorClose == Case.OK else f"{case.result} {case.resultClose}"
        tell(self.case, case.behavior, case.behaviorClose, self.remoteCloseCode, said)


class Factory(fuzzing.FuzzingClientFactory):
    """Runs some of the cases, one after the other."""

    running = 0

    def __init__(self, url, cases):
        WebSocketClientFactory.__init__(self, url)
        self.CaseSet = SUITE
        self.specExcludeAgentCases = []
        self.logOctets = False
        self.logFrames = True
        self.setProtocolOptions(failByDrop=False)
        self.cases = iter(cases)
        Factory.running += 1
        self.go_on(lambda: connectWS(self))

    def go_on(self, connect):
        self.case = next(self.cases, None)
        if self.case is not None:
            connect()
            return
        Factory.running -= 1
        if Factory.running == 0:
            reactor.stop()

    def buildProtocol(self, addr):
        peer = Peer()
        peer.factory = self
        peer.case = self.case
        peer.caseAgent = "Rialto"
        peer.Case = SUITE.CasesById[self.case]
        peer.runCase = peer.Case(peer)
        return peer

    def clientConnectionLost(self, connector, reason):
        self.go_on(connector.connect)

    def clientConnectionFailed(self, connector, reason):
        tell(self.case, "NOT CONNECTED", "NOT CONNECTED", None, reason.getErrorMessage())
        self.go_on(connector.connect)


def tell(*columns):
    print(*columns, sep="\t", flush=True)


url, *without = sys.argv[1:]
ids = SUITE.parseSpecCases({"cases": ["*"], "exclude-cases": without})
# None of them ends before the last of them has begun: connections are made by the reactor.
for number in range(AT_ONCE):
    Factory(url, ids[number::AT_ONCE])
reactor.run()
