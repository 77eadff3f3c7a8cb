"""Whether the study's photo of a name is the one in the folder: two folders can use the same names."""

from __future__ import annotations

import hashlib
from pathlib import Path

from streetsense.errors import InputError
from streetsense.images.privacy import without_owner


def require_same_photo(path: Path, source_id: str, sha256: str, *, is_blurred: bool) -> None:
    """Raise when the study has another photo of this name.

    Parameters
    ----------
    path : Path
        The file in the folder.
    source_id : str
        Its name.
    sha256 : str
        Hexadecimal digest of the photo that the study has: of the file as it is where photos are linked or were copied
        by an early version, else without the camera's owner.
    is_blurred : bool
        Whether photos are blurred. Then the study's cannot be compared with the file, but it must not be the file.

    Raises
    ------
    InputError
        When it is another photo, or not blurred though it should be.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return
    is_file = sha256 in {hashlib.sha256(form).hexdigest() for form in (data, without_owner(data))}
    if is_blurred and is_file:
        raise InputError(
            f"blur: the study has {source_id} and maybe others as they are; replace them by blurred ones with --again."
        )
    if not is_blurred and not is_file:
        raise InputError(
            f"photos: the study has another photo called {source_id} already, or has it blurred; put both folders into "
            "one and give that, blur again, or replace the study's photos with --again."
        )
