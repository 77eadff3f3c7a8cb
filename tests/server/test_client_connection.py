"""What the Python client says when there is no server, or none that it can trust or talk to: one sentence each."""

from __future__ import annotations

import http.server
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streetsense.client import Client, Unreachable
from streetsense.errors import InputError, StreetSenseError
from streetsense.server import PROTOCOL_VERSION
from tests.server.certificates import make_certificate
from tests.server.served import TOKEN


@contextmanager
def answering(status: int, body: bytes, *, tls: ssl.SSLContext | None = None, **headers: str) -> Iterator[str]:
    """A server that says always the same."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("version", "side"), [(PROTOCOL_VERSION + 1, "here"), (PROTOCOL_VERSION - 1, "on the host")])
def test_another_version_says_which_side_to_update(version: int, side: str) -> None:
    body = json.dumps({"engine_version": "9.9", "protocol_version": version}).encode()
    with answering(200, body) as url, Client(url, TOKEN) as client, pytest.raises(StreetSenseError) as caught:
        client.health()
    assert str(caught.value).endswith(f"update StreetSense {side}.")


def test_a_wrong_token_is_one_sentence() -> None:
    with answering(401, b"") as url, Client(url, TOKEN) as client, pytest.raises(InputError) as caught:
        client.health()
    assert re.match(r"token: .* refuses it", str(caught.value))


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}", TOKEN) as client, pytest.raises(Unreachable, match="nobody answers at"):
        client.health()


def test_a_server_that_is_silent_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Client(url, TOKEN, timeout=0.2) as client, pytest.raises(Unreachable, match="did not answer in time"):
            client.health()


def test_http_and_https_that_are_mixed_up_are_one_sentence() -> None:
    with answering(200, b"") as url, Client(url.replace("http:", "https:"), TOKEN) as client:
        with pytest.raises(InputError) as caught:
            client.health()
        assert "does not speak TLS" in str(caught.value)


def test_a_server_that_wants_tls_is_one_sentence(tmp_path: Path) -> None:
    _, tls = make_certificate(tmp_path)
    with answering(200, b"{}", tls=tls) as url, Client(url.replace("https:", "http:"), TOKEN) as client:
        wanted = pytest.raises(Unreachable, match=r"broke \(.*\); try again, or try https://\.")
        with wanted:
            client.health()


def test_a_connection_that_breaks_after_an_answer_has_nothing_to_do_with_tls() -> None:
    body = json.dumps({"engine_version": "1", "protocol_version": PROTOCOL_VERSION}).encode()
    with socket.create_server(("127.0.0.1", 0)) as taken:

        def serve() -> None:
            for answer in (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body, b""):
                peer, _ = taken.accept()
                with peer:
                    peer.recv(65536)
                    peer.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with Client(f"http://127.0.0.1:{taken.getsockname()[1]}", TOKEN) as client:
            client.health()
            with pytest.raises(Unreachable, match=r"broke \(.*\); try again\.$"):
                client.health()
        thread.join()


@pytest.mark.parametrize(
    ("address", "days", "is_known", "sentence"),
    [
        ("127.0.0.1", 1, False, "is signed by nobody this computer knows; set SSL_CERT_FILE"),
        ("127.0.0.1", -1, True, "has expired; ask its administrator to renew it"),
        ("127.0.0.9", 1, True, "is for another host"),
    ],
)
def test_a_certificate_that_cannot_be_trusted_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, days: int, is_known: bool, sentence: str
) -> None:
    certificate, tls = make_certificate(tmp_path, address, days=days)
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with answering(200, b"{}", tls=tls) as url, Client(url, TOKEN) as client, pytest.raises(InputError) as caught:
        client.health()
    assert sentence in str(caught.value)


@pytest.mark.parametrize(("content", "reason"), [(None, "cannot be read"), ("no such thing", "holds no certificate")])
def test_a_file_of_certificates_that_is_of_no_use_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, reason: str
) -> None:
    _, tls = make_certificate(tmp_path)
    known = tmp_path / "known.pem"
    if content is not None:
        known.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(known))
    with answering(200, b"{}", tls=tls) as url, Client(url, TOKEN) as client, pytest.raises(InputError) as caught:
        client.health()
    assert f"the file {known}, which SSL_CERT_FILE names, {reason}" in str(caught.value)


def test_a_certificate_of_the_administrator_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, tls = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    body = json.dumps({"engine_version": "1", "protocol_version": PROTOCOL_VERSION}).encode()
    with answering(200, body, tls=tls) as url, Client(url, TOKEN) as client:
        assert client.health().engine_version == "1"


def test_another_program_at_the_address_is_one_sentence() -> None:
    with answering(200, b"<html>") as url, Client(url, TOKEN) as client, pytest.raises(InputError) as caught:
        client.health()
    assert str(caught.value) == f"remote: there is no StreetSense server at {url}; check the address."


def test_a_path_that_the_server_is_not_at_is_one_sentence() -> None:
    body = b'{"detail": "path: there is nothing here; see /api for what there is."}'
    with answering(404, body) as url, Client(f"{url}/foo", TOKEN) as client, pytest.raises(InputError) as caught:
        client.health()
    assert str(caught.value) == f"remote: there is no StreetSense server at {url}/foo; check the address."


def test_the_token_is_not_sent_on_to_another_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.3)
        where = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/health"
        with answering(302, b"", Location=where) as url, Client(url, TOKEN) as client:
            with pytest.raises(StreetSenseError) as caught:
                client.health()
            assert "sends requests on" in str(caught.value)
        with pytest.raises(TimeoutError):  # nobody came
            elsewhere.accept()


@pytest.mark.parametrize("bad", ["", "ftp://x", "host:80", "http://", "http://user:word@host", "http://h/?a=b"])
def test_what_is_no_address_is_one_sentence(bad: str) -> None:
    with pytest.raises(InputError, match=r"remote: .*write it as https://host:8765"):
        Client(bad, TOKEN)
