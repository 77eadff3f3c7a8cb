"""Pairs of real photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pair_studies import make_study, run, table

from streetsense.errors import InputError
from streetsense.streetview.capturetime import capture_times


@pytest.mark.real
def test_real_faces_of_panoramas_make_spatial_pairs(tmp_path: Path, shared_data: Path) -> None:
    faces = pd.read_csv(shared_data / "panoramax_capferret" / "faces.csv")
    frame = pd.DataFrame({
        "lon": faces["lon"], "lat": faces["lat"], "pano_id": faces["pano_id"].astype(str),
        "heading_deg": faces["heading_deg"], "captured_at": faces["datetime"].astype(str),
        "path": [str(shared_data / "panoramax_capferret" / "faces" / file) for file in faces["file"]],
    })  # fmt: skip
    study = make_study(tmp_path / "study", frame)
    outputs = run(study, objective="spatial", size=1000, inspect=4)
    pairs = table(study, "spatial")
    assert outputs.candidates["views"] == 400
    assert outputs.candidates["usable"] + outputs.candidates["same_panorama"] == 400
    assert (pairs["pano_1"] != pairs["pano_2"]).all()
    assert pairs["metres"].max() < 100.2
    assert set(pairs["view_id_1"]) | set(pairs["view_id_2"]) <= set(study.views()["view_id"])


@pytest.mark.real
def test_real_drives_through_a_city_are_paired_as_a_look_at_every_two_photos_would(
    tmp_path: Path, shared_data: Path
) -> None:
    rows = pd.read_csv(shared_data / "global_streetscapes" / "metadata.csv", low_memory=False)
    rows = rows[rows["lat"].between(48, 50)].reset_index(drop=True)
    frame = pd.DataFrame({
        "lon": rows["lon"], "lat": rows["lat"], "pano_id": rows["orig_id"].astype(str), "heading_deg": rows["heading"],
        "captured_at": capture_times(rows["datetime_local"]),
    })  # fmt: skip
    study = make_study(tmp_path / "study", frame)
    outputs = run(study, objective="temporal", min_months=0)
    views = study.views().to_crs(study.crs)
    x, y = views.geometry.x.to_numpy(), views.geometry.y.to_numpy()
    turn = np.abs(views["heading_deg"].to_numpy()[:, None] - views["heading_deg"].to_numpy())
    near = (np.hypot(x[:, None] - x, y[:, None] - y) < 5) & ~np.eye(len(views), dtype=bool)
    allowed = near & (np.minimum(turn, 360 - turn) <= 15)
    assert outputs.candidates["alone"] == (~near.any(axis=1)).sum() > 0
    assert outputs.candidates["usable"] == allowed.any(axis=1).sum() > 0
    with pytest.raises(InputError, match=r"1,577 none taken 0\.1 months or more apart; fetch other dates, or lower"):
        run(study, objective="temporal", min_months=0.1, name="other_days")
    row = pd.Series(range(len(views)), index=views["view_id"])
    pairs = table(study, "temporal")
    assert allowed[row[pairs["view_id_1"]], row[pairs["view_id_2"]]].all()
