"""Pre-training as a user runs it: pairs, an encoder with its record, embeddings; on one process or on two."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from streetsense.jobs import execute
from streetsense.processes import find_process
from streetsense.study import Study
from tests.e2e.conftest import CENTRE, make_area, make_photos

pytestmark = pytest.mark.e2e
Cli = Callable[..., subprocess.CompletedProcess[str]]
VIEWS = 72
#: A run of some milliseconds a step: 6 steps an epoch when no view is held out.
TINY: dict[str, Any] = {
    "recipe": "cpu-small",
    "options": {"depth": 1, "embed_dim": 64, "num_heads": 2},
    "image_size": 32,
    "shard_side": 40,
    "batch": 12,
    "epochs": 4,
    "warmup_epochs": 0.05,
    "hidden": 32,
    "projection": 16,
    "precision": "fp32",
    "workers": 1,
}


def tiny_options(**changes: object) -> list[str]:
    """Return `TINY` with changes, as the command line has it."""
    words = []
    for name, value in {**TINY, **changes}.items():
        text = ",".join(f"{key}={item}" for key, item in value.items()) if isinstance(value, dict) else str(value)
        words += [f"--{name.replace('_', '-')}", text]
    return words


def run_verb(study: Study, verb: str, **inputs: object) -> dict[str, Any]:
    """Run a process in this process; return its outputs."""
    process = find_process(verb)
    return execute(process, study, process.parse(inputs)).model_dump()


def make_twice_seen_study(folder: Path) -> Study:
    """Make a study of 36 places some 40 m apart, each seen in two years, and pairs of all three objectives."""
    table = make_photos(folder / "photos", VIEWS, 64)
    frame = pd.read_csv(table)
    place = frame.index % (VIEWS // 2)
    frame["lon"], frame["lat"] = CENTRE[0] + 0.0004 * (place % 6), CENTRE[1] + 0.0004 * (place // 6)
    frame["heading"] = 10 * place
    frame["datetime"] = np.where(frame.index < VIEWS // 2, "2019-07-01", "2024-07-01")
    frame.to_csv(table, index=False)
    study = Study.create(folder / "study", gpd.read_file(make_area(folder / "area.gpkg")))
    run_verb(study, "fetch", provider="folder", photos=str(folder / "photos"), table=str(table))
    for objective in ("self", "temporal", "spatial"):
        run_verb(study, "pair", objective=objective, redraw=objective == "spatial")
    return study


def losses(study: Path, name: str) -> list[tuple[int, float]]:
    """Return step and loss of every line of a run's metrics that has a loss, in the order of the file."""
    lines = (study / "encoders" / name / "pretraining" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [(row["step"], row["loss"]) for row in map(json.loads, lines) if "loss" in row]


def records_of(study: Path, verb: str) -> list[dict[str, Any]]:
    """Return the status of a verb's jobs, oldest first."""
    return [json.loads(path.read_text()) for path in sorted(study.glob(f"jobs/*-{verb}-*/status.json"))]


@pytest.fixture(scope="module")
def twice_seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_twice_seen_study(tmp_path_factory.mktemp("twice")).root


@pytest.fixture
def study(twice_seen: Path, tmp_path: Path) -> Path:
    """Return a copy of the study."""
    return Path(shutil.copytree(twice_seen, tmp_path / "study"))


def test_views_become_pairs_pairs_an_encoder_and_the_encoder_embeds_at_once(study: Path, cli: Cli) -> None:
    paired = {}
    for objective in ("temporal", "self"):
        options = ("--hold-out", 0.3, "--hold-out-block", 60)
        paired[objective] = json.loads(cli("pair", study, "--objective", objective, *options, "--json").stdout)
    assert paired["temporal"]["pairs"] == paired["temporal"]["views"] == VIEWS - paired["temporal"]["held_out"]
    options = ("--pairs", "temporal,self", "--name", "joint", "--weights", "temporal=2", *tiny_options(epochs=2))
    outputs = json.loads(cli("pretrain", study, *options, "--json").stdout)
    steps = 2 * (paired["temporal"]["pairs"] // 6)
    assert (outputs["encoder"], outputs["objectives"]) == ("joint", ["self", "temporal"])
    assert (outputs["steps"], outputs["resumed_from"], outputs["pairs"]) == (steps, 0, steps // 2 * 12)
    assert 0 <= outputs["probe_before"] <= 1 and 0 <= outputs["probe"] <= 1
    assert outputs["chance"] == pytest.approx(3 * 0.8 * np.log(6), abs=1e-5)
    assert [step for step, _ in losses(study, "joint")] == list(range(1, steps + 1))
    assert losses(study, "joint")[-1][1] == outputs["loss"]
    with Image.open(study / outputs["curves"]) as curves:
        assert min(curves.size) > 300
    embedded = json.loads(cli("embed", study, "--encoder", "joint", "--json").stdout)
    assert embedded["embedded"] == VIEWS


def test_the_encoder_tells_what_it_was_learned_from_and_how(study: Path) -> None:
    second = {"solarize_probability": "0", "crop_scale": "0.5:1"}
    run_verb(Study.open(study), "pretrain", pairs=["spatial", "temporal"], name="told", **TINY, second_view=second)
    config = json.loads((study / "encoders" / "told" / "config.json").read_text())
    record = config["pretraining"]
    assert (config["image_size"], config["dimension"]) == (32, 64)
    assert (record["objective"], record["method"], record["processes"]) == ("spatial + temporal", "MoCo v3", 1)
    assert (record["recipe"]["batch"], record["recipe"]["temperature"]) == (12, 0.2)  # of the command, of the preset
    assert record["recipe"]["second_view"]["crop_scale"] == [0.5, 1.0]
    assert record["pairs"]["temporal"]["rule_in_words"].startswith("Two panoramas of one place")
    kept = json.loads((study / "pairs" / "spatial" / "pairs.json").read_text())
    assert record["pairs"]["spatial"]["fingerprint"] == kept["fingerprint"]
    assert record["figures"]["steps"] == 48


def test_two_processes_learn_what_one_does_and_leave_one_record(study: Path) -> None:
    run_verb(Study.open(study), "pretrain", pairs=["spatial"], name="alone", **TINY)
    options = ["--pairs", "spatial", "--name", "together", *tiny_options(), "--json"]
    result = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         "-m", "streetsense", "pretrain", str(study), *options],
        capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "300"},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    steps, alone = zip(*losses(study, "alone"), strict=True)
    assert [step for step, _ in losses(study, "together")] == list(steps)
    np.testing.assert_allclose([loss for _, loss in losses(study, "together")], alone, rtol=0, atol=1e-5)
    # A second record, or a second holder of the lock, would have failed: one of two writers is refused.
    assert [job["status"] for job in records_of(study, "pretrain")] == ["successful", "successful"]
    assert not (study / "study.lock").exists()
    config = json.loads((study / "encoders" / "together" / "config.json").read_text())
    assert config["pretraining"]["processes"] == 2
    outputs = json.loads(result.stdout)  # one document: only the process that leads speaks
    assert outputs["loss"] == pytest.approx(alone[-1], abs=1e-5)


def test_help_names_every_value_of_a_recipe_once(cli: Cli) -> None:
    from streetsense_training.recipe import Recipe

    flags = re.findall(r"^\s*(--[a-z-]+)", cli("pretrain", "--help").stdout, flags=re.MULTILINE)
    assert [name for name in Recipe.model_fields if flags.count(f"--{name.replace('_', '-')}") != 1] == []
