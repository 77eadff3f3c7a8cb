"""The folder of a run, ``encoders/<name>/pretraining/``, and whether a command continues it, repeats it or clashes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from streetsense.encoders import read_config
from streetsense.errors import InputError
from streetsense_training.checkpoint import checkpoint_steps, read_record
from streetsense_training.learner import describe_architecture
from streetsense_training.recipe import Recipe, write_recipe

#: Values of a recipe that may change between a run and its continuation: they change speed and memory, not the result.
FREE = {"compile", "micro_batch", "checkpoint_blocks"}


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

    def finished(self, recipe: Recipe, pairs: dict[str, str]) -> dict[str, Any] | None:
        """Return the figures of this very run where it has ended and its checkpoints have been deleted since.

        Parameters
        ----------
        recipe : Recipe
            What is asked for now.
        pairs : dict of str to str
            Objective to the fingerprint of its pairs.

        Raises
        ------
        InputError
            When the run was another one.
        """
        if not self._has_encoder or checkpoint_steps(self.checkpoints) or not (self.folder / "recipe.yaml").is_file():
            return None
        record = read_config(self._encoder).pretraining
        if not {"recipe", "pairs", "figures"} <= set(record):
            return None
        self._require_same(record["recipe"], {name: own["fingerprint"] for name, own in record["pairs"].items()},
                           recipe, pairs)  # fmt: skip
        now = {"encoder": self._encoder.name, "resumed_from": record["figures"]["steps"], "pairs_per_second": 0.0}
        return {**record["figures"], **now, "curves": None}

    def claim(self, recipe: Recipe, pairs: dict[str, str], *, again: bool) -> None:
        """Check that the folder is free or of this run, and remember the recipe.

        Parameters
        ----------
        recipe, pairs
            As for `finished`.
        again : bool
            Forget what is there.

        Raises
        ------
        InputError
            When the name belongs to another encoder or to a run that began otherwise.
        """
        if again:
            shutil.rmtree(self.folder, ignore_errors=True)
            (self._encoder / "config.json").unlink(missing_ok=True)
        elif steps := checkpoint_steps(self.checkpoints):
            before = read_record(self.checkpoints, steps[-1])
            self._require_same(before.recipe, before.pairs, recipe, pairs)
        elif self._has_encoder:
            raise InputError(f"name: the study has an encoder '{self._encoder.name}' already; choose another name.")
        write_recipe(recipe, self.folder / "recipe.yaml")

    @property
    def _has_encoder(self) -> bool:
        return (self._encoder / "config.json").is_file()

    def _require_same(
        self, before: dict[str, Any], pairs_before: dict[str, str], recipe: Recipe, pairs: dict[str, str]
    ) -> None:
        """Refuse to go on with another recipe or other pairs than the run began with."""
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
        if pairs_before != pairs:
            raise InputError(
                f"pairs: the run '{name}' began with other pairs; choose another name, or begin anew with --again."
            )


def _architecture_of(recipe: dict[str, Any]) -> str:
    try:
        return describe_architecture(Recipe.model_validate(recipe))
    except ValueError:
        return str(recipe.get("architecture"))
