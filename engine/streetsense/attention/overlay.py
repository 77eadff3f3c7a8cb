"""An attention map drawn on its photo, where the encoder really looked and nowhere else."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from streetsense.errors import InputError
from streetsense.images.preprocess import centre_box

#: Colour maps that people with any colour vision read in the same order, from dark to light.
Colours = Literal["viridis", "magma", "inferno", "cividis"]

Pixels = NDArray[np.uint8]

#: Brightness of the parts of a photo that the encoder did not see.
_DIMMED = 0.4


@dataclass(frozen=True)
class SeenBox:
    """The part of a photo that reaches the encoder, in photo pixels from the top left.

    Attributes
    ----------
    left, top, width, height : float
        In pixels; they need not be whole.
    """

    left: float
    top: float
    width: float
    height: float


def seen_box(width: int, height: int, size: int) -> SeenBox:
    """Return what an encoder sees of a photo: resized to ``size`` on the short side, then the centre cropped.

    Parameters
    ----------
    width, height : int
        Of the photo, in pixels.
    size : int
        Side of the encoder's input in pixels (`streetsense.images.Preprocess.size`).

    Returns
    -------
    SeenBox
        In the photo's own pixels: its centre square, to the rounding that the preprocessing does.
    """
    left, top, right, bottom = centre_box(width, height, size)
    return SeenBox(left, top, right - left, bottom - top)


def colour_scale(attention: NDArray[np.floating]) -> tuple[float, float]:
    """Return the values of a map that its darkest and lightest colour stand for.

    The light end is the 99th percentile: transformers put great attention on single patches, which would leave every
    other patch dark.
    """
    finite = attention[np.isfinite(attention)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(np.percentile(finite, 99))
    return low, high if high > low else float(finite.max())


def overlay(
    photo: Pixels,
    attention: NDArray[np.floating],
    box: SeenBox | None = None,
    *,
    colours: Colours = "inferno",
    opacity: float = 0.6,
    scale: tuple[float, float] | None = None,
    patch: tuple[int, int] | None = None,
) -> Pixels:
    """Blend an attention map over a photo.

    Parameters
    ----------
    photo : ndarray of uint8
        ``[H, W, 3]``, RGB.
    attention : ndarray of float
        ``[rows, columns]``, one value a patch. It is enlarged bilinearly to the box.
    box : SeenBox, optional
        Where in the photo the map lies; all of the photo by default. Outside it the photo is shown dimmed and
        without colour, because no attention is known there.
    colours : str
        One of the colour maps of `Colours`.
    opacity : float
        Share of the colour in the blend, 0 to 1.
    scale : (float, float), optional
        Values for the darkest and the lightest colour; by default of this map (see `colour_scale`). Give the same pair
        to several overlays to make them comparable.
    patch : (int, int), optional
        Row and column of a patch to outline: the one that was asked about.

    Returns
    -------
    ndarray of uint8
        ``[H, W, 3]``, RGB, as large as the photo.

    Raises
    ------
    InputError
        When the photo or the map has another shape, or the map holds values that are not finite.
    """
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8:
        raise InputError(f"photo: its shape is {photo.shape} ({photo.dtype}); give RGB as [H, W, 3] of uint8.")
    if attention.ndim != 2 or not np.isfinite(attention).all():
        raise InputError(f"attention: its shape is {attention.shape}; give one map [rows, columns] of finite values.")
    height, width = photo.shape[:2]
    box = box or SeenBox(0, 0, width, height)
    left, right = max(0, round(box.left)), min(width, round(box.left + box.width))
    top, bottom = max(0, round(box.top)), min(height, round(box.top + box.height))
    low, high = colour_scale(attention) if scale is None else scale
    level = np.clip((attention - low) / (high - low), 0, 1) if high > low else np.zeros_like(attention)
    large = _enlarge(level, box, (left, top, right, bottom))

    # The photo's own colours would mix with those of the map and change their meaning, so it turns grey.
    grey = photo.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    result = np.repeat((grey * _DIMMED).astype(np.uint8)[..., None], 3, axis=2)
    blend = (1 - opacity) * grey[top:bottom, left:right, None] + opacity * _colour(large, colours)
    result[top:bottom, left:right] = np.rint(blend).astype(np.uint8)
    return result if patch is None else _outlined(result, box, attention.shape, patch)


def encode_png(image: Pixels, texts: dict[str, str] | None = None, compression: int = 6) -> bytes:
    """Encode ``[H, W, 3]`` RGB as PNG, with ``texts`` as its text fields (keyword to text) and zlib's level 1 to 9."""
    info = PngInfo()
    for keyword, text in (texts or {}).items():
        info.add_itxt(keyword, text)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG", pnginfo=info, compress_level=compression)
    return buffer.getvalue()


def _enlarge(level: NDArray[np.floating], box: SeenBox, window: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """Sample the map bilinearly at the centre of every photo pixel of the window (left, top, right, bottom)."""
    left, top, right, bottom = window
    rows = _axis_weights(np.arange(top, bottom), box.top, box.height, level.shape[0])
    columns = _axis_weights(np.arange(left, right), box.left, box.width, level.shape[1])
    large: NDArray[np.float32] = rows @ level.astype(np.float32) @ columns.T
    return large


def _axis_weights(pixels: NDArray[np.integer], start: float, length: float, patches: int) -> NDArray[np.float32]:
    """Return ``[pixels, patches]``: the share of each patch at each pixel centre; bilinear is separable by axis."""
    place = np.clip((pixels + 0.5 - start) / length * patches - 0.5, 0, patches - 1)
    distance = np.abs(place[:, None] - np.arange(patches)[None, :])
    shares: NDArray[np.float32] = np.clip(1 - distance, 0, None).astype(np.float32)
    return shares


def _colour(level: NDArray[np.float32], colours: Colours) -> NDArray[np.float32]:
    from matplotlib import colormaps

    table: NDArray[np.float32] = (colormaps[colours](np.linspace(0, 1, 256))[:, :3] * 255).astype(np.float32)
    colour: NDArray[np.float32] = table[np.rint(level * 255).astype(np.intp)]
    return colour


def _outlined(image: Pixels, box: SeenBox, grid: tuple[int, ...], patch: tuple[int, int]) -> Pixels:
    """Return the image with a white frame, rimmed black so that it shows on any colour, around one patch."""
    height, width = box.height / grid[0], box.width / grid[1]
    top, left = box.top + patch[0] * height, box.left + patch[1] * width
    bottom, right = top + height, left + width
    line = max(1, round(min(height, width) / 10))
    canvas = Image.fromarray(image)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((left - line, top - line, right + line, bottom + line), outline="black", width=3 * line)
    draw.rectangle((left, top, right, bottom), outline="white", width=line)
    return np.asarray(canvas)
