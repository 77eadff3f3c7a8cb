"""Which photo a name in a table means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_SUFFIX = r"\.(?:jpe?g|png|webp|tiff?|bmp|heic|heif)$"
#: What `match_names` answers when no photo fits, or several do.
NOWHERE, AMBIGUOUS = -1, -2


def match_names(names: Sequence[str], photo_names: Sequence[str]) -> NDArray[np.int64]:
    """Find the photo that each name means.

    A name means a photo when one path ends with the other, part by part: ``/home/me/a/1.jpg`` and ``1.jpg`` both mean
    the photo ``a/1.jpg``, ``b/1.jpg`` does not. If nothing fits, case and the suffix are left aside.

    Parameters
    ----------
    names : sequence of str
        What a table says.
    photo_names : sequence of str
        Paths relative to the photos' folder, with forward slashes.

    Returns
    -------
    int array, shape (len(names),)
        Index into ``photo_names``; -1 where nothing fits, `AMBIGUOUS` where several photos do.
    """
    wanted = pd.Series(list(names), dtype="str").str.replace("\\", "/").str.replace(r"^(?:\./+|/+)", "", regex=True)
    photos = pd.Series(list(photo_names), dtype="str")
    found = np.full(len(wanted), NOWHERE, dtype=np.int64)
    for folded_names, folded_photos in ((wanted, photos), (_folded(wanted), _folded(photos))):
        name_parts, photo_parts = folded_names.str.count("/") + 1, folded_photos.str.count("/") + 1
        for parts in sorted(photo_parts.unique(), reverse=True):  # the whole photo path ends the name
            _join(found, _tail(folded_names, parts), name_parts >= parts, folded_photos, photo_parts == parts)
        for parts in sorted(name_parts.unique(), reverse=True):  # the whole name ends the photo path
            _join(found, folded_names, name_parts == parts, _tail(folded_photos, parts), photo_parts > parts)
    return found


def _join(
    found: NDArray[np.int64], names: pd.Series, of_names: pd.Series, photos: pd.Series, of_photos: pd.Series
) -> None:
    """Fill in ``found`` where a selected name equals exactly one selected photo key."""
    keys = photos[of_photos]
    several = keys[keys.duplicated(keep=False)]
    once = keys.drop(several.index)
    index = names.map(pd.Series(once.index, index=once.array)).fillna(NOWHERE).to_numpy(dtype=np.int64)
    index = np.where(names.isin(several).to_numpy(), AMBIGUOUS, index)
    open_names = (found == NOWHERE) & of_names.to_numpy() & names.ne("").to_numpy()
    found[open_names] = index[open_names]


def _tail(paths: pd.Series, parts: int) -> pd.Series:
    return paths.str.split("/").str[-int(parts) :].str.join("/")


def stems(names: pd.Series) -> pd.Series:
    """Return file names in lower case without folder and photo suffix."""
    return _folded(names.str.replace("\\", "/").str.rsplit("/", n=1).str[-1])


def _folded(paths: pd.Series) -> pd.Series:
    """Leave case and the photo suffix aside."""
    return paths.str.lower().str.replace(_SUFFIX, "", regex=True)
