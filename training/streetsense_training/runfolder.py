"""The folder of a run, ``encoders/<name>/pretraining/``, and whether a command continues it, repeats it or clashes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streetsense.encoders import read_config
from streetsense.errors import InputError
from streetsense_training.checkpoint import checkpoint_steps, read_record
from streetsense_training.learner import describe_architecture
from streetsense_training.recipe import Recipe, write_recipe

#: Values of a recipe that may change between a run and its continuation: they change speed and memory, not the result.
FREE = {"compile", "micro_batch", "checkpoint_blocks"}


@dataclass(frozen=True)
class Identity:
    """What makes two commands the same run.

    Attributes
    ----------
    recipe : Recipe
        What is computed.
    pairs : dict of str to str
        Objective to the fingerprint of its pairs.
    warm_start : str or None
        What the weights come from.
    """

    recipe: Recipe
    pairs: dict[str, str]
    warm_start: str | None = None


class RunFolder:
    """What is there of a run.

    Parameters
    ----------
    encoder : Path
        ``encoders/<name>``.

    Attributes
    ----------
    folder : Path
        Recipe, metrics, curves.
    checkpoints : Path
        Its checkpoints.
    """

    def __init__(self, encoder: Path) -> None:
        self._encoder = encoder
        self.folder = encoder / "pretraining"
        self.checkpoints = self.folder / "checkpoints"

    def finished(self, asked: Identity) -> dict[str, Any] | None:
        """Return the figures of this very run where it has ended; None where there is something to do.

        Parameters
        ----------
        asked : Identity
            What is asked for now.

        Raises
        ------
        InputError
            When the run was another one.
        """
        if not self._has_encoder or not (self.folder / "recipe.yaml").is_file():
            return None
        record = read_config(self._encoder).pretraining
        if not {"recipe", "pairs", "figures"} <= set(record):
            return None
        steps = checkpoint_steps(self.checkpoints)
        if steps and steps[-1] < record["figures"]["steps"]:
            return None
        pairs = {name: own["fingerprint"] for name, own in record["pairs"].items()}
        self._require_same(record["recipe"], pairs, record.get("warm start"), asked)
        now = {"encoder": self._encoder.name, "resumed_from": record["figures"]["steps"], "pairs_per_second": 0.0}
        return {**record["figures"], **now, "curves": self._curves()}

    def check(self, asked: Identity) -> None:
        """Check that the folder is free or of this run.

        Raises
        ------
        InputError
            When the name belongs to another encoder or to a run that began otherwise.
        """
        if steps := checkpoint_steps(self.checkpoints):
            before = read_record(self.checkpoints, steps[-1])
            self._require_same(before.recipe, before.pairs, before.warm_start, asked)
        elif self._has_encoder:
            raise InputError(f"name: the study has an encoder '{self._encoder.name}' already; choose another name.")

    def begin(self, asked: Identity, *, again: bool) -> None:
        """Remember the recipe; with ``again``, forget what was there."""
        if again:
            shutil.rmtree(self.folder, ignore_errors=True)
            (self._encoder / "config.json").unlink(missing_ok=True)
        write_recipe(asked.recipe, self.folder / "recipe.yaml")

    def _curves(self) -> str | None:
        """Return the figure's path inside the study, where it is there."""
        path = self.folder / "curves.png"
        return path.relative_to(self._encoder.parent.parent).as_posix() if path.is_file() else None

    @property
    def _has_encoder(self) -> bool:
        return (self._encoder / "config.json").is_file()

    def _require_same(
        self, before: dict[str, Any], pairs: dict[str, str], warm_start: str | None, asked: Identity
    ) -> None:
        """Refuse to go on with another recipe, other pairs or another warm start than the run began with."""
        recipe = asked.recipe
        name, now = self._encoder.name, recipe.model_dump(mode="json")
        differ = [key for key in now if key not in FREE and before.get(key) != now[key]]
        if {"architecture", "options", "image_size"} & set(differ):
            raise InputError(
                f"checkpoint: the run '{name}' is of the architecture {_architecture_of(before)}, not "
                f"{describe_architecture(recipe)}; choose another name, or begin anew with --again."
            )
        if differ:
            words = ", ".join(f"{key} {before.get(key)} (now {now[key]})" for key in differ[:3])
            raise InputError(
                f"name: the run '{name}' began with {words}; give the same, choose another name, or begin anew with "
                "--again."
            )
        for what, same in (("pairs", pairs == asked.pairs), ("warm_start", warm_start == asked.warm_start)):
            if not same:
                words = "other pairs" if what == "pairs" else f"{warm_start or 'fresh weights'}"
                raise InputError(
                    f"{what}: the run '{name}' began with {words}; choose another name, or begin anew with --again."
                )


def _architecture_of(recipe: dict[str, Any]) -> str:
    try:
        return describe_architecture(Recipe.model_validate(recipe))
    except ValueError:
        return str(recipe.get("architecture"))
