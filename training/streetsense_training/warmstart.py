"""Starting from weights that are there: an encoder of the study, or a file."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from streetsense.encoders import apply_weights, load_encoder, load_weights, read_config
from streetsense.errors import InputError


def warm_start(backbone: nn.Module, source: str, encoders: Path) -> None:
    """Put weights into a fresh backbone; position embeddings of another grid are interpolated.

    Parameters
    ----------
    backbone : nn.Module
        From `streetsense_training.vit.build_backbone`.
    source : str
        The name of an encoder, or the path of a file of weights (safetensors, MoCo v3 checkpoint, plain state dict).
    encoders : Path
        The study's folder of encoders.

    Raises
    ------
    InputError
        When there is neither, or the weights do not cover the backbone.
    """
    require_source(source, encoders)
    if _is_encoder(encoders / source):
        tensors = dict(load_encoder(encoders / source).model.state_dict())
    else:
        tensors = load_weights(Path(source))
    try:
        apply_weights(backbone, tensors)
    except InputError as error:
        reason = str(error).partition(": ")[2].partition(";")[0].rstrip(".")
        raise InputError(
            f"warm_start: {reason}; give weights of this architecture, or its --architecture and --options."
        ) from error


def require_source(source: str, encoders: Path) -> None:
    """Raise `InputError` unless there is such an encoder or file."""
    if not _is_encoder(encoders / source) and not Path(source).is_file():
        names = ", ".join(sorted(path.parent.name for path in encoders.glob("*/config.json")))
        raise InputError(
            f"warm_start: there is no encoder and no file '{source}'; the encoders are {names or 'none yet'}."
        )


def describe_source(source: str, encoders: Path) -> str:
    """Return what a record says of the weights: the encoder with its fingerprint, or the file's name."""
    if _is_encoder(encoders / source):
        return f"{source} ({read_config(encoders / source).fingerprint})"
    return Path(source).name


def _is_encoder(folder: Path) -> bool:
    return (folder / "config.json").is_file()
