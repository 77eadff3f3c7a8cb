"""Augment a batch: crop, resize, flip, colours, blur, solarise, normalise, all on the device the images are on.

Images are taken in groups that need the same operations in the same order, so that none of them is copied out of the
batch for an operation. What goes where is known on the processor: nothing waits for the device. On a processor groups
are cut into pieces that stay in its cache.
"""

from __future__ import annotations

import torch
from torch import Tensor

from streetsense.errors import InputError
from streetsense.images import Normalisation
from streetsense_training.augment import colour
from streetsense_training.augment.parameters import AugmentParameters
from streetsense_training.augment.plan import Piece, pieces
from streetsense_training.augment.resampling import blur_taps, sum_rows

#: By the numbers that `AugmentParameters.order` holds.
JITTER = (colour.adjust_brightness_, colour.adjust_contrast_, colour.adjust_saturation_, colour.adjust_hue_)
#: Bytes of one piece's pixels, which are needed about five times: a processor's last cache holds that, and a device is
#: kept busy by it and has memory for it.
PROCESSOR_BYTES, DEVICE_BYTES = 2 << 20, 128 << 20


@torch.no_grad()
def augment(
    images: Tensor,
    parameters: AugmentParameters,
    size: int,
    normalisation: Normalisation,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Augment a batch of squeezed photos.

    Geometry, colours and blur are those of Pillow as torchvision's transforms use it, in this order: crop and resize
    (triangle filter), jitter, grey, blur, solarise, flip. Values are not rounded to whole levels in between.

    Parameters
    ----------
    images : Tensor
        ``[N, S, S, 3]`` uint8, on any device: photos squeezed to squares.
    parameters : AugmentParameters
        N rows, on the processor.
    size : int
        Side of the results in pixels.
    normalisation : Normalisation
        What is subtracted from and divides the values (0..1) in the end.
    dtype : torch.dtype
        Of the result; all is computed in float32.

    Returns
    -------
    Tensor
        ``[N, 3, size, size]`` on the device of the images.

    Raises
    ------
    InputError
        When the images are no uint8 squares, or as many as the parameters.
    """
    count = len(images)
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] != images.shape[2] or images.shape[3] != 3:
        raise InputError(f"images: {images.dtype} of shape {tuple(images.shape)}; give uint8 of shape [N, S, S, 3].")
    if count != len(parameters):
        raise InputError(f"parameters: {len(parameters)} rows for {count} images; draw one row for each image.")
    result = torch.empty(count, 3, size, size, dtype=dtype, device=images.device)
    if not count:
        return result
    share = PROCESSOR_BYTES if images.device.type == "cpu" else DEVICE_BYTES
    most = max(1, share // (12 * size * size))
    for piece in pieces(parameters, normalisation, images.device, images.shape[1], size, most):
        pixels = _crop(images.index_select(0, piece.rows), piece, size)
        _recolour_(pixels, piece)
        result.index_copy_(0, piece.rows, _finish(pixels, piece).to(dtype))
    return result


def _crop(images: Tensor, piece: Piece, size: int) -> Tensor:
    """Return crops as ``[N, size, 3, size]`` float32 with the axes across, colour, down; values are 0..255."""
    count, side = images.shape[:2]
    rows = sum_rows(images.flatten(2).float(), piece.down)
    return sum_rows(_swap(rows).view(count, side, 3 * size), piece.across).view(count, size, 3, size)


def _recolour_(pixels: Tensor, piece: Piece) -> None:
    """Jitter colours and remove them."""
    for number in piece.jitter:
        JITTER[number](pixels, piece.factors[:, number])
    if piece.grey is not None:
        luma = colour.grey(pixels.index_select(0, piece.grey))
        pixels.index_copy_(0, piece.grey, luma.unsqueeze(2).expand(-1, -1, 3, -1))


def _finish(pixels: Tensor, piece: Piece) -> Tensor:
    """Blur, solarise and normalise; return ``[N, 3, size, size]`` with the axes colour, down, across."""
    count, size = pixels.shape[:2]
    flat = pixels.flatten(2)
    if piece.kernels is not None:
        flat = sum_rows(flat, blur_taps(piece.kernels, size))
    flat = _swap(flat)
    if piece.kernels is not None:
        each = piece.kernels[:, None].expand(-1, 3, -1).flatten(0, 1)
        flat = sum_rows(flat.view(3 * count, size, size), blur_taps(each, size))
    images = flat.view(count, 3, size, size)
    if piece.solarize is not None:
        some = colour.solarize(images.index_select(0, piece.solarize), piece.threshold[piece.solarize])
        images.index_copy_(0, piece.solarize, some)
    return images.mul_(piece.scale).add_(piece.shift)


def _swap(matrices: Tensor) -> Tensor:
    """Return matrices with their two axes swapped, in memory too."""
    return matrices.transpose(1, 2).contiguous()
