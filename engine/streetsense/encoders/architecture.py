"""Vision transformers by their timm name."""

from __future__ import annotations

import difflib
from typing import Any

from torch import nn

from streetsense.encoders.torchvision_ops import declare_missing_operators
from streetsense.errors import InputError

declare_missing_operators()

import timm  # noqa: E402 - only after the operators are declared
from timm.models.eva import Eva  # noqa: E402
from timm.models.vision_transformer import VisionTransformer  # noqa: E402


def create_model(architecture: str, **options: Any) -> nn.Module:  # noqa: ANN401 - whatever timm takes
    """Build a vision transformer with random weights and without a classification head.

    Parameters
    ----------
    architecture : str
        timm's name, such as ``vit_base_patch16_224``; a ``.tag`` of pre-trained weights is allowed.
    **options
        Passed to timm: ``img_size`` (pixels), ``depth``, ``patch_size``, ``pretrained``, ...

    Returns
    -------
    nn.Module
        In evaluation mode; its output is the embedding ``[B, num_features]``.

    Raises
    ------
    InputError
        When timm has no such model, the model is no plain vision transformer, or an option does not fit it.
    """
    name = architecture.split(".")[0]
    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models("*vit_*"), n=3, cutoff=0.7)
        hint = f"did you mean {', '.join(near)}?" if near else "use a name of timm's such as vit_base_patch16_224."
        raise InputError(f"architecture: timm has no model '{architecture}'; {hint}")
    try:
        model = timm.create_model(architecture, **{"num_classes": 0, **options})
    except (TypeError, ValueError, AssertionError, ZeroDivisionError) as error:
        raise InputError(
            f"architecture: '{architecture}' cannot be built with {_words(options)} ({error}); change them."
        ) from error
    if not isinstance(model, VisionTransformer | Eva):
        raise InputError(
            f"architecture: '{architecture}' is a {type(model).__name__}, not a vision transformer; "
            "use one such as vit_base_patch16_224."
        )
    return model.eval()


def default_image_size(model: nn.Module) -> int:
    """Return the side in pixels of the square images that ``model`` was built for."""
    size = model.patch_embed.img_size  # type: ignore[union-attr]
    return int(size[0])  # type: ignore[index]


def _words(options: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in options.items()) or "these settings"
