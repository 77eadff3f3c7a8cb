"""JSON with one meaning: what two readers could understand differently, or what breaks one of them, is refused."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from streetsense.server.problems import Problem

#: Levels of lists and objects within each other.
MAX_DEPTH = 64


def check_json(text: bytes) -> None:
    """Check the body of a request, which is UTF-8 (RFC 8259, section 8.1).

    Raises
    ------
    Problem
        400 when it is no JSON, names something twice, is nested too deeply, or holds text that is not Unicode.
    """
    try:
        value = json.loads(text.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except _Ambiguous as error:
        raise _problem(str(error)) from None
    except (ValueError, RecursionError):
        raise _problem("it is no JSON, or nested too deeply") from None
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise _problem(f"it is nested more than {MAX_DEPTH} levels deep")
    if b"\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise _problem("it holds half a character (\\ud800 to \\udfff)") from None


class _Ambiguous(Exception):
    """JSON that readers understand differently."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _Ambiguous("an object names something twice")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise _Ambiguous(f"{name} is no JSON")


def _depth(value: Any) -> int:  # noqa: ANN401 - JSON
    """Return how many levels of lists and objects there are, without going down a level of calls for each."""
    level, depth = [value], 0
    while level := [item for item in level if isinstance(item, list | dict)]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


def _problem(what: str) -> Problem:
    return Problem(400, "", f"body: {what}; correct it and send it again.")
