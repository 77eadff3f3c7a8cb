"""Keys come from the request, the environment or the keyring, and nobody waits for a keyring that does not answer."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backends import fail, null
from pydantic import SecretStr

from streetsense.errors import InputError
from streetsense.streetview import keys
from streetsense.streetview.keys import find_secrets, forget_secret, store_secret, where_configured
from streetsense.streetview.terms import Secret, Terms
from tests.providers.keyrings import Chain, Locked, Memory, OnTerminal, Waiting, using

KEY = Secret("key", "access token", "STREETSENSE_TEST_TOKEN")
SIGNING = Secret("signing_secret", "signing secret", "STREETSENSE_TEST_SIGNING", is_needed=False)
TERMS = Terms(
    title="Testopolis",
    description="Nothing.",
    licence="none",
    attribution="nobody",
    url="https://example.org/terms",
    notice="None.",
    secrets=(KEY, SIGNING),
    key_url="https://example.org/keys",
)
FREE = Terms("Free", "Nothing.", "none", "nobody", "", "None.")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for secret in TERMS.secrets:
        monkeypatch.delenv(secret.variable, raising=False)
    monkeypatch.setattr(keys, "_rests_until", 0.0)


@pytest.fixture
def memory() -> Iterator[Memory]:
    memory = Memory()
    with using(memory):
        yield memory


def found(**given: str | None) -> dict[str, str]:
    return find_secrets("test", TERMS, {name: value and SecretStr(value) for name, value in given.items()})  # type: ignore[misc]


def test_the_request_wins_over_the_environment_and_that_over_the_keyring(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_secret("test", KEY, "of-the-keyring")
    assert found() == {"key": "of-the-keyring"}
    monkeypatch.setenv(KEY.variable, "of-the-environment")
    assert found(key=None) == {"key": "of-the-environment"}
    assert found(key="of-the-request") == {"key": "of-the-request"}


def test_secrets_of_two_providers_are_kept_apart(memory: Memory) -> None:
    store_secret("test", KEY, "one")
    store_secret("other", KEY, "two")
    assert memory.kept == {("streetsense", "test key"): "one", ("streetsense", "other key"): "two"}
    assert found() == {"key": "one"}


def test_spaces_and_line_ends_around_a_key_are_left_out(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(key=" abc\r\n") == {"key": "abc"}
    monkeypatch.setenv(KEY.variable, "\tdef ")
    store_secret("test", SIGNING, "ghi\n")
    assert found() == {"key": "def", "signing_secret": "ghi"}


def test_an_empty_value_is_none(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    store_secret("test", KEY, "of-the-keyring")
    monkeypatch.setenv(KEY.variable, " ")
    assert found(key=" ", signing_secret="") == {"key": "of-the-keyring"}


def test_a_missing_key_is_one_sentence_with_all_three_ways(memory: Memory) -> None:
    with pytest.raises(InputError) as caught:
        found()
    sentence = str(caught.value)
    assert sentence.startswith("key: Testopolis needs its access token (from https://example.org/keys); ")
    for way in (KEY.variable, "'streetsense providers test --store-key' in the keyring", "with the request"):
        assert way in sentence


def test_a_provider_without_secrets_needs_none(memory: Memory) -> None:
    assert find_secrets("free", FREE, {"key": None, "signing_secret": SecretStr(" ")}) == {}


def test_a_secret_that_the_provider_does_not_take_is_refused(memory: Memory) -> None:
    with pytest.raises(InputError, match=r"^key: Free takes none; leave it out\.$"):
        find_secrets("free", FREE, {"key": SecretStr("abc")})


@pytest.mark.parametrize("value", ["ab\ncd", "ab\x00cd", "abc\x7f", "schlüssel", "abc\u200bdef", "a\u00a0b"])
def test_a_slip_of_copying_is_told_without_quoting_the_key(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    sentences = []
    for give in (lambda: found(key=value), lambda: store_secret("test", KEY, value)):
        with pytest.raises(InputError, match="has a character that no key has") as caught:
            give()
        sentences.append(str(caught.value))
    memory.kept["streetsense", "test key"] = value
    with pytest.raises(InputError, match="the keyring has a character") as caught:
        found()
    sentences.append(str(caught.value))
    assert not [sentence for sentence in sentences if value in sentence or "cd" in sentence or "def" in sentence]


@given(st.text(max_size=40))
def test_whatever_is_given_is_a_key_for_headers_or_refused(value: str) -> None:
    try:
        with using(Memory()):
            key = find_secrets("test", TERMS, {"key": SecretStr(value), "signing_secret": SecretStr("s")})["key"]
    except InputError as error:
        assert len(value.strip()) < 3 or value.strip() not in str(error)
    else:
        assert key == value.strip()
        key.encode("ascii")


def test_where_a_secret_is_configured_is_told(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    assert where_configured("test", KEY) is None
    store_secret("test", KEY, "abc")
    assert where_configured("test", KEY) == "keyring"
    monkeypatch.setenv(KEY.variable, "def")
    assert where_configured("test", KEY) == "environment"


def test_a_stored_secret_can_be_replaced_and_forgotten(memory: Memory) -> None:
    store_secret("test", KEY, "old")
    store_secret("test", KEY, "new")
    assert found() == {"key": "new"}
    assert forget_secret("test", KEY)
    assert not forget_secret("test", KEY)
    assert memory.kept == {}


def test_an_empty_secret_is_not_stored(memory: Memory) -> None:
    with pytest.raises(InputError, match=r"^key: it is empty; give the access token\.$"):
        store_secret("test", KEY, " \n")


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring, Locked, OnTerminal])
def test_a_keyring_that_does_not_work_holds_nothing_and_says_so_when_it_should_keep_something(
    backend: type[Memory], monkeypatch: pytest.MonkeyPatch
) -> None:
    with using(backend()):
        assert where_configured("test", KEY) is None
        assert found(key="given") == {"key": "given"}
        with pytest.raises(InputError, match="needs its access token"):
            found()
        with pytest.raises(InputError, match=rf"keyring of this computer cannot be used .*{KEY.variable}") as caught:
            store_secret("test", KEY, "0123456789")
        assert "0123456789" not in str(caught.value)
        assert "hunter2" not in str(caught.value)


def test_without_the_package_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert where_configured("test", KEY) is None
    with pytest.raises(InputError, match=r"pip install 'streetsense\[keyring\]'"):
        store_secret("test", KEY, "abc")


def test_of_several_keyrings_those_that_work_are_used() -> None:
    working, chain = Memory(), Chain()
    type(chain).backends = [Locked(), OnTerminal(), working]
    with using(chain):
        store_secret("test", KEY, "abc")
        assert list(working.kept.values()) == ["abc"]
        assert found() == {"key": "abc"}
        assert forget_secret("test", KEY)
        assert working.kept == {}


def test_nobody_waits_for_a_keyring_that_does_not_answer_and_it_is_not_asked_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "_WAIT", 0.05)
    monkeypatch.setattr(keys, "_WAIT_FOR_PERSON", 0.05)
    waiting = Waiting()
    with using(waiting):
        assert where_configured("test", KEY) is None
        assert where_configured("test", SIGNING) is None
        with pytest.raises(InputError, match="needs its access token"):
            found()
        with pytest.raises(InputError, match="it does not answer"):
            store_secret("test", KEY, "abc")
        assert waiting.asked == 1
        waiting.unlocked.set()
    for thread in threading.enumerate():
        if thread.name == "keyring":
            assert thread.daemon
            thread.join()
