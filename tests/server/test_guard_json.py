"""JSON that has one meaning, and JSON that has not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetsense.server.problems import Problem
from streetsense.server.strictjson import MAX_DEPTH, check_json

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner),
)


@given(_VALUES, st.booleans())
def test_what_json_can_say_passes(value: object, ascii_only: bool) -> None:
    check_json(json.dumps(value, ensure_ascii=ascii_only).encode())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": 1, "a": 1}', "body: an object names something twice; correct it and send it again."),
        ('[{"b": {"a": 1, "\\u0061": 2}}]', "names something twice"),
        ("[NaN]", "NaN is no JSON"),
        ("-Infinity", "-Infinity is no JSON"),
        ('"\\ud800"', "half a character"),
        ('{"\\udfff": 1}', "half a character"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested more than 64 levels"),
        ('{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1), "nested more than 64 levels"),
        ("[" * 100_000, "no JSON, or nested too deeply"),
        ("1" * 5000, "no JSON"),
        ("{'a': 1}", "no JSON"),
        ("", "no JSON"),
    ],
    ids=lambda text: text[:20],
)
def test_what_readers_could_understand_differently_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Problem, match=sentence) as refused:
        check_json(text.encode())
    assert refused.value.status == 400


@pytest.mark.parametrize("text", [b"\xff", b'"\xed\xa0\x80"', b'{"a": "\xc3"}'])
def test_bytes_that_are_no_text_are_refused(text: bytes) -> None:
    with pytest.raises(Problem, match="no JSON"):
        check_json(text)


def test_many_lists_beside_each_other_are_not_deep() -> None:
    check_json(json.dumps([[[number]] for number in range(1000)]).encode())
