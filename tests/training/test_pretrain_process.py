"""``pair`` and ``pretrain`` with input that cannot be used, damaged files, and weights to start from."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch
import typer
import yaml
from tests.e2e.test_pretraining import TINY, VIEWS, losses, make_twice_seen_study, run_verb, tiny_options
from typer.testing import CliRunner

from streetsense.cli.verbs import add_verb
from streetsense.encoders import create_random_encoder, load_encoder, read_config
from streetsense.errors import StreetSenseError
from streetsense.jobs import execute
from streetsense.processes import find_process, load_processes
from streetsense.processes.ogc import process_description
from streetsense.progress import Progress
from streetsense.study import Study
from streetsense_training.checkpoint import checkpoint_steps
from streetsense_training.processes.pretrain import PROCESS, Outputs, Settings
from streetsense_training.recipe import Recipe

#: One step that changes nothing: the learning rate begins at 0.
STANDSTILL = {**TINY, "epochs": 0.1}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a study with pairs and a finished run called 'done'."""
    study = make_twice_seen_study(tmp_path_factory.mktemp("prepared"))
    run_verb(study, "pretrain", pairs=["spatial"], name="done", checkpoint_every=5, **TINY)
    return study.root


@pytest.fixture
def study(prepared: Path, tmp_path: Path) -> Study:
    """Return a copy of the study."""
    return Study.open(shutil.copytree(prepared, tmp_path / "study"))


def _command(verb: str, study: Path, *words: object) -> Any:  # noqa: ANN401 - typer's result
    """Run a command in this process, as a user types it."""
    app = typer.Typer(rich_markup_mode=None)
    for process in load_processes().values():
        add_verb(app, process)
    return CliRunner().invoke(app, [verb, str(study), *map(str, words)], env={"COLUMNS": "300"})


def _pretrain(study: Path, name: str, *words: object, pairs: str = "spatial", **changes: object) -> Any:  # noqa: ANN401
    return _command("pretrain", study, "--pairs", pairs, "--name", name, *tiny_options(**changes), *words)


def _refuses(result: Any, sentence: str) -> None:  # noqa: ANN401
    assert result.exit_code == 2, result.output
    lines = [line for line in result.stderr.strip().splitlines() if not line.startswith("warning: ")]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("streetsense: ")
    assert sentence in lines[0]


def _goes_on_with(result: Any, *warnings: str) -> None:  # noqa: ANN401
    assert result.exit_code == 0, result.output
    said = [line for line in result.stderr.strip().splitlines() if not line.startswith("warning: no probe: ")]
    assert len(said) == len(warnings), result.stderr
    assert all(line == f"warning: {words}" for line, words in zip(said, warnings, strict=True)), result.stderr


def _weights(study: Study, encoder: str) -> dict[str, torch.Tensor]:
    return dict(load_encoder(study.encoders_dir / encoder).model.state_dict())


