"""Lists and mappings as one line of text, as people write them into a form, and back."""

from __future__ import annotations

import json
from typing import Any

from ..i18n import tr
from .description import Field


class Unreadable(ValueError):
    """A text means no value of its input; the message is a sentence for people."""


def shown_list(values: list[Any] | None) -> str | None:
    """Return ``0, 90, 180`` for a list."""
    if values is None:
        return None
    return ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)


def shown_mapping(values: dict[str, Any] | None) -> str | None:
    """Return ``lat=Y, lon=X`` for a mapping."""
    return None if values is None else ", ".join(f"{name}={value}" for name, value in values.items())


def read_list(field: Field, text: str) -> list[Any]:
    """Read values that are separated by commas.

    Raises
    ------
    Unreadable
        When one of them is no number, where numbers are wanted.
    """
    kind = field.schema.get("items", {}).get("type", "string")
    return [_scalar(field, item.strip(), kind) for item in text.split(",") if item.strip()]


def read_mapping(field: Field, text: str) -> dict[str, Any]:
    """Read ``NAME=VALUE,NAME=VALUE``, or a JSON object.

    Raises
    ------
    Unreadable
        When it is neither, or a value is no number where numbers are wanted.
    """
    if text.lstrip().startswith("{"):
        try:
            return dict(json.loads(text))
        except ValueError as error:
            raise _unreadable(field, text) from error
    pairs = [item.partition("=") for item in text.split(",") if item.strip()]
    if any(not sign or not name.strip() for name, sign, _ in pairs):
        raise _unreadable(field, text)
    inner = field.schema.get("additionalProperties")
    kind = inner.get("type", "string") if isinstance(inner, dict) else "string"
    return {name.strip(): _scalar(field, value.strip(), kind) for name, _, value in pairs}


def _scalar(field: Field, text: str, kind: str) -> Any:  # noqa: ANN401 - JSON
    if kind not in ("number", "integer"):
        return text
    try:
        return int(text) if kind == "integer" else float(text)
    except ValueError:
        sentence = tr("Processing", "{name}: '{text}' is no number; correct it.")
        raise Unreadable(sentence.format(name=field.key, text=text)) from None


def _unreadable(field: Field, text: str) -> Unreadable:
    sentence = tr("Processing", "{name}: '{text}' must be written NAME=VALUE,NAME=VALUE.")
    return Unreadable(sentence.format(name=field.key, text=text))
