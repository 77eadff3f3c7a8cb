"""Blurring what must not be recognised, with a detector of the user's: StreetSense brings none.

Packages register detectors under the entry point group ``streetsense.detectors``: a function from a picture
(``[H, W, 3]`` uint8, RGB, upright) to boxes (``[n, 4]``: left, top, right and bottom in pixels). They are known by
their names alone, so that a request cannot name code.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.metadata import entry_points

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageFilter

from streetsense.errors import InputError, StreetSenseError

GROUP = "streetsense.detectors"
#: A function from a picture to boxes.
Detector = Callable[[NDArray[np.uint8]], ArrayLike]
#: What is left of a box: so many colours along its longer side.
_COLOURS = 6


class NotBlurred(Exception):
    """A picture in which the detector could not tell what to blur; its text is the reason."""


class Blur:
    """Blurs what a detector finds. It may be used from several threads; the detector works on one picture at a time.

    Parameters
    ----------
    name : str
        Of an installed detector.

    Raises
    ------
    InputError
        When there is none of that name; the sentence lists those that there are.
    StreetSenseError
        When it cannot be loaded.
    """

    def __init__(self, name: str) -> None:
        self._detect, self._turn = _load(name), threading.Lock()

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a picture (``[H, W, 3]`` uint8) with all boxes blurred; the given one stays as it is.

        Raises
        ------
        NotBlurred
            When the detector fails, or what it returns are no boxes within the picture.
        """
        try:
            with self._turn:
                found = np.asarray(self._detect(picture.copy()), dtype=np.float64)
        except Exception as error:  # whatever a detector raises: a picture that it could not look at is not used
            raise NotBlurred(f"{type(error).__name__}: {str(error)[:200]}") from error
        blurred = picture.copy()
        for left, top, right, bottom in _whole_pixels(found, picture.shape[1], picture.shape[0]):
            blurred[top:bottom, left:right] = _unrecognisable(picture[top:bottom, left:right])
        return blurred


def _load(name: str) -> Detector:
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        there = f"the detectors are {', '.join(sorted(found))}" if found else "install a package that brings one"
        raise InputError(f"blur: there is no detector '{name[:100]}'; {there}.")
    try:
        detector: Detector = found[name].load()
    except Exception as error:  # whatever another package does when it is imported
        raise StreetSenseError(
            f"blur: '{name}' ({found[name].value}) cannot be loaded ({type(error).__name__}: {error}); "
            "reinstall the package that brings it."
        ) from error
    return detector


def _whole_pixels(boxes: NDArray[np.float64], width: int, height: int) -> list[list[int]]:
    """Return the pixels that boxes touch, cut at the picture's border."""
    if boxes.size == 0:
        return []
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise NotBlurred("the detector returns no boxes of left, top, right and bottom")
    # Boxes in shares of the picture's sides would be smaller than a pixel, and leave everything as it is.
    if (boxes[:, 2:] - boxes[:, :2] < 1).any():
        raise NotBlurred("the detector returns boxes smaller than a pixel; they must be in pixels")
    inside = np.clip(np.concatenate([np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])], axis=1), 0, [width, height] * 2)
    if (inside[:, 2:] <= inside[:, :2]).any():
        raise NotBlurred("the detector returns boxes outside the picture")
    whole: list[list[int]] = inside.astype(int).tolist()
    return whole


def _unrecognisable(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pixels of which a few colours are left, without the edges between them."""
    patch = Image.fromarray(np.ascontiguousarray(pixels))
    longer = max(patch.size)
    width, height = (max(1, round(side * _COLOURS / longer)) for side in patch.size)
    few = patch.resize((width, height), Image.Resampling.BOX).resize(patch.size, Image.Resampling.NEAREST)
    return np.asarray(few.filter(ImageFilter.GaussianBlur(longer / _COLOURS)))
