"""Marks on inputs that matter once other people's requests are run: files, and what only the host decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from streetsense.errors import InputError
from streetsense.processes.forms import marks
from streetsense.processes.process import Process, types_in


@dataclass(frozen=True)
class Reads:
    """Marks an input whose value is, or may be, a file or a folder: ``Annotated[str, Reads(words=("osm",))]``.

    An input of type `Path` counts as marked.

    Attributes
    ----------
    words : tuple of str
        Values that are no file: ``osm``.
    prefixes : tuple of str
        Beginnings of values that are no file: ``h3:``.
    served : tuple of str
        Suffixes that are accepted of requests over HTTP; all when empty. Formats that can carry code or name other
        files are left out.
    kind : str
        What the file is, for forms: ``vector`` (a layer of features), ``table`` (a layer, or rows without places),
        ``folder``, ``weights`` (of an encoder), or any other ``file``.
    """

    words: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    served: tuple[str, ...] = ()
    kind: Literal["vector", "table", "folder", "weights", "file"] = "file"

    def is_file(self, value: str) -> bool:
        """Tell whether a value means a file or folder rather than a word."""
        return value not in self.words and not value.strip().lower().startswith(self.prefixes or ("\0",))


@dataclass(frozen=True)
class HostDecides:
    """Marks an input that reaches beyond the study, so that requests over HTTP may not choose it freely.

    Attributes
    ----------
    allowed : tuple
        Values that they may give, besides the default.
    """

    allowed: tuple[Any, ...] = ()


#: Areal units: a polygon layer, or cells.
UnitsSource = Annotated[str, Reads(prefixes=("h3:", "square:"), kind="vector")]


def file_inputs(process: Process) -> dict[str, Reads]:
    """Return the inputs of a process that name files or folders, with what else they may be."""
    found = {}
    for name, field in process.inputs.model_fields.items():
        reads = [mark for mark in marks(field) if isinstance(mark, Reads)]
        if reads or any(kind is Path for kind in types_in(field.annotation)):
            found[name] = reads[0] if reads else Reads()
    return found


def check_served(process: Process, values: dict[str, Any], root: Path) -> None:
    """Refuse what a request over HTTP must not ask for.

    Parameters
    ----------
    process : Process
        What would run.
    values : dict
        Raw values of its inputs, as JSON has them.
    root : Path
        The study's folder. Values that name files are relative to it.

    Raises
    ------
    InputError
        When a file lies outside the study, also through a link; has a format that is not accepted over HTTP; or an
        input is the host's to decide.
    """
    for name, reads in file_inputs(process).items():
        for value in _texts(values.get(name)):
            if reads.is_file(value):
                _check_file(name, value, reads, root)
    for name, field in process.inputs.model_fields.items():
        for mark in marks(field):
            if isinstance(mark, HostDecides) and name in values:
                allowed = (field.get_default(call_default_factory=True), *mark.allowed)
                if values[name] is not None and values[name] not in allowed:
                    raise InputError(
                        f"{name}: the host decides this for requests over HTTP; leave it out, or run the command on "
                        "the host itself."
                    )


def inside(root: Path, value: str) -> Path | None:
    """Return where ``value`` lies when that is inside the folder ``root``, links followed; else None.

    Parameters
    ----------
    root : Path
        A folder.
    value : str
        A path relative to it, with forward slashes. Absolute paths, ``..``, backslashes and drive letters are refused.
    """
    if not value or "\0" in value or "\\" in value or ":" in value:
        return None
    relative = PurePosixPath(value)
    if relative.is_absolute() or ".." in relative.parts:
        return None
    try:
        real = root.resolve()
        path = (real / relative).resolve()
    except (OSError, RuntimeError):  # a loop of links
        return None
    return path if path.is_relative_to(real) else None


def _check_file(name: str, value: str, reads: Reads, root: Path) -> None:
    path = inside(root, value.partition("|layername=")[0])
    if path is None:
        raise InputError(
            f"{name}: '{value[:200]}' lies outside the study; upload the file and give its name, such as "
            "uploads/labels.gpkg."
        )
    if reads.served and path.is_file() and not path.name.lower().endswith(reads.served):
        raise InputError(
            f"{name}: '{value[:200]}' cannot be used over HTTP; give a file of {' or '.join(reads.served)}."
        )


def _texts(value: Any) -> Iterable[str]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    return []
