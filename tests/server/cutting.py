"""A bad network: a loopback proxy that cuts connections after so many bytes, and counts what passes."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Cutting:
    """A proxy in front of a server of this computer.

    Attributes
    ----------
    target : tuple
        Where the server is.
    cuts : list of int
        Each cuts a connection once so many bytes have come up (from the client), counted from the start of all.
    cuts_down : list of int
        The same for bytes that come down.
    up, down : int
        Bytes that have passed.
    """

    target: tuple[str, int]
    cuts: list[int] = field(default_factory=list)
    cuts_down: list[int] = field(default_factory=list)
    up: int = 0
    down: int = 0
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            for ends in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
                if self._count(len(data), is_up):
                    break
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _count(self, number: int, is_up: bool) -> bool:
        """Count bytes; tell whether the connection is to be cut now."""
        with self._lock:
            if is_up:
                self.up += number
            else:
                self.down += number
            passed, cuts = (self.up, self.cuts) if is_up else (self.down, self.cuts_down)
            if cuts and passed >= cuts[0]:
                cuts.pop(0)
                return True
        return False


@contextmanager
def cutting(port: int, *, up: list[int] | None = None, down: list[int] | None = None) -> Iterator[Cutting]:
    """Put a proxy in front of the server at ``port``."""
    proxy = Cutting(("127.0.0.1", port), list(up or []), list(down or []))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy.port = listener.getsockname()[1]
        threading.Thread(target=proxy.serve, args=(listener,), daemon=True).start()
        yield proxy
        listener.shutdown(socket.SHUT_RDWR)
