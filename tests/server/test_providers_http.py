"""The server tells which providers of street views it has and whether it has keys for them, never the keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from streetsense.cli.main import app
from streetsense.cli.place import Here, choose
from streetsense.cli.remote import connect
from streetsense.cli.verbs import add_verb
from streetsense.client import Client
from streetsense.errors import StreetSenseError
from streetsense.jobs import JobQueue
from streetsense.processes import load_processes
from streetsense.streetview.provider import all_terms, provider_names
from streetsense.streetview.providerlist import ProviderList
from tests.providers.keyrings import Memory, nothing_configured
from tests.server.guarded import TOKEN as GUARDED_TOKEN
from tests.server.guarded import guarded_server
from tests.server.served import TOKEN, client_of, on_loopback

VARIABLE = "STREETSENSE_MAPILLARY_TOKEN"


@pytest.fixture(autouse=True)
def memory() -> Iterator[Memory]:
    """A keyring that is empty, and no keys in the environment."""
    with nothing_configured() as memory:
        yield memory


@pytest.fixture
def client(studies: Path, new_queue: Callable[..., JobQueue]) -> TestClient:
    return client_of(studies, new_queue())


def configured(client: TestClient) -> object:
    entries = client.get("/providers").json()["providers"]
    return next(entry for entry in entries if entry["name"] == "mapillary")["secrets"][0]["configured"]


def test_every_provider_is_told_with_its_terms(client: TestClient) -> None:
    answer = client.get("/providers")
    assert answer.status_code == 200
    entries = {entry["name"]: entry for entry in answer.json()["providers"]}
    assert sorted(entries) == provider_names()
    for name, terms in all_terms().items():
        assert terms is not None
        entry = entries[name]
        assert (entry["title"], entry["notice"], entry["terms_url"]) == (terms.title, terms.notice, terms.url)
        assert [secret["name"] for secret in entry["secrets"]] == [secret.name for secret in terms.secrets]
        assert (entry["is_online"], entry["needs_consent"]) == (terms.is_online, terms.needs_consent)
    assert set(entries["google"]) == {
        "name", "title", "description", "licence", "attribution", "terms_url", "notice", "key_url", "secrets",
        "needs_consent", "has_history", "history_notice", "price_per_1000", "needs_points", "is_online",
        "is_recommended",
    }  # fmt: skip
    assert set(entries["google"]["secrets"][0]) == {"name", "title", "variable", "is_needed", "configured"}


def test_where_the_server_has_a_key_is_told_and_never_the_key(
    client: TestClient, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert configured(client) is None
    memory.set_password("streetsense", "mapillary key", "MLY|in|keyring")
    assert configured(client) == "keyring"
    monkeypatch.setenv(VARIABLE, "MLY|in|environment")
    assert configured(client) == "environment"
    assert "MLY|" not in client.get("/providers").text


def test_nobody_sees_the_list_without_the_token(client: TestClient) -> None:
    assert client.get("/providers", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_the_interface_and_the_landing_page_name_the_list(client: TestClient) -> None:
    document = client.get("/api").json()
    assert document["paths"]["/providers"]["get"]["operationId"] == "getProviders"
    assert any(link["href"].endswith("/providers") for link in client.get("/").json()["links"])


def test_the_client_and_the_command_tell_the_providers_of_the_server(
    studies: Path, new_queue: Callable[..., JobQueue], memory: Memory
) -> None:
    memory.set_password("streetsense", "mapillary key", "MLY|1|2")
    with on_loopback(studies, new_queue()) as address:
        with Client(address, TOKEN) as client:
            found = client.providers()
        assert [entry.name for entry in found.providers] == list(dict.fromkeys(e.name for e in found.providers))
        runner = CliRunner(env={"STREETSENSE_TOKEN": TOKEN})
        listed = runner.invoke(app, ["--remote", address, "providers", "--json"])
        assert ProviderList.model_validate(json.loads(listed.stdout)) == found
        refused = runner.invoke(app, ["--remote", address, "providers", "mapillary", "--store-key"], input="MLY|3|4\n")
    assert refused.exit_code == 2
    assert "store-key: keys belong to one computer" in refused.stderr
    assert list(memory.kept.values()) == ["MLY|1|2"]


def test_a_server_that_is_too_old_to_tell_is_named() -> None:
    with (
        guarded_server() as port,
        Client(f"http://127.0.0.1:{port}", GUARDED_TOKEN) as client,
        pytest.raises(StreetSenseError, match="too old to tell its providers"),
    ):
        client.providers()


def test_a_secret_from_standard_input_reaches_a_job_on_another_host(
    studies: Path, new_queue: Callable[..., JobQueue], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = typer.Typer(rich_markup_mode=None)
    add_verb(command, load_processes()["leak"])
    command.callback()(lambda: None)
    monkeypatch.setenv("STREETSENSE_TOKEN", TOKEN)
    with on_loopback(studies, new_queue()) as address:
        choose(connect(address, None))
        try:
            study = str(tmp_path / "town")
            result = CliRunner().invoke(command, ["leak", study, "--key", "-", "--json"], input="0123456789abc\n")
        finally:
            choose(Here())
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["total"] == 13
    assert "0123456789abc" not in result.output
    assert not [path for path in studies.rglob("*") if path.is_file() and b"0123456789abc" in path.read_bytes()]
