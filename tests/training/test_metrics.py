"""The metrics of a run."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from streetsense.errors import InputError
from streetsense_training.metrics import MetricsLog, read_metrics


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_can_be_read_while_the_run_goes_on(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "run" / "metrics.jsonl")
    log.write({"step": 10, "epoch": 0.5, "loss": 2.25, "note": "warming up"})
    assert lines(log.path) == [{"step": 10, "epoch": 0.5, "loss": 2.25, "note": "warming up"}]
    log.close()


def test_numbers_of_numpy_are_taken_and_what_is_not_finite_becomes_null(tmp_path: Path) -> None:
    with MetricsLog(tmp_path / "m.jsonl") as log:
        row = {"step": np.int64(1), "epoch": 1, "loss": np.float32(0.5), "pairs": np.int64(3), "bad": float("nan")}
        log.write({**row, "worse": np.float64("inf"), "none": None})
    expected = {"step": 1, "epoch": 1.0, "loss": 0.5, "pairs": 3, "bad": None, "worse": None, "none": None}
    assert lines(log.path) == [expected]


def test_a_second_log_continues_the_file(tmp_path: Path) -> None:
    for step in (1, 2):
        with MetricsLog(tmp_path / "m.jsonl") as log:
            log.write({"step": step, "epoch": step})
    assert read_metrics(tmp_path / "m.jsonl")["step"].tolist() == [1, 2]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 12), st.integers(-1, 14), st.binary(max_size=12).filter(lambda tail: b"\n" not in tail))
def test_a_resumed_run_looks_as_though_it_had_never_stopped(
    tmp_path_factory: pytest.TempPathFactory, written: int, checkpoint: int, torn: bytes
) -> None:
    path = tmp_path_factory.mktemp("run") / "m.jsonl"
    with MetricsLog(path) as log:
        for step in range(written):
            log.write({"step": step, "epoch": step / 4, "loss": 1 / (step + 1)})
    with path.open("ab") as file:
        file.write(torn)
    with MetricsLog(path) as log:
        log.truncate_after(checkpoint)
        for step in range(min(checkpoint + 1, written), 13):
            log.write({"step": step, "epoch": step / 4, "loss": 1 / (step + 1)})
    assert read_metrics(path)["step"].tolist() == list(range(13))
    assert path.read_bytes().endswith(b"\n")


def test_truncating_says_how_many_lines_went(tmp_path: Path) -> None:
    with MetricsLog(tmp_path / "m.jsonl") as log:
        for step in range(10):
            log.write({"step": step, "epoch": step})
        assert log.truncate_after(6) == 3
        assert log.truncate_after(6) == 0
    assert MetricsLog(tmp_path / "none.jsonl").truncate_after(3) == 0


def test_a_half_written_last_line_does_not_spoil_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes(b'{"step": 1, "epoch": 1.0}\n{"step": 2, "ep')
    assert read_metrics(path)["step"].tolist() == [1]
    with MetricsLog(path) as log:
        log.write({"step": 2, "epoch": 2})
    assert read_metrics(path)["step"].tolist() == [1, 2]


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes(b'{"step": 1, "epoch": 1.0}\nnonsense\n{"step": 3, "epoch": 1.0}\n')
    sentence = f"metrics: line 2 of {path} is damaged; restore the file from a copy or delete it."
    with pytest.raises(InputError) as raised:
        read_metrics(path)
    assert str(raised.value) == sentence


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    with pytest.raises(InputError) as raised:
        read_metrics(path)
    assert str(raised.value) == f"metrics: {path} is not there; give the folder of a run that has begun."


def test_lines_with_different_names_share_a_table(tmp_path: Path) -> None:
    with MetricsLog(tmp_path / "m.jsonl") as log:
        log.write({"step": 1, "epoch": 0.1, "loss": 3.0})
        log.write({"step": 2, "epoch": 0.2, "probe_recall_at_1": 0.5})
    table = read_metrics(log.path)
    assert table["loss"].isna().tolist() == [False, True]
    assert table["probe_recall_at_1"].isna().tolist() == [True, False]


@pytest.mark.skipif(importlib.util.find_spec("tensorboard") is not None, reason="tensorboard is installed")
def test_tensorboard_that_is_not_installed_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        MetricsLog(tmp_path / "m.jsonl", tensorboard=True)
    expected = "tensorboard: it is not installed; install streetsense[tensorboard], or leave the option out."
    assert str(raised.value) == expected


def test_tensorboard_gets_the_same_numbers(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with MetricsLog(tmp_path / "m.jsonl", tensorboard=True) as log:
        for step in (1, 2, 3):
            log.write({"step": step, "epoch": step, "loss": 0.5 * step, "note": "text"})
        log.truncate_after(1)
        log.write({"step": 2, "epoch": 2, "loss": 9.0})
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 0.5), (2, 9.0)]
