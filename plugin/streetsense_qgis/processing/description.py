"""What the engine says about a process, in the form that parameters are made from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..resources import path


@dataclass(frozen=True)
class Field:
    """An input or an output of a process.

    Attributes
    ----------
    name, title, help : str
        What programs and people call it, and a sentence about it.
    schema : dict
        Its values, as JSON Schema.
    is_required : bool
        Whether it must be given.
    roles : dict
        What forms are told: roles to their values, of which ``word`` has several.
    """

    name: str
    title: str
    help: str
    schema: dict[str, Any]
    is_required: bool = False
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What Processing calls it."""
        return self.name.upper()

    @property
    def kind(self) -> str:
        """Return number, integer, boolean, enum, array, object or string."""
        return "enum" if "enum" in self.schema else str(self.schema.get("type", "string"))

    @property
    def default(self) -> Any:  # noqa: ANN401 - JSON
        """What the engine takes when it is not given."""
        return self.schema.get("default")

    def role(self, name: str) -> str | None:
        """Return the value of a role; empty for a role without one, None when it does not have the role."""
        values = self.roles.get(name)
        return values[0] if values else None

    @property
    def takes_layer(self) -> bool:
        """Whether it may be a layer of QGIS."""
        return self.role("file") in ("vector", "table")

    @property
    def layer_key(self) -> str:
        """What Processing calls the layer, which stands beside the text."""
        return f"{self.key}_LAYER"

    def is_word(self, text: str) -> bool:
        """Tell whether a text is, or begins like, one of the values that mean no file."""
        wanted = text.strip().lower()
        return wanted in self.roles.get("word", ()) or wanted.startswith(self.roles.get("prefix") or ("\0",))


@dataclass(frozen=True)
class Description:
    """A process.

    Attributes
    ----------
    id, title, help : str
        What programs and people call it, and a sentence or two about it.
    inputs, outputs : tuple of Field
        In the order in which people are asked; the study is not among the inputs.
    """

    id: str
    title: str
    help: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> Description:
        """Read an OGC process description."""
        inputs = [_field(name, value) for name, value in entry["inputs"].items() if name != "study"]
        outputs = [_field(name, value) for name, value in entry["outputs"].items()]
        return cls(str(entry["id"]), str(entry["title"]), str(entry["description"]), tuple(inputs), tuple(outputs))


def snapshot() -> list[Description]:
    """Return the descriptions that come along, of the engine with the same version."""
    text = Path(path("process_descriptions.json")).read_text(encoding="utf-8")
    return [Description.from_json(entry) for entry in json.loads(text)["processes"]]


def _field(name: str, entry: dict[str, Any]) -> Field:
    roles: dict[str, tuple[str, ...]] = {}
    for mark in entry.get("metadata", []):
        roles[mark["role"]] = (*roles.get(mark["role"], ()), str(mark.get("value", "")))
    return Field(
        name, entry.get("title", name), entry.get("description", ""), entry["schema"],
        bool(entry.get("minOccurs", 0)), roles,
    )  # fmt: skip
