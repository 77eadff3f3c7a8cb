"""What happens on connections before they are encrypted."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from streetsense.server import connection
from streetsense.server.connection import GuardedConnection
from tests.server.certificates import make_certificate
from tests.server.conftest import until
from tests.server.guarded import ONE, all_of, connected, guarded_server, statuses


class _Encrypted:
    """A server with a certificate, and what its clients trust."""

    def __init__(self, port: int, trusted: ssl.SSLContext) -> None:
        self.port, self._trusted = port, trusted

    def wrapped(self, plain: socket.socket) -> ssl.SSLSocket:
        """Encrypt a connection."""
        return self._trusted.wrap_socket(plain, server_hostname="127.0.0.1")

    def answers(self) -> bool:
        """Tell whether it answers a request."""
        with contextlib.suppress(OSError), connected(self.port) as plain, self.wrapped(plain) as peer:
            peer.sendall(ONE)
            return statuses(all_of(peer)) == [200]
        return False

    def answer_to_the_last_flight(self) -> bytes:
        """Send a request together with the last bytes of the handshake; return the answer."""
        coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = self._trusted.wrap_bio(coming, going, server_hostname="127.0.0.1")
        with connected(self.port) as peer:
            while True:
                try:
                    session.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    peer.sendall(going.read())
                    coming.write(peer.recv(65536))
            session.write(ONE)
            peer.sendall(going.read())
            answer = b""
            while True:
                try:
                    part = session.read(65536)
                    if not part:
                        return answer
                    answer += part
                except ssl.SSLWantReadError:
                    if not (more := peer.recv(65536)):
                        return answer
                    coming.write(more)
                except ssl.SSLZeroReturnError:
                    return answer


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[_Encrypted]:
    certificate, tls = make_certificate(tmp_path)
    with guarded_server(tls) as port:
        yield _Encrypted(port, ssl.create_default_context(cafile=certificate))


def test_a_request_that_comes_with_the_end_of_the_handshake_is_answered(secure: _Encrypted) -> None:
    assert statuses(secure.answer_to_the_last_flight()) == [200]


@pytest.mark.parametrize("start", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["silent", "begun"])
def test_a_handshake_that_does_not_end_is_broken_off(
    monkeypatch: pytest.MonkeyPatch, secure: _Encrypted, start: bytes
) -> None:
    monkeypatch.setattr(connection, "HANDSHAKE_SECONDS", 0.2)
    with connected(secure.port) as peer:
        peer.sendall(start)
        assert all_of(peer) == b""


def test_connections_that_are_not_yet_encrypted_count(monkeypatch: pytest.MonkeyPatch, secure: _Encrypted) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 1)
    with connected(secure.port), connected(secure.port) as second:
        assert all_of(second) == b""
        assert not secure.answers()
    until(secure.answers, "the server takes connections again")


def test_handshakes_that_fail_take_no_place(monkeypatch: pytest.MonkeyPatch, secure: _Encrypted) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 1)
    for start in (ONE, b"", b"\x16\x03\x01\x02\x00\x01"):
        with connected(secure.port) as peer, contextlib.suppress(ConnectionError):
            peer.sendall(start)
        until(secure.answers, "the server takes connections again")


def test_an_encrypted_connection_that_says_nothing_is_closed(
    monkeypatch: pytest.MonkeyPatch, secure: _Encrypted
) -> None:
    monkeypatch.setattr(GuardedConnection, "head_seconds", 0.2)
    with connected(secure.port) as plain, secure.wrapped(plain) as peer:
        assert all_of(peer) == b""


def test_a_server_that_stops_does_not_wait_for_handshakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(connection, "HANDSHAKE_SECONDS", 3600)
    with contextlib.ExitStack() as open_ones:
        with guarded_server(make_certificate(tmp_path)[1]) as port:
            silent = open_ones.enter_context(connected(port))
        assert all_of(silent) == b""
