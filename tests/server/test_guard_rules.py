"""What the guard lets through and how it answers the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse
from httpx2 import Response
from starlette.testclient import TestClient

from streetsense.server.guard import FAILURES_A_MINUTE, protect
from streetsense.server.settings import ServerSettings

TOKEN = "a-token-that-is-long-enough-to-be-one"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def _app(**settings: object) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse("<p>no data</p>")

    @app.get("/data")
    def data() -> PlainTextResponse:
        return PlainTextResponse("data")

    @app.get("/broken")
    def broken() -> None:
        raise ValueError("a word that no client may see")

    @app.api_route("/body", methods=["POST", "PATCH"])
    @app.api_route("/studies/a/uploads/1", methods=["POST", "PATCH"])
    async def body(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    protect(app, ServerSettings(studies=Path("studies"), token=TOKEN, **settings))  # type: ignore[arg-type]
    return app


def _client(**settings: object) -> TestClient:
    return TestClient(_app(**settings), base_url="http://127.0.0.1:8765", raise_server_exceptions=False)


@pytest.fixture
def client() -> Iterator[TestClient]:
    with _client() as client:
        yield client


def _assert_problem(answer: Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"].endswith(".")


def test_the_right_token_passes(client: TestClient) -> None:
    assert client.get("/data", headers=BEARER).text == "data"


@pytest.mark.parametrize(
    "value", ["Bearer wrong", "Bearer", "", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"]
)
def test_another_token_is_refused(client: TestClient, value: str) -> None:
    answer = client.get("/data", headers={"Authorization": value})
    _assert_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_no_token_is_refused_on_every_path(client: TestClient) -> None:
    for path in ("/data", "/", "/none", "/openapi.json", "/docs", "/body"):
        _assert_problem(client.get(path), 401)


def test_two_tokens_are_refused_even_when_one_is_right(client: TestClient) -> None:
    headers = [("Authorization", BEARER["Authorization"]), ("Authorization", "Bearer wrong")]
    _assert_problem(client.get("/data", headers=headers), 401)


@pytest.mark.parametrize("name", ["token", "access_token", "x"])
def test_a_token_in_the_query_is_not_taken(client: TestClient, name: str) -> None:
    answer = client.get("/data", params={name: TOKEN})
    _assert_problem(answer, 401)
    assert TOKEN not in answer.text


def test_a_browser_without_token_sees_the_empty_page_with_status_401(client: TestClient) -> None:
    answer = client.get("/", headers={"Accept": "text/html,application/xhtml+xml"})
    assert (answer.status_code, answer.text) == (401, "<p>no data</p>")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_browser_with_a_wrong_token_sees_no_page(client: TestClient) -> None:
    _assert_problem(client.get("/", headers={"Accept": "text/html", "Authorization": "Bearer wrong"}), 401)


def test_too_many_wrong_tokens_are_answered_with_a_pause_and_the_right_one_still_passes(client: TestClient) -> None:
    for _ in range(FAILURES_A_MINUTE):
        _assert_problem(client.get("/data", headers={"Authorization": "Bearer wrong"}), 401)
    answer = client.get("/data", headers={"Authorization": "Bearer wrong"})
    _assert_problem(answer, 429)
    assert int(answer.headers["retry-after"]) >= 1
    assert client.get("/data", headers=BEARER).status_code == 200


def test_more_requests_than_the_rate_are_answered_with_a_pause() -> None:
    with _client(rate=5) as client:
        statuses = [client.get("/data", headers=BEARER).status_code for _ in range(50)]
    assert statuses[:5] == [200] * 5
    assert 429 in statuses


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:8765", "localhost.", "127.0.0.9"])
def test_the_names_of_a_loopback_address_are_known(client: TestClient, host: str) -> None:
    assert client.get("/data", headers={**BEARER, "Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["attacker.example", "localhost.attacker.example", "192.0.2.1", "[2001:db8::1]"])
def test_another_name_is_refused_with_the_right_token_too(client: TestClient, host: str) -> None:
    _assert_problem(client.get("/data", headers={**BEARER, "Host": host}), 421)


@pytest.mark.parametrize("host", ["", "a b", "user@localhost", "localhost/x", "localhost:port", "[::1", "é"])
def test_a_host_that_is_no_name_is_refused(client: TestClient, host: str) -> None:
    _assert_problem(client.get("/data", headers={**BEARER, "Host": host.encode()}), 400)


def test_a_name_that_was_allowed_is_known_on_a_public_address_and_others_are_not() -> None:
    settings = {"host": "0.0.0.0", "plain_http": True, "allowed_hosts": ("gpu.example.org", "[2001:db8::7]")}
    with _client(**settings) as client:
        for host in ("gpu.example.org:8765", "192.0.2.1:8765", "[2001:db8::7]"):
            assert client.get("/data", headers={**BEARER, "Host": host}).status_code == 200
        _assert_problem(client.get("/data", headers={**BEARER, "Host": "attacker.example"}), 421)


def test_a_preflight_of_another_site_is_refused_and_no_answer_allows_one(client: TestClient) -> None:
    origin = {"Origin": "https://attacker.example"}
    preflight = client.options("/data", headers={**BEARER, **origin, "Access-Control-Request-Method": "GET"})
    _assert_problem(preflight, 403)
    for answer in (preflight, client.get("/data", headers={**BEARER, **origin})):
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_body_that_is_announced_too_large_is_refused(client: TestClient) -> None:
    _assert_problem(client.post("/body", headers={**BEARER, "Content-Length": str(10 * 2**30)}), 413)


def test_a_body_that_grows_too_large_is_cut_off(client: TestClient) -> None:
    parts = (b"x" * 65536 for _ in range(100))
    _assert_problem(client.post("/body", headers=BEARER, content=parts), 413)


def test_a_body_as_large_as_allowed_passes() -> None:
    with _client(max_body=2048) as client:
        assert client.post("/body", headers=BEARER, content=json.dumps("x" * 2046)).text == "2048"
        _assert_problem(client.post("/body", headers=BEARER, content=b"x" * 2049), 413)


def test_uploads_have_a_limit_of_their_own() -> None:
    with _client(max_body=2048, max_file=4096) as client:
        assert client.patch("/studies/a/uploads/1", headers=BEARER, content=b"x" * 4096).text == "4096"
        _assert_problem(client.patch("/studies/a/uploads/1", headers=BEARER, content=b"x" * 4097), 413)


def test_a_compressed_body_is_refused(client: TestClient) -> None:
    _assert_problem(client.post("/body", headers={**BEARER, "Content-Encoding": "gzip"}, content=b"x"), 415)


@pytest.mark.parametrize("path", ["/data/%2e%2e/data", "/%2Fdata", "/data%00", "/data%0d%0aX: y", "/a%5Cb"])
def test_a_path_with_two_meanings_leads_nowhere(client: TestClient, path: str) -> None:
    _assert_problem(client.get("http://127.0.0.1" + path, headers=BEARER), 404)


def test_every_answer_has_the_headers_that_bind_browsers(client: TestClient) -> None:
    for answer in (client.get("/data", headers=BEARER), client.get("/data"), client.get("/broken", headers=BEARER)):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


def test_an_unexpected_error_shows_the_client_nothing_of_itself(client: TestClient) -> None:
    answer = client.get("/broken", headers=BEARER)
    _assert_problem(answer, 500)
    assert "a word that no client may see" not in answer.text


def test_the_access_log_has_neither_queries_nor_tokens(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "streetsense.access")
    client.get("/data?secret=abc", headers=BEARER)
    client.get("/data", params={"token": TOKEN})
    assert [record.getMessage().split()[1:4] for record in caplog.records] == [
        ["GET", "/data", "200"],
        ["GET", "/data", "401"],
    ]
    assert "abc" not in caplog.text
    assert TOKEN not in caplog.text
