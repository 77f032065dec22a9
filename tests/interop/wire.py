"""A wire between clients and server that notes every request in full: what a check says about requests then rests on
the bytes of the connection and not on a log."""

import contextlib
import json
import socket
import threading
from urllib.parse import parse_qsl, unquote, urlsplit

HEAD_LIMIT = 1 << 16
# Of a longer body only the length is kept.
BODY_LIMIT = 1 << 20


class Request:
    """One request: its first line taken apart, its headers by lower-case name, and its body."""

    def __init__(self, head):
        first, *lines = head.decode("latin-1").split("\r\n")
        self.verb, self.target, _ = first.split(" ")
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.body, self.length, self.whole = b"", 0, False

    def extend(self, piece):
        self.length += len(piece)
        if self.length <= BODY_LIMIT:
            self.body += piece

    @property
    def path(self):
        return urlsplit(self.target).path

    @property
    def query(self):
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def content_type(self):
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def authorized(self):
        return "authorization" in self.headers

    def json(self):
        return json.loads(self.body)

    def lines(self):
        return [json.loads(line) for line in self.body.splitlines() if line.strip()]

    def __repr__(self):
        return f"{self.verb} {unquote(self.target)} {self.body[:400]!r}"


class RequestParser:
    """Takes the bytes that a client sends on one connection, in pieces of any size, and gives the requests in them:
    several on one connection, with a length or in chunks. Each is given to `begin` as soon as its head is known."""

    def __init__(self, begin):
        self.begin = begin
        self.held = b""
        self.steps = self._read()
        next(self.steps)

    def feed(self, piece):
        self.held += piece
        self.steps.send(None)

    def _read(self):
        while True:
            head = yield from self._until(b"\r\n\r\n")
            request = Request(head)
            self.begin(request)
            if "chunked" in request.headers.get("transfer-encoding", "").lower():
                yield from self._chunks(request)
            else:
                yield from self._exactly(int(request.headers.get("content-length", 0)), request)
            request.whole = True

    def _chunks(self, request):
        while size := int((yield from self._until(b"\r\n")).partition(b";")[0], 16):
            yield from self._exactly(size, request)
            yield from self._until(b"\r\n")
        while (yield from self._until(b"\r\n")):
            pass  # a trailer

    def _until(self, end):
        while (found := self.held.find(end)) < 0:
            if len(self.held) > HEAD_LIMIT:
                raise ValueError(f"no end of a head in {len(self.held)} bytes")
            yield
        taken, self.held = self.held[:found], self.held[found + len(end) :]
        return taken

    def _exactly(self, length, request):
        while length:
            if not self.held:
                yield
            piece, self.held = self.held[:length], self.held[length:]
            request.extend(piece)
            length -= len(piece)


class Wire:
    """Stands between clients and server. `url` is where clients connect, `requests` what they asked, oldest first."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.server = None
        self.requests = []
        self.broken = []
        self.stall = None

    def start(self, server):
        """Begins, or goes on with another server."""
        begun, self.server = self.server, server
        if begun is None:
            threading.Thread(target=self._accept, daemon=True).start()

    def count(self, verb):
        return sum(1 for request in self.requests if request.verb == verb)

    @contextlib.contextmanager
    def recording(self):
        """The requests that are made inside; the list is complete when the block ends."""
        start, found = len(self.requests), []
        try:
            yield found
        finally:
            found.extend(self.requests[start:])
        assert not self.broken, f"not understood on the wire: {self.broken}"

    @contextlib.contextmanager
    def stalling(self, after):
        """Answers stop when so many bytes of a connection have passed, and go on when the block ends."""
        self.stall = (after, threading.Event())
        try:
            yield
        finally:
            (_, released), self.stall = self.stall, None
            released.set()

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            try:
                server = socket.create_connection(self.server)
            except OSError:
                client.close()
                continue
            parser = RequestParser(self.requests.append)
            for pair in ((client, server, parser), (server, client, None)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source, target, parser):
        passed = 0
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 18):
                passed += len(piece)
                if parser is None and (stall := self.stall) and passed > stall[0]:
                    stall[1].wait()
                # Noted before it is passed on: who has the answer finds the request in the list.
                if parser:
                    try:
                        parser.feed(piece)
                    except (ValueError, StopIteration) as error:
                        self.broken.append(f"{error!r} at {piece[:80]!r}")
                        parser = None
                target.sendall(piece)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
