"""What stands between a source and its server in a test: a line that breaks, and a server that refuses."""

from __future__ import annotations

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PIECE = 4096


class BreakableLine:
    """Passes everything on to a server; `limit`: how many more bytes of its answers, before all ends."""

    def __init__(self, port: int) -> None:
        self.limit: int | None = None
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            server = socket.create_connection(("127.0.0.1", self._target))
            with server:
                threading.Thread(target=_pump, args=(client, server), daemon=True).start()
                while piece := server.recv(_PIECE):
                    if self.limit is not None:
                        self.limit -= len(piece)
                        if self.limit < 0:
                            break
                    client.sendall(piece)
                _hang_up(client)
                _hang_up(server)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


class StatusServer:
    """Answers every request over HTTP with one status."""

    def __init__(self) -> None:
        self.status = 401
        refusing = self

        class _RefusingRequestHandler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(refusing.status)
                self.send_header("Content-Length", "0")
                self.send_header("WWW-Authenticate", 'Basic realm="test"')
                self.end_headers()

            do_PROPFIND = do_HEAD = do_OPTIONS = do_POST = do_GET  # noqa: N815 - methods of HTTP

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its base's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _RefusingRequestHandler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class RefusingMailServer:
    """Refuses every login over IMAP with one sentence."""

    def __init__(self) -> None:
        self.reason = "[AUTHENTICATIONFAILED] Authentication failed."
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, contextlib.suppress(OSError):
                    self._refuse(client)

    def _refuse(self, client: socket.socket) -> None:
        client.sendall(b"* OK ready\r\n")
        for line in client.makefile("rb"):
            tag, command = line.split()[:2]
            answer = b"* CAPABILITY IMAP4rev1\r\n" if command.upper() == b"CAPABILITY" else b""
            is_login = command.upper() in (b"LOGIN", b"AUTHENTICATE")
            verdict = f"NO {self.reason}".encode() if is_login else b"OK done"
            client.sendall(answer + tag + b" " + verdict + b"\r\n")
