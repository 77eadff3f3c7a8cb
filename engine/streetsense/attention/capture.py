"""Reading softmax attention, and its gradients, out of a vision transformer that was not built to show it.

Fused attention kernels never hold the softmax as a tensor. While a capture is active on a thread, every attention call
of the wanted layers made by that thread is computed in the open instead. The model itself is not touched: no flag, hook
or parameter changes, so other threads may use the same model at the same time and an exception leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from streetsense.attention.tokens import TokenLayout, token_layout
from streetsense.errors import InputError


@dataclass(frozen=True)
class Captured:
    """One forward pass with its attention.

    Attributes
    ----------
    attention : dict of int to Tensor
        For each captured layer (0 is the first block) the softmax attention ``[B, heads, N, N]`` (query, key), float32,
        or what ``keep`` made of it.
    tokens : Tensor
        ``[B, N, d]``: all tokens after the final norm.
    layout : TokenLayout
        What the N tokens are.
    """

    attention: dict[int, Tensor]
    tokens: Tensor
    layout: TokenLayout


class _OpenAttention(TorchFunctionMode):
    """Computes the attention calls of the wanted layers openly and keeps what ``keep`` makes of their softmax."""

    def __init__(self, layers: Collection[int], keep: Callable[[Tensor], Tensor] | None, differentiable: bool) -> None:
        super().__init__()
        self.kept: dict[int, Tensor] = {}
        self.calls = 0
        self._layers, self._keep, self._differentiable = layers, keep, differentiable

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - the contract of torch: any function's result
        kwargs = kwargs or {}
        fused = func is F.scaled_dot_product_attention
        # With TIMM_FUSED_ATTN=0 timm writes the softmax itself; it is recognised by its square [B, heads, N, N].
        plain = func is torch.Tensor.softmax and args[0].ndim == 4 and args[0].shape[-1] == args[0].shape[-2]
        if not (fused or plain):
            return func(*args, **kwargs)
        layer, self.calls = self.calls, self.calls + 1
        if layer not in self._layers:
            return func(*args, **kwargs)
        if plain:
            return self._record(layer, func(*args, **kwargs))
        return self._open(layer, *args, **kwargs)

    def _open(
        self,
        layer: int,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
    ) -> Tensor:
        """Do what ``scaled_dot_product_attention`` does, without fusing; the softmax is taken in float32 at least."""
        scores = (query * (query.shape[-1] ** -0.5 if scale is None else scale)) @ key.transpose(-2, -1)
        if attn_mask is not None and attn_mask.dtype == torch.bool:
            scores = scores.masked_fill(~attn_mask, float("-inf"))
        elif attn_mask is not None:
            scores = scores + attn_mask
        attention = scores.softmax(dim=-1, dtype=torch.promote_types(query.dtype, torch.float32))
        return self._record(layer, attention).to(value.dtype) @ value

    def _record(self, layer: int, attention: Tensor) -> Tensor:
        if self._differentiable and not attention.requires_grad:
            # A frozen encoder has no graph here yet; this softmax becomes the leaf that its graph starts from.
            attention = attention.detach().requires_grad_()
        self.kept[layer] = attention if self._keep is None else self._keep(attention)
        return attention


def capture(
    model: nn.Module,
    images: Tensor,
    layers: Collection[int] | None = None,
    *,
    keep: Callable[[Tensor], Tensor] | None = None,
    differentiable: bool = False,
) -> Captured:
    """Run ``model`` on ``images`` and keep its softmax attention.

    Parameters
    ----------
    model : nn.Module
        Any timm vision transformer with one attention per block (ViT, DeiT, DINOv2, DINOv3, EVA, SigLIP), in evaluation
        mode. Its weights, flags and hooks are not changed.
    images : Tensor
        ``[B, 3, H, W]``, preprocessed for the model.
    layers : collection of int, optional
        Layers to keep, from 0; all by default. The others stay on the fused kernel.
    keep : callable, optional
        Applied to each layer's ``[B, heads, N, N]`` at once, so that only its (smaller) result stays in memory.
    differentiable : bool
        Keep the graph, so that gradients with respect to the attention can be taken. Leaves ``attention`` undetached.

    Returns
    -------
    Captured
        Attention by layer, tokens after the final norm, and the layout of the tokens.

    Raises
    ------
    InputError
        When the model is no such transformer, or is in training mode.
    """
    layout = token_layout(model, images)
    if model.training:
        raise InputError("encoder: it is in training mode, where attention is random; call model.eval() first.")
    wanted = range(layout.depth) if layers is None else layers
    mode = _OpenAttention(wanted, keep, differentiable)
    with torch.set_grad_enabled(differentiable), mode:
        tokens = model.forward_features(images)  # type: ignore[operator]
    if mode.calls != layout.depth or tokens.shape[1] != layout.count:
        raise InputError(
            f"encoder: {type(model).__name__} does not compute one attention over all its patches per block; "
            "use a plain vision transformer such as vit_base_patch16_224."
        )
    return Captured(mode.kept, tokens, layout)
