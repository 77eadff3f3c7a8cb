"""The picture of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from streetsense.errors import InputError
from streetsense_training.curves import draw_curves
from streetsense_training.metrics import MetricsLog


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def share_of(image: np.ndarray, colour: tuple[int, int, int]) -> float:
    return float((np.abs(image - colour).max(axis=-1) < 30).mean())


def test_all_curves_are_drawn_of_a_whole_run(tmp_path: Path) -> None:
    with MetricsLog(tmp_path / "m.jsonl") as log:
        for step in range(300):
            speed = {"learning_rate": 1e-3 * (1 - step / 300), "momentum": 0.99 + step / 3e4, "pairs_per_second": 100.0}
            log.write({"step": step, "epoch": step / 30, "loss": 5 - step / 100, "chance": 5.5, **speed})
            if step % 30 == 0:
                recall = {"probe_recall_at_1": 0.5, "probe_low": 0.4, "probe_high": 0.6}
                log.write({"step": step, "epoch": step / 30, **recall})
    image = pixels(draw_curves(log.path, tmp_path / "curves.png", "a run"))
    assert image.shape == (910, 1300, 3)
    for colour in ((0, 114, 178), (213, 94, 0), (204, 121, 167), (0, 158, 115)):
        assert share_of(image, colour) > 5e-4


def test_a_run_of_one_line_without_a_probe_is_drawn(tmp_path: Path) -> None:
    with MetricsLog(tmp_path / "m.jsonl") as log:
        log.write({"step": 1, "epoch": 0.0, "loss": 4.0})
    image = pixels(draw_curves(log.path, tmp_path / "curves.png", "one step"))
    assert share_of(image, (0, 114, 178)) > 1e-5


def test_a_run_whose_loss_was_not_finite_is_drawn(tmp_path: Path) -> None:
    with MetricsLog(tmp_path / "m.jsonl") as log:
        log.write({"step": 1, "epoch": 0.5, "loss": 4.0})
        log.write({"step": 2, "epoch": 1.0, "loss": float("nan")})
    assert draw_curves(log.path, tmp_path / "curves.png", "broken").is_file()


def test_a_run_without_lines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.touch()
    with pytest.raises(InputError) as raised:
        draw_curves(path, tmp_path / "curves.png", "nothing")
    assert str(raised.value) == f"metrics: {path} holds no line yet; wait for the first steps."
    assert not (tmp_path / "curves.png").exists()
