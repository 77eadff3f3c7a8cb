"""What is computed for which images of a batch: settled on the processor, so that nothing waits for the device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streetsense.images import Normalisation
from streetsense_training.augment.colour import WHITE
from streetsense_training.augment.parameters import NEVER_SOLARIZE, AugmentParameters
from streetsense_training.augment.resampling import Taps, blur_kernels, blur_reach, count_resize_taps, resize_taps

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Piece:
    """Images that go through the same operations in the same order; N of them.

    Attributes
    ----------
    rows : Tensor
        ``[N]`` int64, which of the batch.
    down, across : Taps
        Of the crop's rows and columns.
    jitter : tuple of int
        Numbers of the operations in their order; none where colours are not jittered.
    factors : Tensor
        ``[N, 4]`` float32, by number of the operation.
    grey, solarize : Tensor or None
        int64, which of these N images; None where it is none of them.
    threshold : Tensor
        ``[N]`` float32.
    kernels : Tensor or None
        ``[N, 2 * reach + 1]`` float32 weights of the blur; None where there is none.
    scale, shift : Tensor
        ``[N, 3, 1, 1]`` float32: the normalisation.
    """

    rows: Tensor
    down: Taps
    across: Taps
    jitter: tuple[int, ...]
    factors: Tensor
    grey: Tensor | None
    solarize: Tensor | None
    threshold: Tensor
    kernels: Tensor | None
    scale: Tensor
    shift: Tensor


def pieces(
    parameters: AugmentParameters, normalisation: Normalisation, device: torch.device, side: int, size: int, most: int
) -> Iterator[Piece]:
    """Yield the pieces of a batch, with their tensors on the device.

    Images are sorted by the order of their jitter operations and by their blur. All numbers reach the device in one
    transfer, all row numbers in another.

    Parameters
    ----------
    parameters : AugmentParameters
        Of at least one image.
    normalisation : Normalisation
        Of the results.
    device : torch.device
        Where to.
    side, size : int
        Of the images and of the results, in pixels.
    most : int
        Images in a piece.
    """
    code = (parameters.order @ torch.tensor([64, 16, 4, 1])).where(parameters.jitter, -1)
    order = torch.from_numpy(np.lexsort((-parameters.blur_sigma.numpy(), code.numpy())))
    own = parameters.rows(order)
    sigmas, jitter, operations = own.blur_sigma.numpy(), own.jitter.numpy(), own.order.numpy()
    bounds = _bounds(code[order].numpy(), sigmas > 0, most)
    grey = [np.flatnonzero(own.grey[begin:end].numpy()) for begin, end in bounds]
    solarize = [np.flatnonzero(own.solarize_threshold[begin:end].numpy() < NEVER_SOLARIZE) for begin, end in bounds]

    reach = blur_reach(float(sigmas.max()))
    place = np.concatenate([np.arange(end - begin) for begin, end in bounds])
    numbers = _to(_pack(own, place, normalisation, reach), device)
    down, across = _crop_taps(own, numbers, side, size)
    factors, threshold, kernels = numbers[:, 6:10], numbers[:, 10], numbers[:, 17:]
    scale, shift = numbers[:, 11:14, None, None], numbers[:, 14:17, None, None]
    rows, *picked = _send_rows([order.numpy(), *grey, *solarize], device)
    grey_rows, solarize_rows = picked[: len(bounds)], picked[len(bounds) :]
    for number, (begin, end) in enumerate(bounds):
        margin = reach - blur_reach(float(sigmas[begin]))
        yield Piece(
            rows=rows[begin:end],
            down=down.part(begin, end),
            across=across.part(begin, end),
            jitter=tuple(operations[begin].tolist()) if jitter[begin] else (),
            factors=factors[begin:end],
            grey=grey_rows[number] if len(grey[number]) else None,
            solarize=solarize_rows[number] if len(solarize[number]) else None,
            threshold=threshold[begin:end],
            kernels=kernels[begin:end, margin : 2 * reach + 1 - margin] if sigmas[begin] > 0 else None,
            scale=scale[begin:end],
            shift=shift[begin:end],
        )


def _bounds(code: Rows, is_blurred: NDArray[np.bool_], most: int) -> list[tuple[int, int]]:
    """Return where pieces begin and end: where operations change, and after ``most`` images."""
    change = np.flatnonzero((np.diff(code) != 0) | (is_blurred[1:] != is_blurred[:-1])) + 1
    groups = zip([0, *change.tolist()], [*change.tolist(), len(code)], strict=True)
    return [(begin, min(begin + most, end)) for first, end in groups for begin in range(first, end, most)]


def _pack(own: AugmentParameters, place: Rows, normalisation: Normalisation, reach: int) -> Tensor:
    """Return all numbers in columns of one float32 matrix.

    Box (4), flip, place in the piece, factors (4), threshold, scale (3) and shift (3) of the normalisation, blur.
    """
    std = torch.tensor(normalisation.std)
    scale, shift = 1.0 / (WHITE * std), -torch.tensor(normalisation.mean) / std
    factors = (own.brightness, own.contrast, own.saturation, own.hue)
    single = (own.flip.float(), torch.from_numpy(place).float(), *factors, own.solarize_threshold)
    same = [row.expand(len(own), 3) for row in (scale, shift)]
    return torch.cat([own.box, torch.stack(single, dim=1), *same, blur_kernels(own.blur_sigma, reach)], dim=1)


def _crop_taps(own: AugmentParameters, numbers: Tensor, side: int, size: int) -> tuple[Taps, Taps]:
    """Return how rows and columns of all images are cropped and resized, columns of some in reverse."""
    longest = float((own.box[:, 2:] - own.box[:, :2]).max()) * side
    most = count_resize_taps(longest, size)
    left, top, right, bottom = (numbers[:, :4] * side).unbind(1)
    flip, place = numbers[:, 4] > 0, numbers[:, 5].int()
    down = resize_taps(top, bottom, torch.zeros_like(flip), place, side, size, most)
    return down, resize_taps(left, right, flip, place, side, size, most)


def _send_rows(parts: list[Rows], device: torch.device) -> list[Tensor]:
    """Send row numbers to the device all at once."""
    together = _to(torch.from_numpy(np.concatenate(parts)), device)
    ends = np.cumsum([len(part) for part in parts]).tolist()
    return [together[end - len(part) : end] for end, part in zip(ends, parts, strict=True)]


def _to(tensor: Tensor, device: torch.device) -> Tensor:
    """Send a tensor without waiting for its arrival."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)
