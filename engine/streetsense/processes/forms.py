"""Marks on inputs and outputs that tell a form which field to offer; nothing else depends on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class NameOf:
    """Marks an input that names something of the study: ``Annotated[str, NameOf("encoder")]``.

    Attributes
    ----------
    what : str
        What has the name.
    """

    what: Literal["encoder", "predictor", "pairs"]


@dataclass(frozen=True)
class ColumnOf:
    """Marks an input that names a column: ``Annotated[str, ColumnOf("labels")]``.

    Attributes
    ----------
    layer : str
        The input whose layer or table has the column.
    """

    layer: str


@dataclass(frozen=True)
class Advanced:
    """Marks an input that few people need: a form keeps it out of sight at first."""


@dataclass(frozen=True)
class Makes:
    """Marks an output that is the path of a file, or of several, inside the study.

    Attributes
    ----------
    kind : str
        What the file is.
    """

    kind: Literal["vector", "raster", "file", "folder"]


#: For inputs that few people need: ``Annotated[int, ADVANCED]``.
ADVANCED = Advanced()


def marks(field: FieldInfo) -> Iterator[object]:
    """Yield the marks of a field, also those inside ``| None`` and lists."""
    yield from field.metadata
    yield from _metadata(field.annotation)


def form_roles(model: type[BaseModel]) -> dict[str, list[dict[str, str]]]:
    """Return what forms are told about each field of a model, as entries of OGC ``metadata``; unmarked ones lack."""
    roles: dict[str, list[dict[str, str]]] = {}
    for name, field in model.model_fields.items():
        if entries := [entry for mark in marks(field) if (entry := _entry(mark)) is not None]:
            roles[name] = entries
    return roles


def _entry(mark: object) -> dict[str, str] | None:
    match mark:
        case NameOf(what):
            return {"role": "name", "title": "a name in the study", "value": what}
        case ColumnOf(layer):
            return {"role": "field", "title": "a column of this input", "value": layer}
        case Makes(kind):
            return {"role": "file", "title": "a file or folder", "value": kind}
        case Advanced():
            return {"role": "advanced", "title": "rarely needed"}
        case _:
            return None


def _metadata(annotation: Any) -> Iterator[object]:  # noqa: ANN401 - a type expression
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _metadata(part)
