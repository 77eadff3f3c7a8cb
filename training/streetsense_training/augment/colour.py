"""Changes of colour in place, as Pillow defines them, without its rounding to whole levels in between.

Images are ``[N, X, 3, Y]`` float32 with values from 0 to 255: colour stands between the two axes of the picture, where
the resize leaves it. Factors are ``[N]`` float32.
"""

from __future__ import annotations

import torch
from torch import Tensor

WHITE = 255.0


def grey(images: Tensor) -> Tensor:
    """Return ``[N, X, Y]`` the luma of ITU-R 601."""
    red, green, blue = images.unbind(2)
    return torch.mul(red, 0.299).add_(green, alpha=0.587).add_(blue, alpha=0.114)


def adjust_brightness_(images: Tensor, factor: Tensor) -> None:
    """Blend with black."""
    images.mul_(factor.view(-1, 1, 1, 1)).clamp_(max=WHITE)


def adjust_contrast_(images: Tensor, factor: Tensor) -> None:
    """Blend with the mean of the grey image."""
    factor = factor.view(-1, 1, 1, 1)
    mean = grey(images.mean(dim=(1, 3), keepdim=True)).unsqueeze(2)
    images.mul_(factor).add_(mean.mul_(1.0 - factor)).clamp_(0.0, WHITE)


def adjust_saturation_(images: Tensor, factor: Tensor) -> None:
    """Blend with the grey image."""
    share = grey(images).mul_((1.0 - factor).view(-1, 1, 1))
    images.mul_(factor.view(-1, 1, 1, 1)).add_(share.unsqueeze(2)).clamp_(0.0, WHITE)


def adjust_hue_(images: Tensor, turns: Tensor) -> None:
    """Turn the hue of the HSV model; ``turns`` are shares of a full turn, -0.5..0.5.

    Comparisons and selections are slow on processors, so there are none. With channels scaled to 0..1 within a pixel,
    the hue's distance from red is (1 - red + green + blue) / 6 of a turn, on the side that green and blue tell; and a
    channel of the result falls linearly from full to none between one and two sixths of a turn from its own hue.
    """
    red, green, blue = images.unbind(2)
    top = torch.maximum(red, green)
    torch.maximum(top, blue, out=top)
    bottom = torch.minimum(red, green)
    torch.minimum(bottom, blue, out=bottom)
    chroma = top - bottom
    six = chroma * 6.0
    hue = torch.add(green, blue).sub_(red).sub_(bottom)
    scratch = six.clamp(min=1e-3)
    hue.div_(scratch).add_(1.0 / 6.0)
    hue.copysign_(torch.sub(green, blue, out=scratch)).add_(turns.view(-1, 1, 1))
    hue.sub_(torch.floor(hue, out=scratch))
    # Sixfold chroma times 1/6..2/6 runs from one chroma to two, hence the offsets of one chroma.
    bottom.sub_(chroma)
    top.add_(chroma)
    torch.addcmul(bottom, six, _ramp(hue, 1 / 2, scratch), out=red)
    torch.addcmul(top, six, _ramp(hue, 1 / 3, scratch), value=-1.0, out=green)
    torch.addcmul(top, six, _ramp(hue, 2 / 3, scratch), value=-1.0, out=blue)


def _ramp(hue: Tensor, centre: float, out: Tensor) -> Tensor:
    """Return the distance from a hue (0..1, not across 0), held between one and two sixths of a turn."""
    return torch.sub(hue, centre, out=out).abs_().clamp_(1 / 6, 2 / 6)


def solarize(images: Tensor, threshold: Tensor) -> Tensor:
    """Return images of any layout with the values from the threshold on inverted."""
    return torch.where(images >= threshold.view(-1, 1, 1, 1), WHITE - images, images)
