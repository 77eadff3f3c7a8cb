"""Attacks on a real server, over raw sockets: all on the loopback address, all with an end."""

from __future__ import annotations

import base64
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.conftest import make_study, until
from tests.server.serving import Served, parsed, serving

pytestmark = pytest.mark.e2e

#: What lies outside the studies and must never be seen.
CANARY = "what-lies-outside-must-never-be-seen"


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory, extra_path: Path) -> Path:
    """A folder of studies with one, called 'town', and secrets around it."""
    folder = tmp_path_factory.mktemp("attacked") / "studies"
    folder.mkdir()
    town = make_study(folder / "town").root
    (folder.parent / "outside.txt").write_text(CANARY)
    (folder / ".streetsense").mkdir(mode=0o700)
    (folder / ".streetsense" / "private.txt").write_text(CANARY)
    elsewhere = make_study(folder.parent / "elsewhere").root
    (elsewhere / "results").mkdir()
    (elsewhere / "results" / "outside.txt").write_text(CANARY)
    (folder / "linked").symlink_to(elsewhere)
    for part in ("results", "uploads"):
        (town / part).mkdir()
        (town / part / "linked.txt").symlink_to(folder.parent / "outside.txt")
        (town / part / "folder").symlink_to(folder.parent)
    return folder


@pytest.fixture(scope="module")
def server(studies: Path) -> Iterator[Served]:
    with serving(studies, "--access-log") as served:
        yield served


def _operations(server: Served) -> list[tuple[str, str]]:
    """Return method and path of everything that the server describes."""
    document = json.loads(server.ask("GET", "/api")[2])
    return [(method.upper(), path) for path, operations in document["paths"].items() for method in operations]


def test_no_operation_answers_without_the_token_or_with_another(server: Served) -> None:
    operations = _operations(server)
    assert len(operations) > 20
    for method, path in operations:
        path = re.sub(r"\{.*?\}", "town", path)
        for extra in ("", "Authorization: Bearer another-token-of-fair-length\r\n", "Cookie: token={0}\r\n"):
            lines = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + extra.format(server.token)
            status, _, body = parsed(server.raw(lines + "\r\n"))
            assert status in (401, 429), (method, path, status, body)


