"""Photos inside a study, named by their content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from streetsense.atomic import write_bytes
from streetsense.streetview.collect import KeptView

if TYPE_CHECKING:
    from streetsense.streetview.views import TakenView
    from streetsense.study.folder import Study


def store_photo(study: Study, data: bytes, suffix: str = ".jpg") -> tuple[str, str]:
    """Put a photo's bytes into the study; a photo that is there already is not written again.

    Parameters
    ----------
    study : Study
        The study to put it in.
    data : bytes
        The encoded photo.
    suffix : str
        The file's suffix, with the dot.

    Returns
    -------
    path : str
        Where it is, relative to the study, with forward slashes: ``photos/ab/<sha256>.jpg``.
    sha256 : str
        The hexadecimal digest of ``data``.

    Raises
    ------
    InputError
        When the disk is full or read-only.
    """
    digest = hashlib.sha256(data).hexdigest()
    relative = Path("photos") / digest[:2] / f"{digest}{suffix}"
    if not (study.root / relative).exists():
        write_bytes(study.root / relative, data)
    return relative.as_posix(), digest


def keep_view(study: Study, taken: TakenView) -> KeptView:
    """Put a view's photo into the study, or note where it stays.

    Raises
    ------
    InputError
        When the disk is full or read-only.
    """
    path = sha256 = None
    if taken.data is not None and taken.linked is not None:
        path, sha256 = taken.linked.as_posix(), hashlib.sha256(taken.data).hexdigest()
    elif taken.data is not None:
        path, sha256 = store_photo(study, taken.data, taken.suffix)
    return KeptView(taken.view, path, sha256, taken.labels, taken.notes)
