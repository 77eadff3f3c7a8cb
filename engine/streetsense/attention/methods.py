"""Attention maps without gradients: raw attention and attention rollout."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from streetsense.attention.capture import capture
from streetsense.attention.tokens import Query, TokenLayout, token_layout
from streetsense.errors import InputError

HeadFusion = Literal["mean", "max", "min"]


def raw_attention(
    model: nn.Module, images: Tensor, *, layer: int = -1, query: Query = "embedding", head: int | None = None
) -> Tensor:
    """Return the softmax attention that one token pays to each patch in one layer.

    Parameters
    ----------
    model : nn.Module
        A timm vision transformer in evaluation mode.
    images : Tensor
        ``[B, 3, H, W]``, preprocessed.
    layer : int
        The layer, from 0; negative ones count from the last.
    query : str, int or (int, int)
        The token that asks (see `streetsense.attention.Query`).
    head : int, optional
        One head; the mean of all by default.

    Returns
    -------
    Tensor
        ``[B, rows, columns]`` float32, not negative: the attention row without the class token and registers. It is not
        renormalised, so what a map lacks to a sum of one is what went to those tokens.

    Raises
    ------
    InputError
        When the encoder has no such layer, head or token.
    """
    layout = token_layout(model, images)
    layer, weights = layout.layer(layer), layout.weights(query).to(images.device)
    captured = capture(model, images, (layer,), keep=lambda attention: weights.to(attention.dtype) @ attention)
    return layout.to_map(select_head(captured.attention[layer], head)).float()


def rollout(
    model: nn.Module,
    images: Tensor,
    *,
    layer: int = -1,
    query: Query = "embedding",
    head_fusion: HeadFusion = "mean",
    head: int | None = None,
) -> Tensor:
    """Return attention rollout (Abnar and Zuidema 2020): attention followed through the layers, with the residuals.

    Each layer's attention, its heads fused, is averaged with the identity (the residual path), its rows scaled to one;
    the product over the layers up to ``layer`` says which input tokens a token is made of.

    Parameters
    ----------
    model : nn.Module
        A timm vision transformer in evaluation mode.
    images : Tensor
        ``[B, 3, H, W]``, preprocessed.
    layer : int
        The last layer of the product, from 0; negative ones count from the last.
    query : str, int or (int, int)
        The token that is explained (see `streetsense.attention.Query`).
    head_fusion : {"mean", "max", "min"}
        How the heads of a layer become one.
    head : int, optional
        Follow one head instead of fusing all.

    Returns
    -------
    Tensor
        ``[B, rows, columns]`` float32, not negative. With the class token and registers, which are dropped, each map
        would sum to one.

    Raises
    ------
    InputError
        When the encoder has no such layer, head or token, or ``head_fusion`` is none of the three.
    """
    if head_fusion not in ("mean", "max", "min"):
        raise InputError(f"head_fusion: '{head_fusion}' is not known; use mean, max or min.")
    layout = token_layout(model, images)
    last = layout.layer(layer)

    def with_residual(attention: Tensor) -> Tensor:
        fused = select_head(attention, head) if head is not None else _fuse(attention, head_fusion)
        mixed = fused + torch.eye(layout.count, dtype=fused.dtype, device=fused.device)
        return mixed / mixed.sum(dim=-1, keepdim=True)

    captured = capture(model, images, range(last + 1), keep=with_residual)
    return layout.to_map(_follow(captured.attention, layout, query)).float()


def _follow(steps: dict[int, Tensor], layout: TokenLayout, query: Query) -> Tensor:
    """Return the query's row ``[B, N]`` of the product of all steps.

    Only that row is needed, so it is multiplied through from the last layer down: N times less work than the product.
    """
    last = steps[max(steps)]
    row = layout.weights(query).to(last).expand(last.shape[0], 1, -1)
    for layer in sorted(steps, reverse=True):
        row = row @ steps[layer]
    return row[:, 0]


def _fuse(attention: Tensor, how: HeadFusion) -> Tensor:
    """Make ``[B, N, N]`` of ``[B, heads, N, N]``."""
    match how:
        case "mean":
            return attention.mean(dim=1)
        case "max":
            return attention.amax(dim=1)
        case "min":
            return attention.amin(dim=1)


def select_head(attention: Tensor, head: int | None) -> Tensor:
    """Return one head of ``[B, heads, ...]``, or the mean of all of them.

    Raises
    ------
    InputError
        When there is no such head.
    """
    if head is None:
        return attention.mean(dim=1)
    heads = attention.shape[1]
    if not 0 <= head < heads:
        raise InputError(f"head: {head} does not exist; choose 0 to {heads - 1}.")
    return attention[:, head]
