"""What is noted about the engine of this computer, so that another window of QGIS finds it."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class EngineNote:
    """An engine that was started here.

    Attributes
    ----------
    url : str
        Where it is.
    pid : int
        Its process.
    started : str
        When that process started, see `started_at`.
    python : str
        The Python that it runs in.
    """

    url: str
    pid: int
    started: str = ""
    python: str = ""


def read_note(folder: Path) -> EngineNote | None:
    """Return what is noted in a data folder; None when that is nothing of use."""
    try:
        found = json.loads((folder / "engine.json").read_text("utf-8"))
        more = {name: str(found.get(name, "")) for name in ("started", "python")}
        return EngineNote(str(found["url"]), int(found["pid"]), **more)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_note(folder: Path, note: EngineNote) -> None:
    """Note an engine."""
    _write(folder / "engine.json", json.dumps(asdict(note)))


def remove_note(folder: Path) -> None:
    """Forget the engine."""
    (folder / "engine.json").unlink(missing_ok=True)


def token_file(folder: Path) -> Path:
    """Return the file that holds the token of a data folder's engine."""
    return folder / "engine-token"


def next_token_file(folder: Path) -> Path:
    """Return the file with the token of an engine that is being started; until it runs the other one counts."""
    return folder / "engine-token.next"


def make_token(folder: Path) -> str:
    """Choose a token for an engine to be started, write it where only its owner can read it, and return it."""
    token = secrets.token_urlsafe(32)
    _write(next_token_file(folder), token + "\n")
    return token


def keep_token(folder: Path) -> None:
    """Make the token of the engine that has just been started the one that counts."""
    next_token_file(folder).replace(token_file(folder))


def read_token(folder: Path) -> str:
    """Return the token of the engine that was started last; empty when there is none."""
    try:
        return token_file(folder).read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def _write(path: Path, text: str) -> None:
    """Write a file that is its owner's alone from the first byte on, and is there when it is whole."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)