def test_a_token_in_the_query_opens_nothing_and_is_in_no_log(server: Served) -> None:
    for name in ("token", "access_token", "Authorization"):
        status, _, _ = parsed(
            server.raw(f"GET /jobs?{name}={server.token} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        )
        assert status in (401, 429)
    assert server.ask("GET", f"/jobs?note={server.token}")[0] in (200, 400)
    assert server.token not in "".join(server.said)


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1.attacker.example", "", "localhost, attacker.example"])
def test_a_name_that_was_bound_anew_opens_nothing(server: Served, host: str) -> None:
    lines = f"GET /jobs HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {server.token}\r\nConnection: close\r\n\r\n"
    assert parsed(server.raw(lines))[0] in (400, 421)


def test_an_absolute_target_does_not_replace_the_host(server: Served) -> None:
    lines = "GET http://127.0.0.1/jobs HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n"
    assert parsed(server.raw(lines + f"Authorization: Bearer {server.token}\r\n\r\n"))[0] == 421


#: Ways out of a folder.
ESCAPES = [
    "../outside.txt",
    "../../outside.txt",
    "%2e%2e/outside.txt",
    "%2e%2e%2foutside.txt",
    "..%2foutside.txt",
    "..%5coutside.txt",
    "..\\outside.txt",
    "%252e%252e%252foutside.txt",
    "%c0%ae%c0%ae/outside.txt",
    "....//outside.txt",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "file:%2f%2f%2fetc%2fpasswd",
    "x%00.txt",
    "x%0d%0aX-Injected:%20yes",
    ".streetsense",
    "%2estreetsense/private.txt",
    "linked",
    "linked.txt",
    "folder/outside.txt",
    "~root",
    "*",
    "a" * 5000,
]


@pytest.mark.parametrize("escape", ESCAPES, ids=lambda escape: escape[:30])
def test_no_path_leads_out_of_the_studies(server: Served, escape: str) -> None:
    for method, path in _operations(server):
        if method == "OPTIONS":  # says what the interface can do, whatever the path
            continue
        for name in re.findall(r"\{(.*?)\}", path):
            hostile = path.replace(f"{{{name}}}", escape)
            hostile = re.sub(r"\{study\}", "town", hostile)
            hostile = re.sub(r"\{.*?\}", "x", hostile)
            status, headers, body = server.ask(method, hostile, None if method in ("GET", "DELETE") else {})
            assert 400 <= status < 500, (method, hostile, status, body)
            assert CANARY.encode() not in body
            assert b"root:" not in body
            assert "x-injected" not in headers


def _execute(server: Served, inputs: object, process: str = "read") -> tuple[int, bytes]:
    status, _, body = server.ask("POST", f"/processes/{process}/execution", {"inputs": inputs})
    return status, body


@pytest.mark.parametrize(
    "value",
    [
        "/etc/passwd",
        "../../outside.txt",
        "uploads/../../../outside.txt",
        "uploads/linked.txt",
        "uploads/folder/outside.txt",
        "results\\..\\..\\..\\outside.txt",
        "uploads/x\u0000.txt",
        "file:///etc/passwd",
        "C:/windows/win.ini",
        {"href": "file:///etc/passwd"},
        {"href": "/studies/town/../../outside.txt"},
        {"href": "/studies/town/%2e%2e/%2e%2e/outside.txt"},
        {"value": "/etc/passwd"},
        {"value": {"value": "/etc/passwd"}},
        ["/etc/passwd"],
    ],
    ids=str,
)
def test_no_input_leads_out_of_the_study(server: Served, value: object) -> None:
    status, body = _execute(server, {"study": "town", "table": value})
    assert status == 400, body
    assert CANARY.encode() not in body


def test_no_study_is_outside_the_folder(server: Served) -> None:
    for name in ("../elsewhere", "linked", ".streetsense", ".", "..", "/etc", "town/../town", "town/", "", None, 5):
        status, body = _execute(server, {"study": name})
        assert status in (400, 404), (name, body)


def test_the_server_fetches_nothing_that_a_request_names(server: Served) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inner:
        address = f"http://127.0.0.1:{inner.getsockname()[1]}/internal"
        for value in ({"href": address}, address, {"value": address}):
            assert _execute(server, {"study": "town", "table": value})[0] == 400
        callback = {"inputs": {"study": "town"}, "subscriber": {"successUri": address}}
        assert server.ask("POST", "/processes/read/execution", callback)[0] == 400
        inner.settimeout(0)
        with pytest.raises(BlockingIOError):
            inner.accept()


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"inputs": {"study": "town", "name": ' + b"[" * 500_000 + b"]" * 500_000 + b"}}",
        *[
            b'{"inputs": {"study": "town", "name": ' + b"[" * depth + b"]" * depth + b"}}"
            for depth in (150, 300, 480, 700, 950, 3000, 50_000)
        ],
        *[
            b'{"inputs": {"study": "town", "name": ' + b'{"value":' * depth + b"1" + b"}" * depth + b"}}"
            for depth in (300, 900, 3000)
        ],
        b'{"inputs": {"study": "town", "steps": 1' + b"0" * 5000 + b"}}",
        b'{"inputs": {"study": "town", "steps": 1e999}}',
        b'{"inputs": {"study": "town", "steps": NaN}}',
        b'{"inputs": {"study": "town", "name": "\\ud800"}}',
        b'{"inputs": {"study": "\\ud800"}}',
        b'{"inputs": {"study": "town", "\\ud800": 1}}',
        b'{"inputs": {"study": "town", "__class__": {}}}',
        b'{"inputs": {"study": "town"}, "outputs": {"\\ud800": {}}}',
        b"\xff\xfe\x00",
        b'{"inputs": {"study": "town", "name": "\xff"}}',
        b"null",
        b"",
    ],
    ids=lambda body: repr(body[:50]),
)
def test_json_that_breaks_parsers_is_refused_in_one_sentence(server: Served, body: bytes) -> None:
    status, headers, answer = server.ask("POST", "/processes/count/execution", body)
    assert 400 <= status < 500, (status, answer[:500])
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(answer)["detail"].endswith(".")
    assert len(answer) < 2000


def test_a_name_that_is_given_twice_cannot_pass_a_check_with_one_value_and_run_with_the_other(server: Served) -> None:
    for first, second in (("/etc/passwd", "none.txt"), ("none.txt", "/etc/passwd")):
        body = f'{{"inputs": {{"study": "town", "table": "{first}", "table": "{second}"}}}}'.encode()
        status, _, answer = server.ask("POST", "/processes/read/execution", body)
        assert status == 400, answer
        assert b"root:" not in answer


@pytest.mark.parametrize("value", ["a\r\nX-Injected: yes", "a\nX-Injected: yes", "a\x00b", "é", "x" * 5000, "%0d%0a"])
def test_no_header_of_a_request_injects_one_into_the_answer(server: Served, value: str) -> None:
    for name in ("Idempotency_Key", "Prefer", "Range", "If_None_Match", "Accept", "Last_Event_ID", "X_Forwarded_Host"):
        for method, path, body in (
            ("POST", "/processes/read/execution", {"inputs": {"study": "none"}}),
            ("GET", "/studies/town/results/none.txt", None),
            ("GET", "/", None),
        ):
            status, headers, _ = server.ask(method, path, body, **{name: value})
            assert status < 500
            assert "x-injected" not in headers


@pytest.mark.parametrize("name", ['a"b; filename=c.txt', "a;b=c.txt", "é\u202etxt.exe", "a'b`$(id).txt", "a b%c.txt"])
def test_no_name_of_a_file_injects_anything_into_the_answer(server: Served, studies: Path, name: str) -> None:
    (studies / "town" / "results" / name).write_text("content")
    quoted = "".join(f"%{byte:02x}" for byte in name.encode())
    status, headers, body = server.ask("GET", f"/studies/town/results/{quoted}")
    assert (status, body) == (200, b"content")
    assert headers["x-content-type-options"] == "nosniff"
    disposition = headers.get("content-disposition", "attachment")
    assert disposition.startswith("attachment")
    assert disposition.count('"') in (0, 2)
    assert disposition.isascii()


@pytest.mark.parametrize(
    "name",
    ["../x.txt", "/etc/x.txt", "a\r\nX: y.txt", "x\u0000.txt", ".hidden", "..\\x.txt", "a/../../x", "", "x" * 400],
    ids=ascii,
)
def test_no_upload_lands_outside_its_folder(server: Served, studies: Path, name: str) -> None:
    before = {path for path in studies.parent.rglob("*") if ".streetsense" not in path.parts}
    metadata = f"filename {base64.b64encode(name.encode()).decode()}"
    for route in ("uploads", "photos"):
        status, headers, body = server.ask(
            "POST",
            f"/studies/town/{route}",
            b"content",
            Tus_Resumable="1.0.0",
            Upload_Length="7",
            Upload_Metadata=metadata,
            Content_Type="application/offset+octet-stream",
        )
        assert 400 <= status < 500, body
        assert "x" not in headers
    assert {path for path in studies.parent.rglob("*") if ".streetsense" not in path.parts} == before


def test_the_server_is_still_well_after_all_that(server: Served) -> None:
    until(lambda: server.ask("GET", "/conformance")[0] == 200, "the server answers")
    assert server.process.poll() is None
    assert "Traceback" not in "".join(server.said)
    assert CANARY not in "".join(server.said)
