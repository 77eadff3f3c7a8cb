"""What an upload says about itself: the metadata of tus, and names that stay inside the study on every system."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from streetsense.errors import InputError

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\\:*?"<>|\ud800-\udfff]')
#: Names that Windows gives to devices, whatever their suffix.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_DEPTH, _MAX_BYTES = 8, 200


@dataclass(frozen=True)
class UploadFacts:
    """What the metadata of an upload says.

    Attributes
    ----------
    name : str
        File name, or folders and file name with forward slashes.
    sha256 : str or None
        Of the whole file, hexadecimal, where the client knows it.
    unpack : bool
        Whether the file is a ZIP archive that is to be unpacked.
    folder : str or None
        Where to unpack it; by default the name without its suffix.
    """

    name: str
    sha256: str | None
    unpack: bool
    folder: str | None


def upload_facts(metadata: str) -> UploadFacts:
    """Read a header ``Upload-Metadata``: keys with base64 values, comma separated.

    Raises
    ------
    InputError
        When it cannot be read, names no file, or a name could lead out of the study.
    """
    values: dict[str, str] = {}
    for item in metadata.split(","):
        key, _, encoded = item.strip().partition(" ")
        try:
            values[key] = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise InputError(
                f"Upload-Metadata: the value of '{key[:50]}' is no base64 of UTF-8 text; correct it."
            ) from error
    if not values.get("filename"):
        raise InputError("Upload-Metadata: it names no file; add 'filename' and the name in base64.")
    sha256 = values.get("sha256", "").lower() or None
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise InputError("Upload-Metadata: sha256 must be 64 hexadecimal digits; correct it or leave it out.")
    name, unpack = checked_path(values["filename"], "filename"), values.get("unpack", "no") == "yes"
    if unpack and not name.lower().endswith(".zip"):
        raise InputError(f"filename: '{name}' is to be unpacked but is no .zip; send a ZIP archive.")
    folder = checked_path(values["folder"], "folder") if values.get("folder") else None
    return UploadFacts(name, sha256, unpack, folder)


def checked_path(path: str, what: str) -> str:
    """Return a relative path with forward slashes when each of its parts can name a file everywhere.

    Raises
    ------
    InputError
        When it is absolute, leads upwards, is hidden, too long or too deep, or has characters that some system forbids.
    """
    parts = path.split("/")
    if len(parts) > _MAX_DEPTH:
        raise InputError(f"{what}: '{path[:100]}' lies in more than {_MAX_DEPTH - 1} folders; use fewer.")
    for part in parts:
        is_bad = not part or part.startswith((".", " ")) or part.endswith((".", " "))
        if is_bad or _FORBIDDEN.search(part) or _DEVICES.fullmatch(part):
            raise InputError(
                f"{what}: '{_shown(path)}' cannot be used as a name; give a file name without leading dots and special "
                "characters, or folders and a file name with '/' between them."
            )
        if len(part.encode()) > _MAX_BYTES:
            raise InputError(f"{what}: '{part[:50]}…' is too long; use at most {_MAX_BYTES} bytes.")
    return path


def _shown(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", "?", text[:100])
