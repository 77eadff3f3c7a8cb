"""What happens on connections that never become a proper request."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from streetsense.server import connection
from streetsense.server.connection import GuardedConnection
from tests.server.conftest import until
from tests.server.guarded import HEAD, TOKEN, all_of, answers, connected, guarded_server, statuses


@pytest.fixture
def port() -> Iterator[int]:
    with guarded_server() as port:
        yield port


def test_a_connection_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(GuardedConnection, "head_seconds", 0.2)
    with connected(port) as peer:
        assert all_of(peer) == b""


def test_a_head_that_does_not_end_is_refused(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(GuardedConnection, "head_seconds", 0.2)
    with connected(port) as peer:
        peer.sendall(b"GET /data HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        answer = all_of(peer)
    assert statuses(answer) == [408]
    assert b"application/problem+json" in answer


def test_the_second_head_of_a_connection_has_to_come_in_time_as_well(
    monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    monkeypatch.setattr(GuardedConnection, "head_seconds", 0.5)
    with connected(port) as peer:
        peer.sendall(f"GET /data HTTP/1.1\r\n{HEAD}\r\n".encode() + b"GET /data")
        assert statuses(all_of(peer)) == [200, 408]


@pytest.mark.parametrize("start", [b"GET /" + b"x" * 70, b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nX: "])
def test_a_head_without_end_is_cut_off(port: int, start: bytes) -> None:
    with connected(port) as peer:
        peer.sendall(start)
        sent = 0
        try:
            while sent < 64 * 2**20:
                sent += peer.send(b"X: " + b"y" * 1000 + b"\r\n" if start.endswith(b"1.1\r\n") else b"y" * 1000)
        except ConnectionError:
            pass
    assert sent < 64 * 2**20


def test_a_body_that_pauses_too_long_is_refused() -> None:
    with guarded_server(body_seconds=0.2) as port, connected(port) as peer:
        peer.sendall(f"POST /body HTTP/1.1\r\n{HEAD}Content-Length: 100\r\n\r\nbegun".encode())
        answer = all_of(peer)
    assert statuses(answer) == [408]
    assert b"application/problem+json" in answer


def test_a_body_of_ten_gigabytes_is_refused_before_it_is_sent(port: int) -> None:
    with connected(port) as peer:
        peer.sendall(f"POST /body HTTP/1.1\r\n{HEAD}Content-Length: {10 * 2**30}\r\n\r\n".encode())
        assert statuses(all_of(peer)) == [413]


def test_a_client_that_waits_for_permission_is_refused_without_it(port: int) -> None:
    with connected(port) as peer:
        peer.sendall(f"POST /body HTTP/1.1\r\n{HEAD}Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n".encode())
        assert statuses(all_of(peer)) == [413]


def test_a_body_without_token_is_not_read(port: int) -> None:
    with connected(port) as peer:
        peer.sendall(b"POST /body HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        answer = all_of(peer)
    assert statuses(answer) == [401]
    assert b"connection: close" in answer.lower()


def test_a_body_without_end_is_cut_off_at_the_limit(port: int) -> None:
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    with connected(port) as peer:
        peer.sendall(f"POST /body HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        sent = 0
        try:
            while sent < 1000:
                peer.sendall(chunk)
                sent += 1
        except ConnectionError:
            pass
    assert sent < 1000


@pytest.mark.parametrize("rest", [b"5;" + b"e" * 2**20, b"0\r\nX-Trailer: " + b"t" * 2**20])
def test_what_is_neither_head_nor_body_has_a_limit(port: int, rest: bytes) -> None:
    with connected(port) as peer:
        peer.sendall(f"POST /body HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        with pytest.raises(ConnectionError):
            for _ in range(1000):
                peer.sendall(rest)
                rest = rest[-1:] * 2**20


def test_an_answer_before_the_end_of_an_upload_is_heard(port: int) -> None:
    with connected(port) as peer:
        peer.sendall(f"PATCH /studies/a/uploads/1 HTTP/1.1\r\n{HEAD}Content-Length: {8 * 2**20}\r\n\r\n".encode())
        peer.sendall(b"x" * 8 * 2**20)
        answer = all_of(peer)
    assert statuses(answer) == [409]
    assert answer.endswith(b"not now")


def test_headers_that_follow_a_body_are_dropped(port: int) -> None:
    with connected(port) as peer:
        peer.sendall(
            b"POST /body HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            + f"1\r\nx\r\n0\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
        )
        assert statuses(all_of(peer)) == [401]


def test_requests_that_do_not_wait_for_answers_are_few(port: int) -> None:
    one = f"GET /data HTTP/1.1\r\n{HEAD}\r\n".encode()
    with connected(port) as peer:
        peer.sendall(one * (connection.MAX_PIPELINED + 50))
        assert len(statuses(all_of(peer))) < connection.MAX_PIPELINED + 50


def test_a_few_requests_at_once_are_all_answered(port: int) -> None:
    one = f"GET /data HTTP/1.1\r\n{HEAD}\r\n".encode()
    last = f"GET /data HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n".encode()
    with connected(port) as peer:
        peer.sendall(one * 7 + last)
        assert statuses(all_of(peer)) == [200] * 8


@pytest.mark.parametrize(
    "request_lines",
    [
        b"nonsense\r\n\r\n",
        b"GET /data HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /data HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /data HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /data HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
        b"GET /data HTTP/1.1\r\nX: a\x00b\r\n\r\n",
        b"GET /data HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /data HTTP/1.1\r\n\r\n",
        b"GET /data HTTP/1.0\r\n\r\n",
    ],
)
def test_a_request_with_two_meanings_is_refused(port: int, request_lines: bytes) -> None:
    with connected(port) as peer:
        peer.sendall(request_lines.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        answer = all_of(peer)
    assert statuses(answer) == [400]
    assert b"application/problem+json" in answer


def test_more_connections_than_the_server_has_are_refused(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 1)
    with connected(port) as first:
        first.sendall(f"GET /data HTTP/1.1\r\n{HEAD}\r\n".encode())
        assert b"200" in first.recv(65536)
        with connected(port) as second:
            assert statuses(all_of(second)) == [503]
    until(lambda: answers(port), "the server takes connections again")


@pytest.mark.parametrize(
    "beginning",
    [b"", b"GET /data HTTP/1.1\r\nX-Slow: ", f"POST /body HTTP/1.1\r\n{HEAD}Content-Length: 9\r\n\r\n{{".encode()],
    ids=["silence", "head", "body"],
)
def test_clients_that_never_finish_leave_the_server_free_for_others(
    monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 20)
    monkeypatch.setattr(GuardedConnection, "head_seconds", 0.3)
    with guarded_server(body_seconds=0.3) as port, contextlib.ExitStack() as slow:
        for _ in range(60):
            peer = slow.enter_context(connected(port))
            with contextlib.suppress(ConnectionError):
                peer.sendall(beginning)
        until(lambda: answers(port), "there is room again though no client has gone")
