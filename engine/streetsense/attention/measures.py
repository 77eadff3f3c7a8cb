"""How far a transformer looks, and how fine the detail is that it keeps: attention distance and Fourier amplitude."""

from __future__ import annotations

import threading
from typing import Any

import torch
from torch import Tensor, nn

from streetsense.attention.capture import capture
from streetsense.attention.tokens import token_layout
from streetsense.errors import InputError

#: Keeps logarithms finite; part of the published definition, so it belongs to the figures that are compared.
_FLOOR = 1e-6


def attention_distance(
    attention: Tensor, grid: tuple[int, int], patch_size: tuple[int, int], prefix: int = 1
) -> Tensor:
    """Return the mean distance in pixels over which patches attend to patches.

    Attention to the prefix tokens is left out and the rest scaled to rows of one. Uniform attention over 14 x 14
    patches of 16 pixels gives 116.49 pixels.

    Parameters
    ----------
    attention : Tensor
        ``[B, heads, N, N]`` softmax attention of one layer.
    grid : tuple of int
        Rows and columns of patches; ``N = prefix + rows * columns``.
    patch_size : tuple of int
        Height and width of a patch in pixels of the network's input.
    prefix : int
        Number of tokens before the patches.

    Returns
    -------
    Tensor
        ``[B, heads]`` in pixels of the network's input, averaged over the querying patches.

    Raises
    ------
    InputError
        When the attention has another number of tokens than the grid and prefix say.
    """
    rows, columns = grid
    if attention.shape[-1] != prefix + rows * columns:
        raise InputError(
            f"attention: it covers {attention.shape[-1]} tokens, but {prefix} + {rows} x {columns} were named; "
            "correct the grid or the prefix."
        )
    patches = attention[..., prefix:, prefix:] + 1e-32
    patches = patches / patches.sum(dim=-1, keepdim=True)
    y = torch.arange(rows, dtype=patches.dtype, device=patches.device) * patch_size[0]
    x = torch.arange(columns, dtype=patches.dtype, device=patches.device) * patch_size[1]
    places = torch.cartesian_prod(y, x)
    away = (places[:, None] - places[None, :]).square().sum(dim=-1).sqrt()
    distance: Tensor = (patches * away).sum(dim=-1).mean(dim=-1)
    return distance


def relative_log_amplitude(features: Tensor) -> Tensor:
    """Return the log amplitude of each diagonal spatial frequency of patch features, relative to their mean level.

    The logarithm of the 2-D Fourier amplitude is averaged over batch and channels and read along the diagonal from
    frequency 0 to just below Nyquist; frequency 0 is subtracted. For 14 x 14 patches the last value is that of
    frequency 6, the one that published comparisons quote.

    Parameters
    ----------
    features : Tensor
        ``[B, rows, columns, channels]`` patch tokens, rows equal to columns.

    Returns
    -------
    Tensor
        ``[rows // 2]`` float32; the first value is 0, more negative means less of that frequency.

    Raises
    ------
    InputError
        When the features are no square grid.
    """
    if features.ndim != 4 or features.shape[1] != features.shape[2]:
        raise InputError(
            f"features: their shape is {tuple(features.shape)}; give patch tokens as [B, rows, columns, channels] "
            "with as many rows as columns."
        )
    amplitude = torch.fft.fft2(features.float(), dim=(1, 2)).abs()
    diagonal = (amplitude + _FLOOR).log().mean(dim=(0, 3)).diagonal()[: features.shape[1] // 2]
    relative: Tensor = diagonal - diagonal[0]
    return relative


def attention_distance_by_layer(model: nn.Module, images: Tensor) -> Tensor:
    """Return the attention distance of every head of every layer.

    Parameters
    ----------
    model : nn.Module
        A timm vision transformer in evaluation mode.
    images : Tensor
        ``[B, 3, H, W]``, preprocessed.

    Returns
    -------
    Tensor
        ``[layers, B, heads]`` in pixels of the network's input.
    """
    layout = token_layout(model, images)

    def distance(attention: Tensor) -> Tensor:
        return attention_distance(attention, layout.grid, layout.patch_size, layout.prefix)

    captured = capture(model, images, keep=distance)
    return torch.stack([captured.attention[layer] for layer in range(layout.depth)])


@torch.no_grad()
def relative_log_amplitude_by_layer(model: nn.Module, images: Tensor) -> Tensor:
    """Return the relative log amplitude of the patch embedding and of the tokens after every block.

    Parameters
    ----------
    model : nn.Module
        A timm vision transformer in evaluation mode.
    images : Tensor
        ``[B, 3, H, W]``, preprocessed, giving a square grid of patches.

    Returns
    -------
    Tensor
        ``[1 + layers, rows // 2]``: row 0 is what enters the first block (13 rows for a ViT-B).
    """
    layout, states, thread = token_layout(model, images), [], threading.get_ident()

    def keep(tokens: Tensor) -> None:
        if threading.get_ident() == thread:  # another thread may be using the same model
            patches = tokens[:, layout.prefix :]
            states.append(relative_log_amplitude(patches.reshape(len(patches), *layout.grid, -1)))

    def keep_input(_block: nn.Module, inputs: tuple[Any, ...]) -> None:
        keep(inputs[0])

    def keep_output(_block: nn.Module, _inputs: tuple[Any, ...], output: Tensor) -> None:
        keep(output)

    blocks: nn.Sequential = model.blocks  # type: ignore[assignment]
    handles = [blocks[0].register_forward_pre_hook(keep_input)]
    handles += [block.register_forward_hook(keep_output) for block in blocks]
    try:
        model.forward_features(images)  # type: ignore[operator]
    finally:
        for handle in handles:
            handle.remove()
    return torch.stack(states)
