"""Reading weights from files, and fitting them to a model whatever they are called in there.

No file is unpickled: safetensors hold plain arrays, and everything else goes through torch's restricted reader, which
knows tensors and containers and refuses the rest.
"""

from __future__ import annotations

import argparse
import pickle
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from streetsense.errors import InputError

#: Between equally good prefixes, those with an earlier word win: trained copies before their moving averages, except
#: where the average is what the authors publish.
_PREFERRED = ("base_encoder", "model_ema", "state_dict_ema", "teacher")
_AVOIDED = ("momentum", "student", "optimizer")
_MEANING = {
    "missing": "not in the file, left as they were",
    "mismatched": "of another shape, left as they were",
    "unexpected": "not part of the encoder, left out",
}


@dataclass(frozen=True)
class LoadReport:
    """What of a file of weights went into a model.

    Attributes
    ----------
    prefix : str
        What the encoder's keys begin with in the file (``state_dict.module.base_encoder.``), removed while loading.
    matched : tuple of str
        Keys of the model that were loaded.
    missing : tuple of str
        Keys of the model that the file lacks.
    unexpected : tuple of str
        Keys under the prefix that the model lacks, such as a projection head.
    mismatched : tuple of str
        Keys whose shapes differ, with both shapes.
    resized : tuple of str
        Position embeddings that were interpolated to the model's grid, with both grids.
    elsewhere : int
        Number of tensors outside the prefix (optimizer, momentum encoder); they are left out.
    """

    prefix: str
    matched: tuple[str, ...]
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    mismatched: tuple[str, ...] = ()
    resized: tuple[str, ...] = ()
    elsewhere: int = field(default=0)

    @property
    def is_complete(self) -> bool:
        """Whether every weight of the model came from the file."""
        return not self.missing and not self.mismatched

    def as_text(self) -> str:
        """Return a few lines for people."""
        lines = [f"loaded      {len(self.matched)} tensors" + (f" from '{self.prefix}*'" if self.prefix else "")]
        lines += [f"resized     {item}" for item in self.resized]
        for title, keys in (
            ("missing", self.missing),
            ("mismatched", self.mismatched),
            ("unexpected", self.unexpected),
        ):
            if keys:
                lines.append(f"{title:<12}{len(keys)} ({_MEANING[title]}): {_listed(keys)}")
        if self.elsewhere:
            lines.append(f"left out    {self.elsewhere} tensors of other parts of the file")
        return "\n".join(lines)


def load_weights(path: Path) -> dict[str, Tensor]:
    """Read all tensors of a file, flat, on the CPU.

    Parameters
    ----------
    path : Path
        ``.safetensors``, or a file of ``torch.save`` with any suffix (``.pth.tar``, ``.pt``, ``.bin``).

    Returns
    -------
    dict of str to Tensor
        Containers inside containers are joined by dots: ``state_dict.module.base_encoder.cls_token``.

    Raises
    ------
    InputError
        When the file is missing, damaged, holds no tensors, or holds anything that would have to be run to be read.
    """
    if not path.is_file():
        raise InputError(f"weights: {path} does not exist; check the path.")
    tensors = _read_safetensors(path) if path.suffix == ".safetensors" else dict(_flat(_read_torch(path), ""))
    if not tensors:
        raise InputError(f"weights: {path} holds no tensors; choose a file of model weights.")
    return tensors


