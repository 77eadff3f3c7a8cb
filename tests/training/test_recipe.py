"""Recipes: what the presets say, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from streetsense.errors import InputError
from streetsense_training.processes.pair import PROCESS, with_recipe
from streetsense_training.recipe import Recipe, load_recipe, parse_recipe, preset_names, write_recipe


def test_there_are_the_three_presets() -> None:
    assert preset_names() == ["code", "cpu-small", "paper"]


def test_the_published_script_and_the_papers_text_differ_in_rate_and_decay_alone() -> None:
    code, paper = load_recipe("code"), load_recipe("paper")
    assert (code.peak_learning_rate, code.weight_decay) == pytest.approx((6e-4, 0.1))
    assert (paper.peak_learning_rate, paper.weight_decay) == pytest.approx((6e-6, 1e-6))
    same = {"base_learning_rate": 1.0, "weight_decay": 0.0}
    assert code.model_copy(update=same) == paper.model_copy(update=same)
    assert (code.architecture, code.batch, code.epochs, code.warmup_epochs) == ("vit_base_patch16_224", 1024, 300, 40)


def test_the_first_view_is_always_blurred_and_the_second_one_solarized_at_times() -> None:
    recipe = load_recipe("code")
    assert (recipe.first_view.blur_probability, recipe.first_view.solarize_probability) == (1.0, 0.0)
    assert (recipe.second_view.blur_probability, recipe.second_view.solarize_probability) == (0.1, 0.2)
    assert recipe.first_view.crop_scale == (0.08, 1.0)


def test_values_can_be_changed_one_by_one() -> None:
    recipe = load_recipe("cpu-small", {"batch": 64, "options": {"depth": 3}, "second_view": {"flip_probability": 0.0}})
    assert (recipe.batch, recipe.options) == (64, {"depth": 3})
    assert recipe.second_view.flip_probability == 0.0
    assert recipe.second_view.solarize_probability == 0.2  # as the preset says


def test_a_recipe_that_is_written_is_read_again(tmp_path: Path) -> None:
    recipe = load_recipe("cpu-small", {"weights": {"temporal": 0.5}})
    write_recipe(recipe, tmp_path / "mine.yaml")
    assert load_recipe(str(tmp_path / "mine.yaml")) == recipe
    assert set(yaml.safe_load((tmp_path / "mine.yaml").read_text(encoding="utf-8"))) == set(Recipe.model_fields)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("batchsize: 4", "recipe: .* has an unknown key 'batchsize'; did you mean 'batch_size'?|did you mean 'batch'?"),
        ("first_view: {blurr: 1}", "unknown key 'first_view.blurr'"),
        ("batch: many", "recipe: batch 'many' in .* cannot be used"),
        ("weights: {place: 1}", "'place' is no objective; use self, temporal and spatial"),
        ("- 1", "must hold names and values"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_bad_recipe_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=sentence) as error:
        load_recipe(str(path))
    assert "\n" not in str(error.value)


def test_an_unknown_preset_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match="there is no 'fast'; use code, cpu-small, paper or the path"):
        load_recipe("fast")


def test_the_sides_of_stored_photos_leave_room_for_crops() -> None:
    assert (load_recipe("code").stored_side, load_recipe("cpu-small").stored_side) == (256, 112)
    assert parse_recipe({"shard_side": 300}, "mine").stored_side == 300


def _pair_inputs(**values: object) -> dict[str, object]:
    return with_recipe(PROCESS.parse(values)).model_dump()  # type: ignore[arg-type]


def test_the_global_recipe_draws_a_million_pairs_by_the_papers_rules() -> None:
    temporal = _pair_inputs(objective="temporal", recipe="global")
    assert (temporal["size"], temporal["same_place"], temporal["heading_tolerance"]) == (1_000_000, 5, 15)
    assert _pair_inputs(objective="spatial", recipe="global")["buffer"] == 100


def test_what_is_given_goes_before_the_recipe_and_quotas_before_its_size() -> None:
    assert _pair_inputs(objective="spatial", recipe="global", buffer=50, size=7)["buffer"] == 50
    with_quotas = _pair_inputs(objective="self", recipe="global", quotas="cities.gpkg", quota=100_000)
    assert (with_quotas["size"], with_quotas["quota"]) == (None, 100_000)


def test_the_local_recipe_wants_the_units_of_spatial_pairs() -> None:
    with pytest.raises(InputError, match="units: the recipe 'local' needs this input for spatial pairs"):
        _pair_inputs(objective="spatial", recipe="local")
    assert _pair_inputs(objective="spatial", recipe="local", units="groups.gpkg")["units"] == "groups.gpkg"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("spatial: {bufer: 3}", "bufer: 'pair' has no such input"),
        ("temporal: {}", "says nothing about spatial pairs"),
        ("spatial: {buffer: near}", "buffer: 'near' cannot be used"),
    ],
)
def test_a_bad_recipe_for_pairs_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=sentence):
        _pair_inputs(objective="spatial", recipe=str(path))
