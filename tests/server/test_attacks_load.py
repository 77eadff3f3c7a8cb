"""Attacks that use up memory, connections or time: all on the loopback address, all with an end."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from streetsense.study import Study
from tests.server.serving import Served, parsed, serving

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("loaded") / "studies") as served:
        yield served


def test_ten_gigabytes_are_refused_before_they_are_sent(server: Served) -> None:
    for path in ("/processes/count/execution", "/studies", "/jobs/x", "/studies/town/uploads"):
        lines = f"POST {path} HTTP/1.1\r\n{server.head}Content-Length: {10 * 2**30}\r\n\r\n"
        assert parsed(server.raw(lines))[0] == 413


def test_a_body_without_end_is_cut_off_at_the_limit(server: Served) -> None:
    memory = psutil.Process(server.process.pid).memory_info().rss
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as peer:
        peer.sendall(
            f"POST /processes/count/execution HTTP/1.1\r\n{server.head}Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        sent = 0
        try:
            while sent < 2**28:
                sent += peer.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
        except ConnectionError:
            pass
    assert sent < 2**28
    assert psutil.Process(server.process.pid).memory_info().rss - memory < 64 * 2**20


def test_a_slow_body_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "slow"
    with serving(folder, "--body-seconds", 0.3) as server:
        lines = f"POST /processes/count/execution HTTP/1.1\r\n{server.head}Content-Length: 100\r\n\r\n{{"
        assert parsed(server.raw(lines))[0] == 408


def test_ten_thousand_jobs_are_not_ten_thousand_jobs(studies: Path) -> None:
    body = json.dumps({"inputs": {"study": "town", "name": "x" * 200}})
    with Study.open(studies / "town").lock("test"), serving(studies, "--max-queued", 20, "--rate", 100_000) as server:
        assert server.ask("GET", "/jobs")[0] == 200
        memory = psutil.Process(server.process.pid).memory_info().rss
        one = (
            f"POST /processes/once/execution HTTP/1.1\r\n{server.head}Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        statuses: dict[bytes, int] = {}
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as peer:
            for turn in range(1000):
                peer.sendall(one * 10)
                rest, seen = b"", 0
                while seen < 10:
                    rest += peer.recv(65536)
                    found = re.findall(rb"HTTP/1\.1 (\d+) .*?\r\n\r\n(?:\{[^\0]*?\})(?=HTTP/1\.1|\Z)", rest, re.DOTALL)
                    seen = len(found)
                for status in found:
                    statuses[status] = statuses.get(status, 0) + 1
                if turn % 100 == 0:
                    assert server.ask("GET", "/jobs?limit=1")[0] == 200
        assert statuses == {b"201": 20, b"429": 9980}
        assert psutil.Process(server.process.pid).memory_info().rss - memory < 64 * 2**20
        assert len(list((studies / "town" / "jobs").iterdir())) == 20
        status, headers, _ = server.ask("POST", "/processes/once/execution", json.loads(body))
        assert status == 429
        assert int(headers["retry-after"]) > 0
