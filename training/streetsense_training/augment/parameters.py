"""What is drawn for each image before anything is computed: on the processor, the same for the same generator state.

Drawing apart from computing makes a global batch reproducible: every process draws for all images and computes its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor

from streetsense.errors import InputError
from streetsense_training.viewaugmentation import Range, ViewAugmentation

#: How often a crop is drawn that may not fit, before the largest centred one is taken.
TRIES = 10
#: Threshold that leaves all values as they are.
NEVER_SOLARIZE = 256.0


@dataclass(frozen=True)
class AugmentParameters:
    """Parameters of N images, one row each, on the processor.

    Attributes
    ----------
    box : Tensor
        ``[N, 4]`` float32, left, top, right and bottom of the crop as shares (0..1) of the square.
    flip : Tensor
        ``[N]`` bool, whether left and right are swapped.
    jitter : Tensor
        ``[N]`` bool, whether colours are jittered.
    order : Tensor
        ``[N, 4]`` int64, in which order: 0 brightness, 1 contrast, 2 saturation, 3 hue.
    brightness, contrast, saturation : Tensor
        ``[N]`` float32 factors; 1 changes nothing.
    hue : Tensor
        ``[N]`` float32, in turns (-0.5..0.5).
    grey : Tensor
        ``[N]`` bool, whether colour is removed.
    blur_sigma : Tensor
        ``[N]`` float32, standard deviation in pixels of the result; 0 where there is no blur.
    solarize_threshold : Tensor
        ``[N]`` float32, values (0..255) from here on are inverted; 256 where there are none.
    """

    box: Tensor
    flip: Tensor
    jitter: Tensor
    order: Tensor
    brightness: Tensor
    contrast: Tensor
    saturation: Tensor
    hue: Tensor
    grey: Tensor
    blur_sigma: Tensor
    solarize_threshold: Tensor

    def __len__(self) -> int:
        return len(self.box)

    def __getitem__(self, index: slice) -> Self:
        return self.rows(index)

    def rows(self, index: slice | Tensor) -> Self:
        """Return the parameters of some images: a slice, or a tensor of row numbers or of booleans."""
        return type(self)(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    @classmethod
    def cat(cls, parts: Sequence[Self]) -> Self:
        """Return the parameters of several batches as one."""
        return cls(**{field.name: torch.cat([getattr(part, field.name) for part in parts]) for field in fields(cls)})

    @classmethod
    def unchanged(cls, count: int) -> Self:
        """Return parameters that change nothing: whole images are only resized and normalised."""
        ones, zeros, never = torch.ones(count), torch.zeros(count), torch.zeros(count, dtype=torch.bool)
        return cls(
            box=torch.tensor([0.0, 0.0, 1.0, 1.0]).repeat(count, 1),
            flip=never,
            jitter=never,
            order=torch.arange(4).repeat(count, 1),
            brightness=ones,
            contrast=ones,
            saturation=ones,
            hue=zeros,
            grey=never,
            blur_sigma=zeros,
            solarize_threshold=torch.full((count,), NEVER_SOLARIZE),
        )


def draw_parameters(recipe: ViewAugmentation, aspects: Tensor, generator: torch.Generator) -> AugmentParameters:
    """Draw the random parameters of a batch.

    As many random numbers are drawn for each image, whatever comes of them: an image's parameters depend on the
    generator, its place in the batch and its own aspect alone.

    Parameters
    ----------
    recipe : ViewAugmentation
        Ranges and probabilities.
    aspects : Tensor
        ``[N]`` floats, width / height of the photos before they were squeezed to squares.
    generator : torch.Generator
        Of the processor; its state moves on.

    Returns
    -------
    AugmentParameters
        N rows.

    Raises
    ------
    InputError
        When an aspect is not a positive number.
    """
    aspects = aspects.double()
    if aspects.ndim != 1 or not bool((torch.isfinite(aspects) & (aspects > 0)).all()):
        raise InputError("aspects: not all are positive numbers; give width / height of each photo.")
    count = len(aspects)
    random = torch.rand(count, 2 * TRIES + 16, generator=generator, dtype=torch.float64)
    areas, ratios, rest = random[:, :TRIES], random[:, TRIES : 2 * TRIES], random[:, 2 * TRIES :]
    across, down, flip, jitter = rest[:, :4].unbind(1)
    brightness, contrast, saturation, hue = rest[:, 8:12].unbind(1)
    grey, blur, sigma, solarize = rest[:, 12:].unbind(1)
    is_blurred, is_solarized = blur < recipe.blur_probability, solarize < recipe.solarize_probability
    never = torch.full((count,), NEVER_SOLARIZE)
    return AugmentParameters(
        box=_crop_boxes(recipe, aspects, areas, ratios, across, down),
        flip=flip < recipe.flip_probability,
        jitter=jitter < recipe.jitter_probability,
        order=rest[:, 4:8].argsort(dim=1, stable=True),
        brightness=_between(brightness, _around_one(recipe.brightness)).float(),
        contrast=_between(contrast, _around_one(recipe.contrast)).float(),
        saturation=_between(saturation, _around_one(recipe.saturation)).float(),
        hue=_between(hue, (-recipe.hue, recipe.hue)).float(),
        grey=grey < recipe.grey_probability,
        blur_sigma=torch.where(is_blurred, _between(sigma, recipe.blur_sigma), 0.0).float(),
        solarize_threshold=torch.where(is_solarized, float(recipe.solarize_threshold), never),
    )


def _crop_boxes(
    recipe: ViewAugmentation, aspects: Tensor, areas: Tensor, ratios: Tensor, across: Tensor, down: Tensor
) -> Tensor:
    """Return ``[N, 4]`` boxes: the first try that fits into the photo, or the largest centred crop of a fair ratio.

    Lengths are in heights of the photo, so that the photo is ``aspect`` wide and 1 high.
    """
    wide = aspects[:, None]
    area = _between(areas, recipe.crop_scale) * wide
    low, high = recipe.crop_ratio
    ratio = _between(ratios, (math.log(low), math.log(high))).exp()
    widths, heights = (area * ratio).sqrt(), (area / ratio).sqrt()
    fits = (widths <= wide) & (heights <= 1.0)
    first = fits.int().argmax(dim=1, keepdim=True)
    found = fits.any(dim=1)
    fair = aspects.clamp(low, high)
    width = torch.where(found, widths.gather(1, first)[:, 0], torch.minimum(aspects, fair)) / aspects
    height = torch.where(found, heights.gather(1, first)[:, 0], (aspects / fair).clamp(max=1.0))
    left = torch.where(found, across, 0.5) * (1.0 - width)
    top = torch.where(found, down, 0.5) * (1.0 - height)
    return torch.stack([left, top, left + width, top + height], dim=1).clamp(0.0, 1.0).float()


def _between(uniform: Tensor, limits: Range) -> Tensor:
    """Stretch numbers from 0..1 to a range."""
    low, high = limits
    return low + (high - low) * uniform


def _around_one(spread: float) -> Range:
    """Return the range of a factor; it is never negative."""
    return max(0.0, 1.0 - spread), 1.0 + spread
