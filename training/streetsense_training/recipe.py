"""Recipes: everything that decides what pre-training computes, as YAML that a person can read and change."""

from __future__ import annotations

import difflib
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from streetsense.errors import InputError
from streetsense_training.viewaugmentation import FIRST, SECOND, ViewAugmentation


class Recipe(BaseModel):
    """How an encoder is pre-trained (MoCo v3). Defaults are those of the published training script."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)

    architecture: str = Field("vit_base_patch16_224", description="timm's name of the vision transformer")
    image_size: int = Field(
        224, ge=16, le=1024, description="side of the square images", json_schema_extra={"unit": "px"}
    )
    options: dict[str, int] = Field(
        default_factory=dict, description="what timm is told besides, such as depth=6 or patch_size=8"
    )
    epochs: float = Field(300, gt=0, description="how often the pairs are gone through")
    warmup_epochs: float = Field(40, ge=0, description="epochs in which the learning rate rises")
    batch: int = Field(
        1024, ge=2, description="pairs in a step, over all processes; several objectives share them equally"
    )
    base_learning_rate: float = Field(
        1.5e-4, gt=0, description="highest learning rate for a batch of 256; it grows in proportion to the batch"
    )
    weight_decay: float = Field(0.1, ge=0, description="of AdamW, on all trained parameters")
    momentum: float = Field(0.99, ge=0, le=1, description="of the momentum encoder at the start; it ends at 1")
    temperature: float = Field(0.2, gt=0, description="tau of the contrastive loss")
    projection: int = Field(256, ge=2, description="width of the projections that are compared")
    hidden: int = Field(4096, ge=2, description="width of the hidden layers of projector and predictor")
    shared_heads: bool = Field(False, description="one projector and predictor for all objectives")
    weights: dict[str, float] = Field(
        default_factory=dict, description="weight of each objective's loss (self, temporal, spatial); 1 where not given"
    )
    first_view: ViewAugmentation = Field(FIRST, description="augmentation of one view of a pair, drawn by lot")
    second_view: ViewAugmentation = Field(SECOND, description="augmentation of the other view")
    shard_side: int | None = Field(
        None, ge=16, le=2048, description="side that photos are shrunk to before; 8/7 of the image size unless given",
        json_schema_extra={"unit": "px"},
    )  # fmt: skip
    precision: Literal["auto", "bf16", "fp32"] = Field(
        "auto", description="number format of matrix products: bf16 where it is faster (auto), always, or never (fp32)"
    )
    compile: bool = Field(False, description="compile the backbone (slow start, faster steps)")
    micro_batch: int | None = Field(
        None, ge=1, description="images that go through the backbone at once; all unless given (see docs: same result)"
    )
    checkpoint_blocks: bool = Field(
        False, description="compute activations again in the backward pass: half the speed lost, most memory saved"
    )
    seed: int = Field(0, ge=0, description="decides weights, order and augmentations")

    @field_validator("weights")
    @classmethod
    def _known_objectives(cls, weights: dict[str, float]) -> dict[str, float]:
        for objective, weight in weights.items():
            if objective not in ("self", "temporal", "spatial"):
                raise ValueError(f"'{objective}' is no objective; use self, temporal and spatial")
            if weight < 0:
                raise ValueError(f"the weight of '{objective}' is negative; use 0 or more")
        return weights

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.warmup_epochs >= self.epochs:
            raise ValueError(f"warmup_epochs {self.warmup_epochs:g} must be below epochs {self.epochs:g}; give both")
        if self.stored_side < self.image_size:
            raise ValueError(f"shard_side {self.shard_side} must not be below image_size {self.image_size}; give both")
        return self

    @property
    def peak_learning_rate(self) -> float:
        """The learning rate at the end of the warm-up."""
        return self.base_learning_rate * self.batch / 256

    @property
    def stored_side(self) -> int:
        """Side in pixels of the squares that photos are shrunk to."""
        return self.shard_side or -(-self.image_size * 8 // 7)


def preset_names() -> list[str]:
    """Return the names of the recipes that come with the package."""
    return _names("recipes")


def pair_preset_names() -> list[str]:
    """Return the names of the rules for pairs that come with the package."""
    return _names("recipes/pairs")


def load_pair_recipe(name: str, objective: str) -> dict[str, Any]:
    """Read the inputs of ``pair`` that a recipe has for an objective.

    Parameters
    ----------
    name : str
        ``global``, ``local`` (section 4.1 of the paper), or the path of a YAML file with a mapping for each objective.
    objective : str
        self, temporal or spatial.

    Returns
    -------
    dict
        Names of inputs to values; the value ``required`` says that the user must give it.

    Raises
    ------
    InputError
        When there is no such recipe, it is not YAML, or has nothing for the objective.
    """
    values = _read(name, "recipes/pairs", pair_preset_names())
    if not isinstance(values.get(objective), dict):
        raise InputError(f"recipe: {name} says nothing about {objective} pairs; add '{objective}: {{...}}' to it.")
    found: dict[str, Any] = values[objective]
    return found


def load_recipe(name: str, changes: dict[str, Any] | None = None) -> Recipe:
    """Read a recipe and change some of its values.

    Parameters
    ----------
    name : str
        A preset (`preset_names`) or the path of a YAML file.
    changes : dict, optional
        Values that replace those of the recipe; None stands for "not given". Mappings are merged key by key.

    Raises
    ------
    InputError
        When there is no such recipe, it is not YAML, or a key or value cannot be used.
    """
    values = _read(name, "recipes", preset_names())
    for key, value in (changes or {}).items():
        if value is None:
            continue
        old = values.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            value = {**old, **value}
        values[key] = value
    return parse_recipe(values, name)


def _names(folder: str) -> list[str]:
    entries = (files("streetsense_training") / folder).iterdir()
    return sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml"))


def _read(name: str, folder: str, presets: list[str]) -> dict[str, Any]:
    """Return the mapping in a preset or in a user's file."""
    if name in presets:
        text = (files("streetsense_training") / folder / f"{name}.yaml").read_text(encoding="utf-8")
    elif Path(name).is_file():
        text = Path(name).read_text(encoding="utf-8", errors="replace")
    else:
        raise InputError(f"recipe: there is no '{name}'; use {', '.join(presets)} or the path of a YAML file.")
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"recipe: {name} is not YAML ({' '.join(str(error).split())}); correct it.") from error
    if not isinstance(values, dict):
        raise InputError(f"recipe: {name} must hold names and values, as in 'batch: 1024'.")
    return values


def parse_recipe(values: dict[str, Any], name: str) -> Recipe:
    """Check the values of a recipe.

    Raises
    ------
    InputError
        One sentence about the first key or value that cannot be used.
    """
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = list((Recipe if len(first["loc"]) == 1 else ViewAugmentation).model_fields)
            near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"the keys are {', '.join(known)}."
            raise InputError(f"recipe: {name} has an unknown key '{where}'; {hint}") from error
        message = str(first["ctx"]["error"]) if first["type"] == "value_error" else first["msg"].removeprefix("Input ")
        quoted = "" if first["type"] == "value_error" else f" '{first['input']}'"
        what = f"{where}{quoted} in {name}" if where else name
        reason = message if first["type"] == "value_error" else f"it {message[0].lower()}{message[1:]}"
        raise InputError(f"recipe: {what} cannot be used, {reason}.") from error


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe with all its values as YAML, atomically."""
    from streetsense.atomic import write_bytes

    text = yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    write_bytes(path, text.encode())
