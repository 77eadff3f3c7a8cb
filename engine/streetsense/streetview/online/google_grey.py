"""The grey picture that Google gives, with HTTP 200, where it has no photo.

It is asked for an HTTP error instead, but a proxy may drop that wish. The picture has one light grey and a line of
text.
"""

from __future__ import annotations

import numpy as np

from streetsense.images import decode_photo

#: Levels of 255 between which its grey lies, and by which the three colours differ at most.
_DARKEST, _LIGHTEST, _COLOURFUL = 160, 250, 12
#: Share of the picture that has that very grey. Skies of one white are lighter, and others shade.
_SHARE = 0.85


def is_grey_picture(data: bytes) -> bool:
    """Tell whether a picture is of one light grey but for a little text.

    Parameters
    ----------
    data : bytes
        An encoded photo, checked before.
    """
    pixels = decode_photo(data, short_side=1).astype(np.int16)
    grey = np.median(pixels, axis=(0, 1))
    if grey.min() < _DARKEST or grey.max() > _LIGHTEST or np.ptp(grey) > _COLOURFUL:
        return False
    return bool((np.abs(pixels - grey) <= 1).all(axis=2).mean() >= _SHARE)