def apply_weights(model: nn.Module, tensors: Mapping[str, Tensor], *, partial: bool = False) -> LoadReport:
    """Put the tensors that belong to a model into it.

    The prefix under which the file keeps the encoder is found by trying all: the one with the most keys that fit wins.
    Position embeddings of another grid are interpolated (bicubic, antialiased).

    Parameters
    ----------
    model : nn.Module
        A timm vision transformer; changed in place, but only when the weights are accepted.
    tensors : mapping of str to Tensor
        As `load_weights` returns them.
    partial : bool
        Accept weights that do not cover the whole model; the rest keeps its present values.

    Raises
    ------
    InputError
        When nothing fits, a value is not finite, or, without ``partial``, something is missing or of another shape.
    """
    wanted = model.state_dict()
    prefix = _best_prefix(tensors, wanted)
    inside = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
    inside, resized = _resize_positions(model, inside)
    found = {key: value for key, value in inside.items() if key in wanted}
    fitting = {key: value for key, value in found.items() if value.shape == wanted[key].shape}
    report = LoadReport(
        prefix=prefix,
        matched=tuple(sorted(fitting)),
        missing=tuple(sorted(set(wanted) - set(found))),
        unexpected=tuple(sorted(set(inside) - set(wanted))),
        mismatched=tuple(
            f"{key} (file {_shape(found[key])}, model {_shape(wanted[key])})"
            for key in sorted(set(found) - set(fitting))
        ),
        resized=resized,
        elsewhere=len(tensors) - len(inside),
    )
    if not found or (partial and not fitting):
        raise InputError(
            f"weights: none of the file's {len(tensors)} tensors fits the model ({_listed(tuple(tensors))}); "
            "choose the architecture that they were trained with."
        )
    if not report.is_complete and not partial:
        raise InputError(
            f"weights: {_incomplete(report)}; choose the architecture that they were trained with, "
            "or load what there is with --partial."
        )
    for key, value in fitting.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise InputError(f"weights: '{key}' holds values that are not finite; choose an earlier checkpoint.")
    model.load_state_dict(fitting, strict=False)
    return report


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"weights: {path} is no whole safetensors file ({error}); download it again.") from error


def _read_torch(path: Path) -> object:
    try:
        # Training scripts often keep their command line in the checkpoint; a Namespace holds values and runs nothing.
        with warnings.catch_warnings(), torch.serialization.safe_globals([argparse.Namespace]):
            warnings.simplefilter("ignore", UserWarning)  # About unusual pickles; the reader decides on them.
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"weights: {path} holds more than plain weights, so it is not opened, because that could run a program "
            "hidden in it; ask for the weights as safetensors."
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError, TypeError, IndexError) as error:
        raise InputError(f"weights: {path} is no whole file of weights; download it again.") from error


def _flat(value: object, name: str) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors inside nested mappings with dotted names; lists (optimizer state) hold no named weights."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{name}.{key}" if name else str(key))


def _best_prefix(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    """Return the prefix under which most of the wanted keys are found, those of equal shape first."""
    shapes: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for key, value in tensors.items():
        parts = key.split(".")
        for start in range(len(parts)):
            rest = ".".join(parts[start:])
            if rest in wanted:
                prefix = key[: len(key) - len(rest)]
                names[prefix] += 1
                shapes[prefix] += value.shape == wanted[rest].shape

    def rank(prefix: str) -> tuple[int, int, int]:
        liking = any(word in prefix for word in _PREFERRED) - any(word in prefix for word in _AVOIDED)
        return shapes[prefix], names[prefix], liking

    return max(names, key=rank, default="")


def _resize_positions(model: nn.Module, tensors: dict[str, Tensor]) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Interpolate a position embedding of another grid to the model's."""
    own: Any = getattr(model, "pos_embed", None)
    given = tensors.get("pos_embed")
    if own is None or given is None or given.ndim != 3 or given.shape == own.shape or given.shape[2] != own.shape[2]:
        return tensors, ()
    from timm.layers.pos_embed import resample_abs_pos_embed

    prefix = 0 if getattr(model, "no_embed_class", False) else int(model.num_prefix_tokens)  # type: ignore[arg-type]
    grid = [int(side) for side in model.patch_embed.grid_size]  # type: ignore[union-attr]
    side = round((given.shape[1] - prefix) ** 0.5)
    if side < 1 or side * side != given.shape[1] - prefix:
        return tensors, ()
    fitted = resample_abs_pos_embed(given, new_size=grid, old_size=[side, side], num_prefix_tokens=prefix)
    text = f"position embedding from {side} x {side} to {grid[0]} x {grid[1]} patches"
    return {**tensors, "pos_embed": fitted}, (text,)


def _incomplete(report: LoadReport) -> str:
    parts = []
    if report.missing:
        parts.append(
            f"{len(report.missing)} of the model's tensors are missing in the file ({_listed(report.missing)})"
        )
    if report.mismatched:
        parts.append(f"{len(report.mismatched)} have another shape ({_listed(report.mismatched)})")
    return " and ".join(parts)


def _listed(keys: tuple[str, ...], most: int = 4) -> str:
    return ", ".join(keys[:most]) + (", ..." if len(keys) > most else "")


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar"
