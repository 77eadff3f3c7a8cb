"""Pre-training on real photos: one drive through Wuhan, neighbours as pairs, probed on streets held out of them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from streetsense.jobs import execute
from streetsense.processes import find_process
from streetsense.study import Study
from streetsense_training.metrics import read_metrics


def _run(study: Study, verb: str, **inputs: object) -> dict[str, object]:
    process = find_process(verb)
    return execute(process, study, process.parse(inputs)).model_dump()


@pytest.mark.real
@pytest.mark.slow
def test_on_a_real_drive_the_loss_falls_and_held_out_places_are_found_more_often(
    tmp_path: Path, shared_data: Path
) -> None:
    frames = pd.read_csv(shared_data / "wuhan_drive" / "frames.csv").iloc[::2]
    table = frames[["file", "lat", "lon"]].assign(
        heading=frames["bearing_deg"], datetime=frames["time"].str.replace(r":(\d{3})$", r".\1", regex=True)
    )
    table.to_csv(tmp_path / "frames.csv", index=False)
    places = gpd.GeoSeries(gpd.points_from_xy(frames["lon"], frames["lat"]), crs="EPSG:4326").to_crs("EPSG:32650")
    area = gpd.GeoDataFrame(geometry=[places.buffer(200).union_all()], crs=places.crs)
    study = Study.create(tmp_path / "study", area, "wuhan")
    photos = shared_data / "wuhan_drive" / "images"
    _run(study, "fetch", provider="folder", photos=str(photos), table=str(tmp_path / "frames.csv"), link=True)
    _run(study, "pair", objective="spatial", buffer=30, hold_out=0.3, size=1200, redraw=True)
    outputs = _run(study, "pretrain", pairs=["spatial"], name="drive", recipe="cpu-small", options={"depth": 2},
                   epochs=2, workers=1, shard_side=80)  # fmt: skip
    losses = read_metrics(study.encoders_dir / "drive" / "pretraining" / "metrics.jsonl")["loss"].dropna()
    assert losses.iloc[-4:].mean() < losses.iloc[:4].mean() - 0.05
    assert float(str(outputs["probe"])) > float(str(outputs["probe_before"]))
