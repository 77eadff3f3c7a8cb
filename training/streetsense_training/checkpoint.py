"""Checkpoints: all that a training run needs to go on, at any step, as if it had never stopped.

A checkpoint is three files: the weights and the optimizer's state as safetensors, and a record that is written last, so
that a checkpoint with a record is whole. Order, augmentations and schedules follow from the seed and the step alone, so
the step is all there is to store of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ValidationError
from torch import Tensor, nn

from streetsense.atomic import atomic_path, remove_unfinished, write_json
from streetsense.errors import InputError


class CheckpointRecord(BaseModel):
    """What a checkpoint belongs to.

    Attributes
    ----------
    step : int
        Steps that are done.
    architecture : str
        timm's name, with image size and options.
    recipe : dict
        The resolved recipe.
    pairs : dict of str to str
        Objective to the fingerprint of its pairs, in the order in which they are learned.
    warm_start : str or None
        What the weights were before the first step.
    """

    step: int
    architecture: str
    recipe: dict[str, Any]
    pairs: dict[str, str]
    warm_start: str | None = None


def save_checkpoint(
    folder: Path, record: CheckpointRecord, model: nn.Module, optimizer: torch.optim.Optimizer, *, keep: int = 2
) -> None:
    """Write a checkpoint and delete all but the newest ``keep``.

    Parameters
    ----------
    folder : Path
        Where the checkpoints of one run are; created.
    record : CheckpointRecord
        Its step names the files.
    model : nn.Module
        All of it is kept: backbone, momentum encoder, heads.
    optimizer : Optimizer
        AdamW over ``model``'s trained parameters, one group.
    keep : int
        How many checkpoints stay, at least 1.

    Raises
    ------
    InputError
        When the disk is full or read-only. Earlier checkpoints are still there.
    """
    from safetensors.torch import save_file

    remove_unfinished(folder)
    weights, state, written = _files(folder, record.step)
    for path, tensors in ((weights, model.state_dict()), (state, _flat_state(optimizer))):
        with atomic_path(path) as temporary:
            try:
                save_file({key: value.detach().cpu().contiguous() for key, value in tensors.items()}, temporary)
            except Exception as error:
                raise _as_os_error(error) from error
    write_json(written, record.model_dump(mode="json"))
    for step in checkpoint_steps(folder)[:-keep]:
        for path in reversed(_files(folder, step)):  # the record first: half a checkpoint is none
            path.unlink(missing_ok=True)


def checkpoint_steps(folder: Path) -> list[int]:
    """Return the steps of the whole checkpoints in ``folder``, oldest first."""
    numbers = (path.stem.removeprefix("step-") for path in folder.glob("step-*.json"))
    steps = [int(number) for number in numbers if number.isdecimal()]
    return sorted(step for step in steps if all(path.is_file() for path in _files(folder, step)))


def read_record(folder: Path, step: int) -> CheckpointRecord:
    """Read the record of a checkpoint.

    Raises
    ------
    InputError
        When it is damaged.
    """
    path = _files(folder, step)[2]
    try:
        return CheckpointRecord.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, ValidationError, OSError) as error:
        raise InputError(f"checkpoint: {path} is damaged; delete it to continue from the one before.") from error


def load_checkpoint(
    folder: Path, step: int, model: nn.Module, optimizer: torch.optim.Optimizer, *, architecture: str
) -> CheckpointRecord:
    """Put a checkpoint's weights and optimizer state back, exactly.

    Parameters
    ----------
    folder, step
        Which checkpoint.
    model, optimizer
        Where they go; of the kind that was saved.
    architecture : str
        What ``model`` is.

    Raises
    ------
    InputError
        When the checkpoint is damaged or of another architecture.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    record = read_record(folder, step)
    if record.architecture != architecture:
        raise InputError(
            f"checkpoint: {folder} is of the architecture {record.architecture}, not {architecture}; choose another "
            "name for this run, or go on with the architecture it began with."
        )
    weights, state, _ = _files(folder, step)
    try:
        model.load_state_dict(load_file(weights))
        _restore_state(optimizer, load_file(state))
    except (SafetensorError, RuntimeError, KeyError, OSError) as error:
        raise InputError(
            f"checkpoint: {weights.parent / weights.stem} is damaged or does not fit this model; delete the files of "
            f"step {step} to continue from the checkpoint before."
        ) from error
    return record


def _files(folder: Path, step: int) -> tuple[Path, Path, Path]:
    """Return the paths of weights, optimizer state and record."""
    stem = f"step-{step:09d}"
    return folder / f"{stem}.model.safetensors", folder / f"{stem}.optimizer.safetensors", folder / f"{stem}.json"


def _flat_state(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the optimizer's tensors by ``<parameter number>.<name>``."""
    state = optimizer.state_dict()["state"]
    return {f"{number}.{name}": value for number, values in state.items() for name, value in values.items()}


def _restore_state(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        number, name = key.split(".", 1)
        state.setdefault(int(number), {})[name] = value
    groups = optimizer.state_dict()["param_groups"]
    if state and len(state) != sum(len(group["params"]) for group in groups):
        raise KeyError("another number of parameters")
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _as_os_error(error: Exception) -> Exception:
    """Return what the disk said, where safetensors wraps it in an error of its own."""
    import errno
    import re

    found = re.search(r"os error (\d+)", str(error))
    if isinstance(error, OSError) or not found:
        return error
    code = int(found.group(1))
    return OSError(code, errno.errorcode.get(code, "error"))