def _same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[key], two[key]) for key in one)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a batch larger than the pairs": ({"batch": 73}, "batch: 73 pairs are wanted at a time, but there are 72"),
    "a batch that objectives cannot share": (
        {"pairs": "self,temporal", "batch": 13},
        "batch: 13 pairs cannot be shared equally by 2 objectives; use 12 or 14",
    ),
    "an unknown recipe": ({"recipe": "fast"}, "recipe: there is no 'fast'; use code, cpu-small, paper or the path"),
    "an unknown key of a view": (
        {"second_view": "solarise_probability=0"},
        "unknown key 'second_view.solarise_probability'; did you mean 'solarize_probability'?",
    ),
    "a value that is no number": ({"options": "depth=deep"}, "options: 'deep' cannot be used"),
    "no epoch": ({"epochs": 0}, "recipe: epochs '0.0' in cpu-small cannot be used"),
    "unknown pairs": (
        {"pairs": "places"},
        "pairs: there are no pairs called 'places' (those there are: self, spatial, temporal)",
    ),
    "pairs of one objective twice": ({"pairs": "self,self"}, "are both self; give one for each objective"),
    "an unknown warm start": (
        {"warm_start": "absent.pth"},
        "warm_start: there is no encoder and no file 'absent.pth'; the encoders are done",
    ),
    "a warm start of another shape": (
        {"warm_start": "done", "options": "depth=1,embed_dim=32,num_heads=2"},
        "warm_start: 18 have another shape",
    ),
    "a GPU that is not there": ({"device": "cuda:7"}, "device: 'cuda:7' does not exist"),
    "an architecture that timm lacks": (
        {"architecture": "vit_minute"},
        "architecture: timm has no model 'vit_minute'",
    ),
    "a network that is no transformer": ({"architecture": "resnet18"}, "architecture: 'resnet18' cannot be built"),
    "a name that leaves the study": ({"name": "../out"}, "name: '../out' cannot be used as a name"),
    "the name of a run with another recipe": (
        {"name": "done", "batch": 24},
        "name: the run 'done' began with batch 12 (now 24); give the same, choose another name, or begin anew",
    ),
    "the name of a run of another architecture": (
        {"name": "done", "options": "depth=2,embed_dim=64,num_heads=2"},
        "checkpoint: the run 'done' is of the architecture vit_tiny_patch16_224 32 px depth=1",
    ),
    "the name of a run on other pairs": ({"name": "done", "pairs": "self"}, "pairs: the run 'done' began with other"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_pretrain_refuses(case: str, prepared: Path) -> None:
    changes, sentence = REFUSED[case]
    before = {path: path.stat().st_mtime_ns for path in (prepared / "encoders" / "done").rglob("*")}
    _refuses(_pretrain(prepared, **{"name": "new", **changes}), sentence)
    assert {path: path.stat().st_mtime_ns for path in (prepared / "encoders" / "done").rglob("*")} == before
    assert not (prepared / "encoders" / "new" / "config.json").exists()


@pytest.mark.parametrize("what", ["an unknown warm start", "an architecture that timm lacks", "a batch larger"])
def test_beginning_anew_keeps_the_encoder_that_is_there_until_all_input_has_been_found_good(
    what: str, study: Study
) -> None:
    changes, sentence = next(value for key, value in REFUSED.items() if key.startswith(what))
    weights = _weights(study, "done")
    _refuses(_pretrain(study.root, "done", "--again", **changes), sentence)
    assert _same(_weights(study, "done"), weights)
    assert checkpoint_steps(study.encoders_dir / "done" / "pretraining" / "checkpoints")


def test_an_encoder_can_begin_anew_from_itself(study: Study) -> None:
    weights, fingerprint = _weights(study, "done"), read_config(study.encoders_dir / "done").fingerprint
    run_verb(study, "pretrain", pairs=["self"], name="done", warm_start="done", again=True, **STANDSTILL)
    assert _same(_weights(study, "done"), weights)
    assert read_config(study.encoders_dir / "done").pretraining["warm start"] == f"done ({fingerprint})"


def test_a_recipe_of_the_users_own_is_read_and_a_misspelt_key_is_told(study: Study, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("temperature: 0.3\nbatchs: 4\n", encoding="utf-8")
    _refuses(_pretrain(study.root, "own", recipe=own), "own.yaml has an unknown key 'batchs'; did you mean 'batch'?")
    own.write_text("temperature: 0.3\nbatch: 4\n", encoding="utf-8")
    _goes_on_with(_pretrain(study.root, "own", recipe=own, epochs=0.1))
    recipe = read_config(study.encoders_dir / "own").pretraining["recipe"]
    assert (recipe["temperature"], recipe["batch"]) == (0.3, TINY["batch"])  # what is given goes before the file


def test_values_given_on_the_command_line_reach_the_recipe_that_is_kept(study: Study) -> None:
    view = "solarize_probability=0,crop_scale=0.5:1"
    _goes_on_with(_pretrain(study.root, "given", epochs=0.1, second_view=view, weights="spatial=2"))
    kept = yaml.safe_load((study.encoders_dir / "given" / "pretraining" / "recipe.yaml").read_text(encoding="utf-8"))
    assert (kept["second_view"]["solarize_probability"], kept["second_view"]["crop_scale"]) == (0, [0.5, 1])
    assert kept["second_view"]["blur_sigma"] == [0.1, 1.0]  # as the preset says
    assert (kept["weights"], kept["hidden"], kept["temperature"]) == ({"spatial": 2}, 32, 0.2)
    assert read_config(study.encoders_dir / "given").pretraining["recipe"] == kept


def test_the_description_has_every_value_of_a_recipe_as_an_input_that_may_be_left_out() -> None:
    inputs = process_description(PROCESS)["inputs"]
    assert set(inputs) == {"study"} | set(Recipe.model_fields) | set(Settings.model_fields)
    assert not set(Recipe.model_fields) & set(Settings.model_fields)
    for name, field in Recipe.model_fields.items():
        assert inputs[name]["description"].startswith(str(field.description))
        assert (inputs[name]["minOccurs"], inputs[name]["schema"].get("nullable")) == (0, True)


def test_no_temporal_pair_is_a_sentence_that_counts_which_part_of_the_rule_failed(study: Study) -> None:
    too_close = f"of {VIEWS} views, 0 have no other view within 5 m, 0 only views of the same panorama"
    result = _command("pair", study.root, "--objective", "temporal", "--min-months", 100)
    _refuses(result, f"pairs: no temporal pairs: {too_close}")
    assert f"{VIEWS} none taken 100 months or more apart; fetch other dates, or lower min_months" in result.stderr
    result = _command("pair", study.root, "--objective", "temporal", "--since", "2024-01")
    _refuses(result, "36 were taken outside the dates, 36 have no other view within 5 m")
    assert (study.root / "pairs" / "temporal" / "pairs.json").exists()  # those of before


def test_a_warm_start_from_an_encoder_takes_all_of_its_weights(study: Study) -> None:
    source = create_random_encoder(
        study.encoders_dir / "source", "vit_tiny_patch16_224", 7, image_size=32, **TINY["options"]
    )
    run_verb(study, "pretrain", pairs=["self"], name="warm", warm_start="source", **STANDSTILL)
    assert _same(_weights(study, "warm"), _weights(study, "source"))
    assert read_config(study.encoders_dir / "warm").pretraining["warm start"] == f"source ({source.fingerprint})"


def test_a_warm_start_from_a_moco_checkpoint_takes_the_trained_encoder_without_its_head(
    study: Study, tmp_path: Path
) -> None:
    weights = {key: value + 0.01 for key, value in _weights(study, "done").items()}
    state = {f"module.base_encoder.{key}": value for key, value in weights.items()}
    state |= {f"module.momentum_encoder.{key}": torch.zeros_like(value) for key, value in weights.items()}
    state |= {"module.base_encoder.head.0.weight": torch.zeros(32, 64), "module.predictor.0.weight": torch.zeros(3, 3)}
    path = tmp_path / "vit.pth.tar"
    torch.save({"epoch": 300, "arch": "vit_small", "state_dict": state, "optimizer": {"state": {}}}, path)
    run_verb(study, "pretrain", pairs=["self"], name="warm", warm_start=str(path), **STANDSTILL)
    assert _same(_weights(study, "warm"), weights)
    assert read_config(study.encoders_dir / "warm").pretraining["warm start"] == "vit.pth.tar"


def test_the_same_command_again_does_nothing_and_keeps_the_record(study: Study) -> None:
    before = read_config(study.encoders_dir / "done").pretraining
    outputs = run_verb(study, "pretrain", pairs=["spatial"], name="done", **TINY)
    assert (outputs["steps"], outputs["resumed_from"]) == (24, 24)
    assert read_config(study.encoders_dir / "done").pretraining["figures"] == before["figures"]


@pytest.mark.parametrize("part", ["model.safetensors", "optimizer.safetensors", "json"])
def test_a_damaged_checkpoint_is_told_and_the_run_goes_on_exactly_from_the_one_before(part: str, study: Study) -> None:
    whole, folder = losses(study.root, "done"), study.encoders_dir / "done" / "pretraining" / "checkpoints"
    (study.encoders_dir / "done" / "config.json").unlink()  # as if it had been stopped before the encoder was written
    path = folder / f"step-000000024.{part}"
    path.write_bytes(path.read_bytes()[:99])
    _refuses(_pretrain(study.root, "done"), "step-000000024")
    for path in folder.glob("step-000000024.*"):
        path.unlink()
    assert run_verb(study, "pretrain", pairs=["spatial"], name="done", **TINY)["resumed_from"] == 20
    assert losses(study.root, "done") == whole


@pytest.mark.parametrize("suffix", [".parquet", ".tar"])
def test_a_damaged_shard_is_made_anew(suffix: str, study: Study) -> None:
    shard = (study.root / "shards" / "40px" / "shard-00000.parquet").with_suffix(suffix)
    whole = shard.read_bytes()
    shard.write_bytes(whole[:2000])
    _goes_on_with(_pretrain(study.root, "same"))
    assert shard.read_bytes() == whole
    assert losses(study.root, "same") == losses(study.root, "done")


def test_shards_whose_record_is_damaged_are_told(study: Study) -> None:
    (study.root / "shards" / "40px" / "shards.json").write_text("{", encoding="utf-8")
    _refuses(_pretrain(study.root, "new"), "shards.json: the file is damaged; delete its folder and run the same")


def test_a_photo_that_is_missing_on_the_disk_is_warned_of_and_the_run_goes_on(study: Study) -> None:
    shutil.rmtree(study.root / "shards")
    study.photo_path(study.views(columns=["path"])["path"].iloc[0]).unlink()
    _goes_on_with(
        _pretrain(study.root, "new", pairs="self", epochs=1),
        f"1 of {VIEWS} photos were left out of the shards (missing: 1).",
        "1 self pairs lack a photo; the other view, or another pair, stands in.",
    )
    assert len(losses(study.root, "new")) == 6


def test_a_photo_that_is_damaged_in_the_shards_is_warned_of_and_the_run_goes_on(study: Study) -> None:
    index = study.root / "shards" / "40px" / "shard-00000.parquet"
    member = pq.read_table(index).to_pylist()[3]
    with index.with_suffix(".tar").open("r+b") as tar:
        tar.seek(member["offset"])
        tar.write(bytes(member["length"]))
    result = _pretrain(study.root, "new", pairs="temporal", epochs=1)
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("warning: ")
    assert "photos in the shards could not be read 2 times; the pair's other view stood in" in result.stderr
    assert len(losses(study.root, "new")) == 6


def test_a_process_that_follows_another_ends_with_a_sentence_when_the_other_has_gone(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_connection(study: Study, inputs: Settings, job: Progress) -> Outputs:
        raise RuntimeError("Connection closed by peer")

    monkeypatch.setenv("RANK", "1")
    inputs = find_process("pretrain").parse({"pairs": ["self"]})
    with pytest.raises(StreetSenseError, match=r"^pretrain: ") as error:
        execute(dataclasses.replace(PROCESS, run=lose_connection), study, inputs)
    assert error.value.exit_code == 1


def test_the_order_in_which_pairs_are_named_changes_nothing(study: Study) -> None:
    assert _pretrain(study.root, "one", pairs="self,temporal", epochs=1).exit_code == 0
    assert _pretrain(study.root, "two", pairs="temporal,self", epochs=1).exit_code == 0
    one, two = _weights(study, "one"), _weights(study, "two")
    assert all(torch.equal(value, two[name]) for name, value in one.items())


def test_a_run_is_not_continued_with_another_warm_start(study: Study) -> None:
    assert _pretrain(study.root, "first", epochs=1).exit_code == 0
    assert _pretrain(study.root, "second", epochs=1).exit_code == 0
    _refuses(
        _pretrain(study.root, "second", "--warm-start", "first", epochs=1),
        "warm_start: the run 'second' began with fresh weights; choose another name, or begin anew with --again.",
    )


@pytest.mark.parametrize("words", [("--architecture", "vit_bas"), ("--warm-start", "nobody")])
def test_what_cannot_be_is_refused_before_photos_are_shrunk(study: Study, words: tuple[str, str]) -> None:
    shutil.rmtree(study.root / "shards", ignore_errors=True)
    _refuses(_pretrain(study.root, "new", *words), f"'{words[1]}'")
    assert not (study.root / "shards").exists()
