"""Secrets are taken out of everything that a job leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from streetsense.jobs.redaction import MARK, Redactor, environment_secrets, secret_values

KEY = "k/e+y &1"


@pytest.mark.parametrize("form", [KEY, "k%2Fe%2By%20%261", "k%2Fe%2By+%261"])
def test_a_secret_is_found_as_it_is_and_as_in_a_url(form: str) -> None:
    assert Redactor([KEY])(f"GET /?key={form}&x=1") == f"GET /?key={MARK}&x=1"


def test_a_longer_secret_goes_before_its_beginning() -> None:
    assert Redactor(["abc", "abcdef"])("abcdef") == MARK


def test_json_is_redacted_everywhere() -> None:
    assert Redactor(["key"]).value({"key": ["a key", 1, None], "b": {"c": "key"}}) == {
        MARK: [f"a {MARK}", 1, None],
        "b": {"c": MARK},
    }


def test_what_is_written_below_python_and_in_pieces_is_redacted(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from streetsense.jobs.redaction import Redactor, redacting_pipe\n"
        "log = Path(sys.argv[1]).open('a', buffering=1)\n"
        "os.dup2(redacting_pipe(log, Redactor(['k-e-y'])), 1)\n"
        "os.write(1, b'a k-'); os.write(1, b'e-y b\\n'); print('c k-', end='', flush=True)\n"
        "print('e-y d', flush=True)\n"
        "os.system('echo k-e-y'); os.write(1, b'no end of line: k-e-y')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "log")], check=True)
    assert (tmp_path / "log").read_text().splitlines() == [
        f"a {MARK} b", f"c {MARK} d", MARK, f"no end of line: {MARK}"
    ]  # fmt: skip


def test_secrets_are_found_in_lists_and_mappings() -> None:
    class Inputs(BaseModel):
        one: SecretStr
        more: dict[str, SecretStr]
        none: SecretStr | None = None
        plain: str = "seen"

    assert secret_values(Inputs(one=SecretStr("a"), more={"x": SecretStr("b")})) == ["a", "b"]


def test_keys_of_the_environment_are_secrets_and_its_other_settings_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAPILLARY_TOKEN", "GOOGLE_KEY", "GOOGLE_SIGNING_SECRET", "TOKEN", "CONTACT", "PANORAMAX_URL"):
        monkeypatch.setenv(f"STREETSENSE_{name}", f"of {name}")
    monkeypatch.setenv("STREETSENSE_EMPTY_KEY", " ")
    assert {"of MAPILLARY_TOKEN", "of GOOGLE_KEY", "of GOOGLE_SIGNING_SECRET", "of TOKEN"} == {
        value for value in environment_secrets() if value.startswith("of ")
    }
    assert " " not in environment_secrets()
