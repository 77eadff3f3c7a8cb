"""Crop, resize and blur as weighted sums of neighbouring rows, the way Pillow's filters do it, for many images at once.

Both are separable, and few weights of a row are not zero: two or three for a resize to about the same size, up to
thirteen for a blur of two pixels. Summing just those rows costs a tenth of a product with whole matrices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

#: A Gaussian is approximated by this many box filters one after the other, as in Pillow.
BOXES = 3


@dataclass(frozen=True)
class Taps:
    """Which input rows make each of R output rows of N images.

    Attributes
    ----------
    index : Tensor
        ``[N, R, K]`` int32, counted through the rows of all images of a piece.
    weight : Tensor
        ``[N, R, K]`` float32.
    """

    index: Tensor
    weight: Tensor

    def part(self, begin: int, end: int) -> Taps:
        """Return the taps of some of the images."""
        return Taps(self.index[begin:end], self.weight[begin:end])


def resize_taps(low: Tensor, high: Tensor, mirrored: Tensor, place: Tensor, source: int, size: int, most: int) -> Taps:
    """Return the taps that resize a stretch of each image with a triangle filter, which widens where it shrinks.

    Pixels whose centre is outside the stretch have no weight: it is cut out first and resized then.

    Parameters
    ----------
    low, high : Tensor
        ``[N]`` float32, where the stretch begins and ends, in pixels of the input.
    mirrored : Tensor
        ``[N]`` bool, whether the output begins at the stretch's end.
    place : Tensor
        ``[N]`` int32, which image of its piece each is.
    source, size : int
        Rows of the input and of the output.
    most : int
        K, from `count_resize_taps`.
    """
    device = low.device
    low, high = low[:, None, None], high[:, None, None]
    first = torch.ceil(low - 0.5).clamp_(0, source - 1)
    last = torch.maximum(torch.floor(high - 0.5).clamp_(0, source - 1), first)
    scale = (high - low) / size
    support = scale.clamp(min=1.0)
    along = (torch.arange(size, device=device)[:, None] + 0.5) * scale
    centre = torch.where(mirrored[:, None, None], high - along, low + along)
    position = torch.floor(centre - support + 0.5) + torch.arange(most, device=device)
    weight = (1.0 - (position + 0.5 - centre).abs_() / support).clamp_(min=0.0)
    weight *= (position >= first) & (position <= last)
    weight /= weight.sum(dim=2, keepdim=True)
    index = torch.minimum(torch.maximum(position, first), last).int()
    return Taps(index + (place * source)[:, None, None], weight)


def count_resize_taps(longest: float, size: int) -> int:
    """Return how many taps suffice for stretches of up to ``longest`` pixels."""
    return math.ceil(2.0 * max(1.0, longest / size))


def blur_radii(sigmas: Tensor) -> Tensor:
    """Return ``[N]`` float64 radii of the box filters that, applied three times, have the variance of a Gaussian.

    A radius has a fraction: the pixels at both ends of the box count in part (Gwosdek et al. 2011, equations 7 to 14).
    """
    variance = sigmas.double().square() / BOXES
    whole = torch.floor(((12.0 * variance + 1.0).sqrt() - 1.0) / 2.0)
    part = (2.0 * whole + 1.0) * (whole * (whole + 1.0) - 3.0 * variance) / (6.0 * (variance - (whole + 1.0).square()))
    return whole + part


def blur_kernels(sigmas: Tensor, reach: int) -> Tensor:
    """Return the weights of a Gaussian blur.

    Parameters
    ----------
    sigmas : Tensor
        ``[N]`` standard deviations in pixels.
    reach : int
        How many pixels to each side, from `blur_reach` of the largest sigma.

    Returns
    -------
    Tensor
        ``[N, 2 * reach + 1]`` float32; each row sums to 1.
    """
    radii = blur_radii(sigmas)[:, None]
    side = reach // BOXES
    box = (radii + 1.0 - torch.arange(-side, side + 1).abs()).clamp(0.0, 1.0) / (2.0 * radii + 1.0)
    kernels = box
    for _ in range(BOXES - 1):
        widened = box.new_zeros(len(box), kernels.shape[1] + 2 * side)
        for shift in range(2 * side + 1):
            widened[:, shift : shift + kernels.shape[1]] += kernels * box[:, shift : shift + 1]
        kernels = widened
    return kernels.float()


def blur_reach(sigma: float) -> int:
    """Return how many pixels to each side a Gaussian blur looks."""
    return BOXES * (math.floor(float(blur_radii(torch.tensor([sigma])))) + 1)


def blur_taps(kernels: Tensor, size: int) -> Taps:
    """Return the taps of a blur of ``size`` rows of each image of a piece; beyond an edge its pixels repeat."""
    count, width = kernels.shape
    rows = torch.arange(size, dtype=torch.int32, device=kernels.device)
    steps = torch.arange(-(width // 2), width // 2 + 1, dtype=torch.int32, device=kernels.device)
    begin = torch.arange(0, count * size, size, dtype=torch.int32, device=kernels.device)
    index = (rows[:, None] + steps).clamp_(0, size - 1) + begin[:, None, None]
    return Taps(index, kernels[:, None, :].expand(-1, size, -1))


def sum_rows(images: Tensor, taps: Taps) -> Tensor:
    """Apply taps to the rows of a piece's images.

    Parameters
    ----------
    images : Tensor
        ``[N, S, C]`` float32, contiguous: S rows of C numbers.
    taps : Taps
        Of N images, R rows each.

    Returns
    -------
    Tensor
        ``[N, R, C]`` float32.
    """
    count, rows, most = taps.index.shape
    index, weight = taps.index.view(-1, most), taps.weight.reshape(-1, most)
    table = images.view(-1, images.shape[2])
    return F.embedding_bag(index, table, per_sample_weights=weight, mode="sum").view(count, rows, -1)
