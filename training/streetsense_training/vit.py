"""How MoCo v3 prepares a vision transformer: what is frozen, what is fixed, how the rest starts (section 5 there)."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from streetsense.encoders import create_model
from streetsense.errors import InputError

#: Wave lengths of the fixed position embedding go from 2 pi to this times 2 pi.
WAVELENGTH = 10_000.0


def build_backbone(architecture: str, image_size: int, options: dict[str, Any] | None = None) -> nn.Module:
    """Build a vision transformer with the initial weights of MoCo v3, from torch's global random state.

    Linear layers are Xavier-uniform with zero bias, query, key and value each with a fan of their own; the patch
    embedding is uniform with the fans of the patch it sees, and frozen; position embeddings are fixed sines and cosines
    where the architecture has one position vector a token (others keep their own); [CLS] starts near zero.

    Parameters
    ----------
    architecture : str
        timm's name.
    image_size : int
        Side of the square images in pixels.
    options : dict, optional
        Further options of timm's: ``depth``, ``patch_size``, …

    Returns
    -------
    nn.Module
        In training mode, without a head.

    Raises
    ------
    InputError
        When timm has no such vision transformer or the options do not fit it.
    """
    model = create_model(architecture, img_size=image_size, **(options or {}))
    if not hasattr(model, "patch_embed") or not hasattr(model.patch_embed, "proj"):
        raise InputError(
            f"architecture: '{architecture}' has no patch embedding that could be frozen; use a plain ViT."
        )
    initialise(model)
    fix_positions(model)
    return model.train()


@torch.no_grad()
def initialise(model: nn.Module) -> None:
    """Give a timm vision transformer the initial weights of MoCo v3, in place (the published code, ``vits.py``)."""
    for name, module in model.named_modules():
        if not isinstance(module, nn.Linear):
            continue
        rows, columns = module.weight.shape
        fan = (rows // 3 if name.endswith("attn.qkv") else rows) + columns
        nn.init.uniform_(module.weight, -math.sqrt(6 / fan), math.sqrt(6 / fan))
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    projection: Any = model.patch_embed.proj  # type: ignore[union-attr]
    bound = math.sqrt(6 / (projection.weight[0].numel() + projection.weight.shape[0]))
    nn.init.uniform_(projection.weight, -bound, bound)
    if projection.bias is not None:
        nn.init.zeros_(projection.bias)
    for token in ("cls_token", "reg_token"):
        if isinstance(parameter := getattr(model, token, None), nn.Parameter):
            nn.init.normal_(parameter, std=1e-6)


def fix_positions(model: nn.Module) -> None:
    """Freeze the patch embedding and set fixed position embeddings, in place, whatever the weights are."""
    for parameter in model.patch_embed.parameters():  # type: ignore[union-attr]
        parameter.requires_grad = False
    positions = getattr(model, "pos_embed", None)
    if not isinstance(positions, nn.Parameter):
        return
    rows, columns = model.patch_embed.grid_size  # type: ignore[union-attr, misc]
    prefix = positions.shape[1] - rows * columns
    if prefix < 0 or positions.shape[2] % 4:
        return
    with torch.no_grad():
        positions.zero_()
        positions[0, prefix:] = sine_positions(rows, columns, positions.shape[2])
    positions.requires_grad = False


def use_plain_attention(model: nn.Module) -> None:
    """Let attention be two matrix products and a softmax, in place.

    On CPUs torch's fused attention computes its backward pass without bfloat16 instructions; in bfloat16 a whole step
    of a small transformer is 1.2 to 1.4 times faster without it.
    """
    for module in model.modules():
        if hasattr(module, "fused_attn"):
            module.fused_attn = False  # type: ignore[assignment]


def sine_positions(rows: int, columns: int, dimension: int) -> Tensor:
    """Return the fixed two-dimensional position embedding of the published code.

    Parameters
    ----------
    rows, columns : int
        Patches down and across.
    dimension : int
        Of a token, divisible by four.

    Returns
    -------
    Tensor
        ``[rows * columns, dimension]`` float32: sines and cosines of the first axis, then of the second. The first one
        runs over the rows (the code calls it ``w``, but its mesh is indexed ``ij``).
    """
    frequency = WAVELENGTH ** -(torch.arange(dimension // 4, dtype=torch.float32) / (dimension // 4))
    down, across = torch.meshgrid(
        torch.arange(rows, dtype=torch.float32), torch.arange(columns, dtype=torch.float32), indexing="ij"
    )
    one, two = down.flatten().outer(frequency), across.flatten().outer(frequency)
    return torch.cat([one.sin(), one.cos(), two.sin(), two.cos()], dim=1)
