"""The token: given by the environment or a file, or made on the first start."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import uuid
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from streetsense.atomic import UNFINISHED, storage_error
from streetsense.errors import InputError

#: The variable that may hold the token.
VARIABLE = "STREETSENSE_TOKEN"

#: Shorter ones could be guessed.
MIN_LENGTH = 24

#: What a bearer token may be made of (RFC 6750, section 2.1).
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


@dataclass(frozen=True)
class Token:
    """A token and where it came from.

    Attributes
    ----------
    value : SecretStr
        The token.
    file : Path or None
        The file that holds it; None when the environment gave it.
    """

    value: SecretStr
    file: Path | None

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return VARIABLE if self.file is None else str(self.file)


def obtain_token(state_dir: Path, given: Path | None, environment: MutableMapping[str, str]) -> Token:
    """Return the token of a server.

    Parameters
    ----------
    state_dir : Path
        The server's own folder, where a token is made when none is given.
    given : Path, optional
        A file that holds the token.
    environment : mapping
        Asked for ``STREETSENSE_TOKEN`` when no file is given. The variable is taken out, so that no child inherits it.

    Raises
    ------
    InputError
        When the token is too short or of other characters, or its file is missing or can be read by others.
    """
    variable = environment.pop(VARIABLE, "")
    if given is not None:
        return Token(_read(given, "token-file"), given)
    if variable:
        return Token(_checked(variable.strip(), VARIABLE), None)
    make_private(state_dir)
    path = state_dir / "token"
    _make(path)
    return Token(_read(path, "token"), path)


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can enter, or make an existing one so."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        raise storage_error(error, folder / "token") from error


def _make(path: Path) -> None:
    """Write a new token unless there is one: its owner's alone from the first byte on, and named when it is whole."""
    temporary = path.with_name(f"{UNFINISHED}{uuid.uuid4().hex[:8]}-{path.name}")
    try:
        if path.exists():
            return
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another start was faster; its token counts
            _name_once(temporary, path)
    except OSError as error:
        raise storage_error(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _name_once(temporary: Path, path: Path) -> None:
    """Give a whole file its name unless that is taken; never replace what is there."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without links (exFAT, some network folders)
        if not path.exists():
            temporary.rename(path)


def _read(path: Path, name: str) -> SecretStr:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            about = os.fstat(file.fileno())
            if os.name != "nt" and stat.S_IMODE(about.st_mode) & 0o077:
                raise InputError(f"{name}: {path} is open to others; run 'chmod 600 {path}' and choose a new token.")
            text = file.read(4096)
    except OSError as error:
        raise InputError(f"{name}: {path} cannot be read ({error.strerror}); check the path.") from error
    return _checked(text.strip(), f"{name}: {path}")


def _checked(token: str, name: str) -> SecretStr:
    if len(token) < MIN_LENGTH:
        raise InputError(
            f"{name}: a token has at least {MIN_LENGTH} characters, this one {len(token)}; choose a longer "
            "one, or remove it and one is made."
        )
    if not _TOKEN.fullmatch(token):
        raise InputError(f"{name}: a token is made of letters, digits and -._~+/ alone; choose another one.")
    return SecretStr(token)
