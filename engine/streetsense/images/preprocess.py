"""From a photo to the square that an encoder sees: resize, crop, and later normalise."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from streetsense.images.decode import DECODER, decode_photo

#: How much larger than the square a photo is decoded at least, where it is that large. At this, the square differs from
#: that of a full decode by half a grey level on average; at 1.0 by one to two.
OVERSAMPLING = 1.5
Channels = tuple[float, float, float]


class Normalisation(BaseModel):
    """Means and standard deviations of red, green and blue, of values scaled to 0..1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: Channels
    std: tuple[PositiveFloat, PositiveFloat, PositiveFloat]


#: Of the images of ImageNet, as MoCo v3 and most ViTs are trained with.
IMAGENET = Normalisation(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
#: To -1..1, as timm's AugReg ViTs are trained with.
HALF = Normalisation(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
NORMALISATIONS = {"imagenet": IMAGENET, "half": HALF}


class Preprocess(BaseModel):
    """What happens to a photo before an encoder sees it; stored with the encoder.

    The short side is resized to ``size`` (bicubic, antialiased), then the centre ``size`` x ``size`` is cropped, as the
    published feature extraction of street view encoders does it (no larger intermediate size). Geometry follows
    torchvision's ``Resize`` and ``CenterCrop``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(default=224, ge=16, le=4096, description="side of the square in pixels")
    interpolation: Literal["bicubic"] = "bicubic"
    crop: Literal["centre"] = "centre"
    normalisation: Normalisation = IMAGENET
    decoder: str = DECODER

    def from_bytes(self, data: bytes) -> NDArray[np.uint8]:
        """Decode a photo, at a reduced DCT scale where that suffices, and return its square.

        Parameters
        ----------
        data : bytes
            The encoded photo.

        Returns
        -------
        numpy.ndarray
            ``[size, size, 3]`` uint8, RGB.

        Raises
        ------
        PhotoError
            When the file cannot be used as a photo.
        """
        return self.from_pixels(decode_photo(data, math.ceil(OVERSAMPLING * self.size)))

    def from_pixels(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the ``[size, size, 3]`` uint8 square of ``[H, W, 3]`` uint8 pixels."""
        left, top, right, bottom = centre_box(pixels.shape[1], pixels.shape[0], self.size)
        # Resampling within the box alone gives the pixels that resizing the whole and cropping gives, for less work.
        # What the filter reaches beyond the box (two pixels of the square) is kept, the rest is cut off before.
        reach = math.ceil(2 * max(1.0, (right - left) / self.size, (bottom - top) / self.size)) + 1
        column, row = max(0, math.floor(left) - reach), max(0, math.floor(top) - reach)
        part = pixels[row : math.ceil(bottom) + reach, column : math.ceil(right) + reach]
        box = (left - column, top - row, right - column, bottom - row)
        square = Image.fromarray(np.ascontiguousarray(part)).resize(
            (self.size, self.size), Image.Resampling.BICUBIC, box=box
        )
        return np.asarray(square)


def centre_box(width: int, height: int, size: int) -> tuple[float, float, float, float]:
    """Return the box (left, top, right, bottom; source pixels) that becomes the centre crop after resizing.

    Parameters
    ----------
    width, height : int
        Of the photo, in pixels.
    size : int
        What the short side is resized to, and the side of the crop.
    """
    short = min(width, height)
    resized = (int(size * width / short), int(size * height / short))
    left, top = (round((side - size) / 2) for side in resized)
    across, down = width / resized[0], height / resized[1]
    return left * across, top * down, min((left + size) * across, width), min((top + size) * down, height)
