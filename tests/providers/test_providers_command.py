"""``streetsense providers`` tells terms and keys, tests and stores keys; secrets never stand on a command line."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import typer
from pydantic import Field, SecretStr
from shapely import box
from typer.testing import CliRunner, Result

from streetsense.cli.main import app
from streetsense.cli.verbs import add_verb
from streetsense.processes import Process, ProcessInputs, ProcessOutputs
from streetsense.progress import Progress
from streetsense.streetview.provider import GROUP, all_terms, provider_terms
from streetsense.streetview.providerlist import ProviderList
from streetsense.study import Study
from tests.providers.keyrings import Locked, Memory, nothing_configured, using
from tests.providers.mapillary_host import KEY, mapillary_host

TOKEN = "STREETSENSE_MAPILLARY_TOKEN"


@pytest.fixture(autouse=True)
def memory() -> Iterator[Memory]:
    """A keyring that is empty, and no keys in the environment."""
    with nothing_configured() as memory:
        yield memory


def providers(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(app, ["providers", *arguments], input=given, env={"COLUMNS": "200"})


def told(*arguments: str, given: str = "") -> str:
    result = providers(*arguments, given=given)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: str, given: str = "") -> str:
    result = providers(*arguments, given=given)
    assert result.exit_code == 2, result.output
    assert len(result.stderr.strip().splitlines()) == 1
    return result.stderr


def test_the_list_names_every_provider_with_what_is_there_and_where_its_terms_stand() -> None:
    text = told()
    for name, terms in all_terms().items():
        assert terms is not None
        assert f"\n{name} " in text
        assert not terms.url or f"terms of {name}: {terms.url}\n" in text


def test_built_in_providers_are_listed_with_the_open_ones_first() -> None:
    names = [entry.name for entry in ProviderList.model_validate_json(told("--json")).providers]
    assert {"mapillary", "panoramax", "google", "kartaview", "folder", "democity"} <= set(names)
    assert max(names.index("mapillary"), names.index("panoramax")) < names.index("folder") < names.index("google")


def test_the_list_says_what_a_key_lacks_and_where_it_is(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    def key_of(name: str) -> str:
        return next(line for line in told(name).splitlines() if line.startswith("key "))

    assert "missing: get one at https://www.mapillary.com/dashboard/developers" in key_of("mapillary")
    assert "key of mapillary: https://" in told()
    assert "not needed" in key_of("panoramax")
    memory.set_password("streetsense", "mapillary key", "MLY|1|2")
    assert "in the keyring" in key_of("mapillary")
    monkeypatch.setenv(TOKEN, "MLY|3|4")
    assert "from the environment" in key_of("mapillary")
    text = told() + told("mapillary") + told("--json")
    assert "MLY|" not in text


def test_json_is_a_list_of_providers_and_one_provider_by_name() -> None:
    entries = json.loads(told("--json"))["providers"]
    mapillary = next(entry for entry in entries if entry["name"] == "mapillary")
    assert json.loads(told("mapillary", "--json")) == mapillary
    assert mapillary["secrets"] == [
        {"name": "key", "title": "access token", "variable": TOKEN, "is_needed": True, "configured": None}
    ]


def test_one_provider_is_told_with_its_whole_notice() -> None:
    terms = provider_terms("google")
    assert terms is not None
    text = told("google")
    assert terms.notice in text
    assert terms.history_notice in text
    assert "7 US dollars per 1,000 photos" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "provider: there is no 'nobody'; the providers are "),
        (["--test"], "test: it is for one provider"),
        (["mapillary", "--test"], "key: Mapillary needs its access token (from https://www.mapillary.com/dashboard"),
        (["mapillary", "--test", "--store-key"], "store-key: it cannot be given with --test"),
        (["mapillary", "--forget-key", "--json"], "json: it cannot be given with --forget-key"),
        (["mapillary", "--api-url", "https://example.org"], "api-url: it belongs to the test call"),
        (["folder", "--test"], "test: Folder of photos is not on the internet"),
        (["panoramax", "--store-key"], "store-key: Panoramax needs no key"),
        (["nobody", "--test"], "provider: there is no 'nobody'"),
        (["mapillary", "--store-key"], "key: it is empty; give the access token."),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_exit_code_2(arguments: list[str], words: str) -> None:
    assert words in refused(*arguments)


def test_a_stored_key_is_used_by_the_test_call_and_can_be_forgotten(memory: Memory) -> None:
    assert told("mapillary", "--store-key", given=f"{KEY}\n") == "in the keyring now: access token of Mapillary\n"
    assert memory.kept == {("streetsense", "mapillary key"): KEY}
    with mapillary_host([]) as host:
        assert told("mapillary", "--test", "--api-url", host.url) == "Mapillary: the access token is accepted\n"
    assert host.requests[0].headers["user-agent"].startswith("StreetSense/")
    assert "removed from the keyring: access token" in told("mapillary", "--forget-key")
    assert "nothing was in the keyring" in told("mapillary", "--forget-key")
    assert memory.kept == {}


def test_a_key_that_is_not_needed_may_stay_empty(memory: Memory) -> None:
    told("google", "--store-key", given="AIza\n\n")
    assert memory.kept == {("streetsense", "google key"): "AIza"}


def test_a_wrong_key_fails_the_test_call_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, "MLY|9|wrong")
    with mapillary_host([]) as host:
        sentence = refused("mapillary", "--test", "--api-url", host.url)
    assert TOKEN in sentence
    assert "wrong" not in sentence.replace("is wrong", "")


def test_a_provider_that_cannot_be_reached_is_one_sentence_and_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, KEY)
    with mapillary_host([]) as host:
        pass
    result = providers("mapillary", "--test", "--api-url", host.url)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_keyring_that_does_not_work_is_told_when_it_should_keep_a_key() -> None:
    with using(Locked()):
        sentence = refused("mapillary", "--store-key", given="MLY|1|2\n")
    assert f"set the environment variable {TOKEN} instead" in sentence
    assert "MLY" not in sentence


def package(folder: Path, monkeypatch: pytest.MonkeyPatch, providers: dict[str, str]) -> None:
    """Install a package with providers."""
    info = folder / "elsewhere-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    lines = [f"{name} = {where}" for name, where in providers.items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines, ""]))
    monkeypatch.syspath_prepend(folder)


def test_a_package_that_is_broken_or_silent_hides_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    package(tmp_path, monkeypatch, {"broken": "there_is_no_such_module:Provider", "silent": "builtins:dict"})
    entries = {entry.name: entry for entry in ProviderList.model_validate_json(told("--json")).providers}
    assert "broken" not in entries
    assert "provider: 'broken'" in caplog.text
    assert (entries["silent"].title, entries["silent"].licence) == ("silent", "not stated")
    assert not entries["silent"].is_recommended
    assert "mapillary" in entries


class Inputs(ProcessInputs):
    """Inputs with secrets."""

    key: SecretStr | None = Field(None, description="a key")
    signing_secret: SecretStr | None = Field(None, description="a secret")


class Outputs(ProcessOutputs):
    """What arrived."""

    letters: list[int] = Field(description="lengths of the secrets")


def whisper(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    return Outputs(letters=[len(secret.get_secret_value()) for secret in (inputs.key, inputs.signing_secret) if secret])


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study.create(tmp_path / "study", gpd.GeoDataFrame(geometry=[box(0, 50, 0.1, 50.1)], crs="EPSG:4326"))


@pytest.fixture
def command() -> typer.Typer:
    made = typer.Typer(rich_markup_mode=None)
    add_verb(made, Process("whisper", "Whisper", "Whispers.", Inputs, Outputs, whisper))
    made.callback()(lambda: None)
    return made


def test_secrets_come_from_standard_input_line_by_line(study: Study, command: typer.Typer) -> None:
    arguments = ["whisper", str(study.root), "--signing-secret", "-", "--key", "-", "--json"]
    result = CliRunner().invoke(command, arguments, input="four\nsixsix\n")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"letters": [4, 6]}
    assert not [path for path in study.root.rglob("*") if path.is_file() and b"sixsix" in path.read_bytes()]


@pytest.mark.parametrize(
    ("words", "given", "sentence"),
    [
        (["--key", "AIzaSecret"], "", "key: others on this computer can read command lines; write --key - and give it"),
        (["--signing-secret", "abcSecret"], "", "signing_secret: others on this computer can read command lines; write "
         "--signing-secret -"),
        (["--key", "-"], "", "key: nothing came from standard input; give one line."),
        (["--key", "-", "--signing-secret", "-"], "one\n", "signing_secret: nothing came from standard input"),
    ],
)  # fmt: skip
def test_a_secret_on_the_command_line_is_refused_and_not_quoted(
    study: Study, command: typer.Typer, words: list[str], given: str, sentence: str
) -> None:
    result = CliRunner().invoke(command, ["whisper", str(study.root), *words], input=given)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "Secret" not in result.stderr


def test_the_help_of_a_secret_says_that_it_is_read_from_standard_input(command: typer.Typer) -> None:
    text = " ".join(CliRunner().invoke(command, ["whisper", "--help"], env={"COLUMNS": "200"}).output.split())
    assert "--key - a key (- reads it from standard input, or asks for it on a terminal)" in text


def test_on_a_terminal_a_secret_is_asked_for_and_not_shown() -> None:
    shown, typed = pty.openpty()
    code = "from streetsense.cli.secrets import asked_for; print(len(asked_for('key', '-')))"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=typed, stdout=typed, stderr=typed, start_new_session=True, close_fds=True
    )
    os.close(typed)
    seen = _until(shown, b"key: ")
    os.write(shown, b"hidden\n")
    seen += _until(shown, b"6")
    child.wait()
    os.close(shown)
    assert b"hidden" not in seen


def _until(terminal: int, words: bytes, patience: float = 60.0) -> bytes:
    """Read what a terminal shows until ``words`` have come."""
    seen, deadline = b"", time.monotonic() + patience
    while words not in seen:
        assert select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0], seen
        seen += os.read(terminal, 1024)
    return seen
