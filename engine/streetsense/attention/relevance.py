"""Gradient-weighted relevance through attention (Chefer, Gur and Wolf 2021, rules 5 and 6), batched."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from streetsense.attention.capture import Captured, capture
from streetsense.attention.methods import select_head
from streetsense.attention.tokens import Query, token_layout
from streetsense.errors import InputError

#: What is explained: a scalar of each embedding. A callable maps embeddings ``[B, d]`` to ``[B]``.
Target = str | Callable[[Tensor], Tensor]


def largest_value(embedding: Tensor) -> Tensor:
    """Return the largest value of each embedding ``[B, d]``, which the published code explains."""
    return embedding.amax(dim=1)


def squared_norm(embedding: Tensor) -> Tensor:
    """Return the squared length of each embedding ``[B, d]``.

    An encoder that ends in a layer norm with equal weights gives every embedding the same length; then there is nothing
    to explain and the map is near zero.
    """
    return embedding.square().sum(dim=1)


def linear_output(weight: Tensor, bias: float = 0.0) -> Callable[[Tensor], Tensor]:
    """Return the target ``embedding @ weight + bias``: one output of a linear predictor.

    Parameters
    ----------
    weight : Tensor
        ``[d]``, in the space of the raw embedding.
    bias : float
        Added to the output; it has no influence on the map.
    """

    def output(embedding: Tensor) -> Tensor:
        if embedding.shape[1] != weight.shape[0]:
            raise InputError(
                f"predictor: it was fitted to embeddings of {weight.shape[0]} values, the encoder gives "
                f"{embedding.shape[1]}; choose the encoder that the predictor was fitted with."
            )
        return embedding @ weight.to(embedding) + bias

    return output


TARGETS: dict[str, Callable[[Tensor], Tensor]] = {"argmax": largest_value, "norm": squared_norm}


def relevance(
    model: nn.Module,
    images: Tensor,
    *,
    target: Target = "argmax",
    layer: int = 0,
    query: Query = "embedding",
    head: int | None = None,
) -> Tensor:
    """Return how much each patch contributed to a scalar of the encoder's output.

    With A the softmax attention of a layer and g the gradient of the target with respect to it, the relevance starts
    from R = I and takes, layer by layer, ``R <- R + mean over heads of max(g * A, 0) @ R`` (equations 5 and 6 for self
    attention of *Generic Attention-Model Explainability*, ICCV 2021). The map is the query's row of R - I: the identity
    says only that a token is itself, which for a patch would outshine everything else and for the class token lies
    outside the map. Images of a batch do not influence each other: the gradient of the sum of the targets is the
    gradient of each.

    Parameters
    ----------
    model : nn.Module
        A timm vision transformer in evaluation mode. No gradient is left in its parameters.
    images : Tensor
        ``[B, 3, H, W]``, preprocessed.
    target : {"argmax", "norm"} or callable
        What is explained, as a scalar of the query's output: its largest value (as in the published code), its squared
        length, or a function from ``[B, d]`` to ``[B]``.
    layer : int
        The first layer that takes part, from 0; negative ones count from the last.
    query : str, int or (int, int)
        Whose output is explained (see `streetsense.attention.Query`). For ``"embedding"`` that is the encoder's
        embedding; for a patch it is that patch's token after the final norm.
    head : int, optional
        Let only one head of each layer take part; the mean of all by default.

    Returns
    -------
    Tensor
        ``[B, rows, columns]`` float32, not negative, without the class token and registers.

    Raises
    ------
    InputError
        When the encoder has no such layer, head or token, the target is unknown or gives no scalar per image.
    """
    scalar = _target(target)
    if getattr(model, "grad_checkpointing", False):
        raise InputError(
            "encoder: gradient checkpointing hides its attention; call model.set_grad_checkpointing(False) first."
        )
    layout = token_layout(model, images)
    first, plain = layout.layer(layer), layout.resolve(query)
    with torch.enable_grad():
        captured = capture(model, images, range(first, layout.depth), differentiable=True)
        values = scalar(_output(model, captured, plain))
        if values.shape != images.shape[:1]:
            raise InputError(f"target: it must give one value per image, not {tuple(values.shape)} for {len(images)}.")
        layers = list(captured.attention.values())
        gradients = torch.autograd.grad(values.sum(), layers, allow_unused=True, materialize_grads=True)
    # The query's row of (I + A_L)...(I + A_first) - I, from the last layer down: a row times a matrix at each step, N
    # times less work than the product. Kept apart from I, small relevance does not drown in rounding.
    start = layout.weights(plain).to(layers[0]).expand(len(images), 1, -1)
    row = torch.zeros_like(start)
    for attention, gradient in zip(reversed(layers), reversed(gradients), strict=True):
        positive = (gradient * attention.detach()).clamp_(min=0)
        row = torch.baddbmm(row, start + row, select_head(positive, head))
    return layout.to_map(row[:, 0]).float()


def _target(target: Target) -> Callable[[Tensor], Tensor]:
    if callable(target):
        return target
    if target not in TARGETS:
        raise InputError(f"target: '{target}' is not known; use {' or '.join(TARGETS)}, or a function.")
    return TARGETS[target]


def _output(model: nn.Module, captured: Captured, query: Query) -> Tensor:
    """Return the output ``[B, d]`` that belongs to the query token, exactly the embedding where the model pools it."""
    pooled = {"token": "cls", "avg": "mean"}.get(captured.layout.pooling)
    if query == pooled:
        return model.forward_head(captured.tokens, pre_logits=True)  # type: ignore[operator,no-any-return]
    return captured.layout.weights(query).to(captured.tokens) @ captured.tokens
