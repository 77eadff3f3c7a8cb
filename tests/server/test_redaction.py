"""Secrets are taken out of everything that a job leaves."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from streetsense.jobs.redaction import MARK, RedactedStream, Redactor, secret_values

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


@given(st.lists(st.sampled_from(["k-e-y", "k-", "e-y", "\n", "x", "\r\n"]), max_size=30))
def test_no_cutting_lets_a_secret_through_a_stream(pieces: list[str]) -> None:
    below = io.StringIO()
    stream = RedactedStream(below, Redactor(["k-e-y"]))
    for piece in pieces:
        assert stream.write(piece) == len(piece)
    stream.flush()
    assert "k-e-y" not in below.getvalue()
    assert below.getvalue() == "".join(pieces).replace("k-e-y", MARK)


def test_secrets_are_found_in_lists_and_mappings() -> None:
    class Inputs(BaseModel):
        one: SecretStr
        more: dict[str, SecretStr]
        none: SecretStr | None = None
        plain: str = "seen"

    assert secret_values(Inputs(one=SecretStr("a"), more={"x": SecretStr("b")})) == ["a", "b"]
