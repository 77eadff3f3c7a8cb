"""``fit``: from labels of units or views to a saved predictor."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from streetsense.errors import Cancelled, InputError
from streetsense.indicators import load_predictor
from streetsense.indicators.labels import classes_from, numeric_target
from streetsense.processes.fit import PROCESS, Outputs
from streetsense.progress import Silent
from streetsense.study import Study
from streetsense.study.tables import embedding_schema

ORIGIN, SIDE, DIMENSION = np.array([550_000.0, 4_100_000.0]), 400.0, 8


def grid(columns: int = 8) -> gpd.GeoDataFrame:
    """Square units with an indicator that grows eastwards."""
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(columns), np.arange(columns)))
    low = ORIGIN + np.column_stack([x, y]) * SIDE
    cells = shapely.box(low[:, 0], low[:, 1], low[:, 0] + SIDE, low[:, 1] + SIDE)
    ids = [f"0{6000 + i}" for i in range(len(x))]
    random = np.random.default_rng(0)
    frame = gpd.GeoDataFrame({"GEOID": ids, "income": 1000.0 * x + random.normal(0, 150, len(x))}, geometry=cells)
    return frame.set_crs("EPSG:32610").to_crs("EPSG:4326")


def embeddings_of(score: np.ndarray, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (np.outer(score, np.linspace(-1, 1, DIMENSION)) + random.normal(0, 0.4, (len(score), DIMENSION))).astype(
        "f4"
    )


def make_study(folder: Path, *, per_unit: int = 5, faces: int = 1) -> Study:
    """A study whose embeddings know how far east a view is."""
    units = grid()
    study = Study.create(folder / "study", units)
    random = np.random.default_rng(2)
    positions = np.repeat(random.random((len(units) * per_unit, 2)) * 8, faces, axis=0)
    n = len(positions)
    metres = ORIGIN + positions * SIDE
    points = gpd.GeoSeries(gpd.points_from_xy(metres[:, 0], metres[:, 1]), crs="EPSG:32610").to_crs("EPSG:4326")
    views = gpd.GeoDataFrame(
        {
            "view_id": [f"v{i:05d}" for i in range(n)],
            "source_id": [f"photos/{i // faces}.jpg" for i in range(n)],
            "licence": "CC BY-SA 4.0",
            "status": "ok",
        },
        geometry=points,
    )
    study.views_table.append_frame(views)
    vectors = embeddings_of(positions[:, 0])
    table = study.embeddings_table("tiny")
    for part in np.array_split(np.arange(n), 3):
        table.append(
            pa.table(
                {
                    "view_id": views["view_id"].to_numpy(dtype=object)[part],
                    "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors[part].ravel()), DIMENSION),
                    "fingerprint": pa.array(["f00d"] * len(part)).dictionary_encode(),
                    "sha256": pa.nulls(len(part), pa.string()),
                },
                schema=embedding_schema(DIMENSION),
            )
        )
    return study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_study(tmp_path_factory.mktemp("fit"))


@pytest.fixture(scope="module")
def tracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labels") / "tracts.geojson"
    grid().to_file(path, driver="GeoJSON")
    return path


def fit(study: Study, **values: object) -> Outputs:
    inputs = PROCESS.parse({"name": "p", "target": "income", "penalties": 20, "replace": True, **values})
    outputs = PROCESS.run(study, inputs, Silent())
    assert isinstance(outputs, Outputs)
    return outputs


def test_labels_on_polygons_are_units_and_their_embeddings_are_averaged(study: Study, tracts: Path) -> None:
    outputs = fit(study, encoder="tiny", labels=str(tracts), licence="public domain")
    record = load_predictor(study.predictors_dir / "p").record
    assert (outputs.samples, outputs.counts["null_or_between_labels"]) == ("units", 0)
    assert 60 <= outputs.n_samples <= 64
    assert outputs.scores["k_fold"]["r2"] > 0.8  # type: ignore[operator]
    assert set(outputs.scores) == {"split", "k_fold", "blocked"}
    assert record.encoder_fingerprint == "f00d"
    assert record.licence == "labels: public domain; photos: CC BY-SA 4.0"


def test_a_table_with_unit_ids_and_a_unit_layer_give_the_same_predictor(
    study: Study, tracts: Path, tmp_path: Path
) -> None:
    table = tmp_path / "income.csv"
    grid()[["GEOID", "income"]].sample(frac=1, random_state=0).to_csv(table, index=False)
    joined = fit(study, encoder="tiny", labels=str(table), units=str(tracts), name="joined")
    own = fit(study, encoder="tiny", labels=str(tracts), name="own")
    assert joined.scores == own.scores


def test_labels_of_square_cells_are_matched_by_their_ids(study: Study, tmp_path: Path) -> None:
    from streetsense.units import read_units

    cells = read_units("square:500", study.views(columns=["view_id", "geometry"]), study.crs)
    table = tmp_path / "cells.csv"
    east = cells.to_crs(study.crs).centroid.x
    pd.DataFrame({"unit_id": cells["unit_id"], "income": east}).to_csv(table, index=False)
    assert fit(study, encoder="tiny", labels=str(table), units="square:500").n_samples == len(cells)


def test_a_file_column_labels_views(study: Study, tmp_path: Path) -> None:
    views = study.views(columns=["view_id", "source_id", "geometry"])
    table = tmp_path / "labels.csv"
    files = views["source_id"].str.split("/").str[-1]
    pd.DataFrame({"file": files, "income": views.geometry.x}).iloc[:150].to_csv(table, index=False)
    outputs = fit(study, encoder="tiny", labels=str(table))
    assert (outputs.samples, outputs.n_samples) == ("views", 150)


def test_the_faces_of_one_labelled_panorama_are_one_sample(tmp_path: Path) -> None:
    study = make_study(tmp_path, per_unit=1, faces=4)
    views = study.views(columns=["source_id", "geometry"]).drop_duplicates("source_id")
    table = tmp_path / "labels.csv"
    pd.DataFrame({"source_id": views["source_id"], "income": views.geometry.x}).to_csv(table, index=False)
    assert fit(study, encoder="tiny", labels=str(table)).n_samples == 64


def test_labelled_points_belong_to_the_nearest_view_within_the_limit(study: Study, tmp_path: Path) -> None:
    views = study.views(columns=["geometry"]).iloc[::3]
    table = tmp_path / "points.csv"
    shifted = views.geometry.y + 0.00002  # about two metres
    far = pd.DataFrame({"lat": [0.0], "lon": [0.0], "income": [1.0]})
    near = pd.DataFrame({"lat": shifted, "lon": views.geometry.x, "income": views.geometry.x})
    pd.concat([near, far]).to_csv(table, index=False)
    outputs = fit(study, encoder="tiny", labels=str(table))
    assert outputs.samples == "views"
    assert outputs.n_samples >= 0.9 * len(views)
    assert outputs.counts["without_features"] >= 1


def test_rows_without_a_label_are_dropped_and_counted(study: Study, tmp_path: Path) -> None:
    frame = grid()
    frame.loc[:4, "income"] = np.nan
    path = tmp_path / "some.geojson"
    frame.to_file(path, driver="GeoJSON")
    outputs = fit(study, encoder="tiny", labels=str(path))
    assert outputs.counts["null_or_between_labels"] == 5


def test_features_from_a_table_need_no_encoder(study: Study, tracts: Path, tmp_path: Path) -> None:
    units, path = grid(), tmp_path / "features.csv"
    vectors = pd.DataFrame(embeddings_of(units["income"].to_numpy() / 1000)).add_prefix("e")
    pd.concat([units["GEOID"], vectors], axis=1).to_csv(path, index=False)
    outputs = fit(study, features=str(path), labels=str(tracts), id_column="GEOID", protocol="urbanstcl")
    record = load_predictor(study.predictors_dir / "p").record
    assert outputs.n_samples == 64
    assert record.feature_names == [f"e{i}" for i in range(DIMENSION)]
    assert [score.leaks for score in record.scores] == [False, False, False, True]


def test_scores_begin_with_what_tells_most_and_every_protocol_has_the_same_columns(study: Study, tracts: Path) -> None:
    rows = list(fit(study, encoder="tiny", labels=str(tracts), model="ridge").scores.values())
    first = ["n_test", "r2", "r2_low", "r2_high", "rmse", "mae"]
    then = ["coverage", "coverage_low", "coverage_high", "moran_i", "moran_p"]
    for row in rows:
        assert list(row)[:11] == first + then
        assert set(rows[0]) == set(row) - {"block_size_m"}
        assert row["coverage_low"] <= row["coverage"] <= row["coverage_high"]  # type: ignore[operator]
        assert row["rmse_low"] <= row["rmse"] <= row["rmse_high"]  # type: ignore[operator]


def test_scores_of_classes_begin_with_the_auc(study: Study, tracts: Path) -> None:
    values = {"task": "classify", "threshold_low": 2500, "threshold_high": 4500}
    row = fit(study, encoder="tiny", labels=str(tracts), **values).scores["split"]
    assert list(row)[:8] == [
        "n_test", "auc", "auc_low", "auc_high", "accuracy", "recall", "f1", "balanced_accuracy",
    ]  # fmt: skip


@pytest.mark.parametrize("change", ["target", "model", "task", "features", "labels"])
def test_a_predictor_made_from_other_inputs_is_replaced_only_when_asked(
    study: Study, tracts: Path, tmp_path: Path, change: str
) -> None:
    fit(study, encoder="tiny", labels=str(tracts), name="taken")
    before = load_predictor(study.predictors_dir / "taken").record
    others = grid().assign(rent=lambda frame: frame["income"] / 100)
    others.to_file(tmp_path / "others.geojson", driver="GeoJSON")
    if change == "target":
        others.to_file(tmp_path / tracts.name, driver="GeoJSON")
    pd.DataFrame({"GEOID": others["GEOID"], "e": others["rent"]}).to_csv(tmp_path / "features.csv", index=False)
    same: dict[str, Any] = {"encoder": "tiny", "labels": str(tracts), "name": "taken"}
    values = {
        "target": {"target": "rent", "labels": str(tmp_path / tracts.name)},
        "model": {"model": "ridge"},
        "task": {"task": "classify", "threshold_low": 2500, "threshold_high": 4500},
        "features": {"encoder": None, "features": str(tmp_path / "features.csv")},
        "labels": {"labels": str(tmp_path / "others.geojson")},
    }[change]
    sentence = (
        r"^name: there is a predictor 'taken' already \(of income by lasso, .*\); choose another name, or say --rep"
    )
    with pytest.raises(InputError, match=sentence):
        fit(study, **{**same, **values}, replace=False)
    assert load_predictor(study.predictors_dir / "taken").record == before
    fit(study, **{**same, **values}, replace=True)
    assert load_predictor(study.predictors_dir / "taken").record != before


def test_the_same_inputs_fit_a_predictor_again(study: Study, tracts: Path) -> None:
    first, again = (
        fit(study, encoder="tiny", labels=str(tracts), name="again", replace=replace) for replace in (True, False)
    )
    assert first == again


def test_a_damaged_predictor_is_replaced_only_when_asked(study: Study, tracts: Path) -> None:
    record = study.predictors_dir / "damaged" / "predictor.json"
    record.parent.mkdir(parents=True)
    record.write_text("{")
    with pytest.raises(InputError, match=r"^name: there is a predictor 'damaged' already that cannot be read"):
        fit(study, encoder="tiny", labels=str(tracts), name="damaged", replace=False)
    fit(study, encoder="tiny", labels=str(tracts), name="damaged")
    assert load_predictor(record.parent).record.name == "damaged"


def test_labels_without_a_usual_identifier_are_told_the_usual_names(study: Study, tmp_path: Path) -> None:
    grid().rename(columns={"GEOID": "area_name"}).to_file(tmp_path / "labels.geojson", driver="GeoJSON")
    with pytest.raises(
        InputError, match=r"^id_column: .* usual name \(unit_id, geoid, .*code\); say which of area_name"
    ):
        fit(study, encoder="tiny", labels=str(tmp_path / "labels.geojson"))


def test_a_score_becomes_two_classes_by_thresholds(study: Study, tracts: Path) -> None:
    outputs = fit(study, encoder="tiny", labels=str(tracts), task="classify", threshold_low=2500, threshold_high=4500)
    record = load_predictor(study.predictors_dir / "p").record
    assert outputs.model == "logistic"
    assert outputs.counts["null_or_between_labels"] == int(grid()["income"].between(2500, 4500).sum())
    assert record.classes == ["below 2500", "above 4500"]
    assert outputs.scores["k_fold"]["auc"] > 0.95  # type: ignore[operator]
    assert outputs.interval_half_width is None


def test_scores_are_rounded_to_two_decimals_before_they_meet_a_threshold() -> None:
    found = classes_from(np.array([3.494, 3.496, 6.504, 6.506, 5.0, np.nan]), 3.5, 6.5)
    assert found.values.tolist()[:1] == [0.0]
    assert np.isnan(found.values[[1, 2, 4, 5]]).all()
    assert found.values[3] == 1.0
    assert found.between == 3


def test_two_values_of_a_column_are_two_classes() -> None:
    found = classes_from(np.array([1, 2, 2, np.nan]))
    assert found.values[:3].tolist() == [0, 1, 1]
    assert found.names == ("1", "2")


def test_the_seed_decides_the_scores(study: Study, tracts: Path) -> None:
    first, again, other = (fit(study, encoder="tiny", labels=str(tracts), seed=seed).scores for seed in (1, 1, 2))
    assert first == again
    assert first["split"] != other["split"]


def edited(tmp_path: Path, change: str) -> str:
    frame = grid()
    match change:
        case "text":
            frame["income"] = "rich"
        case "constant":
            frame["income"] = 5.0
        case "empty":
            frame["income"] = np.nan
        case "few":
            frame = frame.iloc[:9]
        case "one class":
            frame["income"] = 1
        case "no crs":
            path = tmp_path / "labels.gpkg"
            frame.set_crs(None, allow_override=True).to_file(path, driver="GPKG")
            return str(path)
        case "elsewhere":
            frame["geometry"] = frame.translate(xoff=5)
    path = tmp_path / "labels.geojson"
    frame.to_file(path, driver="GeoJSON")
    return str(path)


@pytest.mark.parametrize(
    ("change", "values", "sentence"),
    [
        ("", {"target": "wealth"}, r"labels: there is no column 'wealth'"),
        ("text", {}, r"target: 'income' holds 'rich'"),
        ("constant", {}, r"target: it is 5 everywhere"),
        ("empty", {}, r"target: 'income' is empty"),
        ("few", {}, r"labels: only 9 sample"),
        ("one class", {"task": "classify"}, r"target: every label belongs to one class"),
        ("", {"task": "classify"}, r"target: it has 64 different values"),
        ("", {"task": "classify", "threshold_low": 3}, r"threshold_low: the thresholds go together"),
        ("no crs", {}, r"labels: .* does not say its coordinate reference system"),
        ("elsewhere", {}, r"units: none of the .* positions"),
        ("", {"encoder": "big"}, r"encoder: there are no embeddings by 'big'"),
        ("", {"block_size": "1000000"}, r"block_size: it leaves 1 block"),
        ("", {"id_column": "ZIP"}, r"labels: there is no column 'ZIP'"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(
    study: Study, tmp_path: Path, change: str, values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=f"^{sentence}") as caught:
        fit(study, **{"encoder": "tiny", "labels": edited(tmp_path, change), "name": "bad", **values})
    assert "\n" not in str(caught.value)
    assert not (study.predictors_dir / "bad").exists()


def test_labels_that_match_no_unit_are_answered_with_examples_of_both_sides(
    study: Study, tracts: Path, tmp_path: Path
) -> None:
    path = tmp_path / "other.csv"
    pd.DataFrame({"GEOID": ["A1", "A2"], "income": [1.0, 2.0]}).to_csv(path, index=False)
    with pytest.raises(InputError, match=r"match no unit; units are called 06000, .* and labels A1, A2"):
        fit(study, encoder="tiny", labels=str(path), units=str(tracts))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"labels": "x.csv"}, "give either an encoder or a features file"),
        ({"labels": "x.csv", "encoder": "a", "model": "logistic"}, "cannot regress"),
        ({"labels": "x.csv", "encoder": "a", "block_size": "wide"}, "block_size: 'wide' is neither"),
        ({"labels": "x.csv", "encoder": "a", "coverage": 1.5}, "coverage: '1.5' cannot be used"),
    ],
)
def test_contradicting_inputs_are_refused_before_anything_is_read(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        PROCESS.parse({"name": "p", "target": "t", **values})


def test_infinite_and_blank_labels_count_as_missing() -> None:
    values = numeric_target(pd.DataFrame({"t": ["1.5", "", " ", None, "inf"]}), "t")
    assert values[0] == 1.5
    assert np.isnan(values[1:]).all()


class Impatient(Silent):
    """A user who stops the work when it is half done."""

    def report(self, done: float, total: float, message: str = "") -> None:
        if done / total > 0.5:
            raise Cancelled("stopped")


def test_stopping_in_the_middle_leaves_the_older_predictor_as_it_was(study: Study, tracts: Path) -> None:
    fit(study, encoder="tiny", labels=str(tracts), name="kept")
    before = load_predictor(study.predictors_dir / "kept").record
    inputs = PROCESS.parse({"name": "kept", "target": "income", "encoder": "tiny", "labels": str(tracts), "seed": 7})
    with pytest.raises(Cancelled):
        PROCESS.run(study, inputs, Impatient())
    assert load_predictor(study.predictors_dir / "kept").record == before


def test_describing_fit_and_predict_loads_no_heavy_library() -> None:
    code = (
        "import sys, streetsense.processes.fit, streetsense.processes.predict; "
        "print([m for m in ('torch', 'sklearn', 'geopandas', 'rasterio', 'pandas') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.real
@pytest.mark.parametrize(
    "target",
    ["average_household_income", "ces3_Poverty", "places2024_obesity_prevalence", "places2024_diabetes_prevalence"],
)
def test_intervals_hold_87_to_93_percent_of_held_out_bay_area_tracts(
    target: str, shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "bayarea_urban2vec"
    study = Study.create(tmp_path / "study", gpd.read_file(folder / "tracts.geojson"))
    outputs = fit(
        study,
        features=str(folder / "embeddings.csv"),
        labels=str(folder / "tracts.geojson"),
        id_column="GEOID",
        target=target,
        model="ridge",
    )
    assert 0.87 <= outputs.scores["k_fold"]["coverage"] <= 0.93  # type: ignore[operator]
    assert outputs.scores["blocked"]["r2"] < outputs.scores["k_fold"]["r2"]  # type: ignore[operator]


@pytest.mark.real
def test_photos_of_rio_are_matched_by_file_name_and_judged_by_their_safety(shared_data: Path, tmp_path: Path) -> None:
    labels = pd.read_csv(shared_data / "rio_pp2_safety" / "labels.csv")
    study = Study.create(tmp_path / "study", gpd.GeoDataFrame(geometry=[shapely.box(-44, -24, -43, -22)], crs=4326))
    views = gpd.GeoDataFrame(
        {"view_id": "r" + labels["file"], "source_id": labels["file"], "status": "ok"},
        geometry=gpd.points_from_xy(labels["lon"], labels["lat"], crs=4326),
    )
    study.views_table.append_frame(views)
    vectors = embeddings_of(labels["pp2_safety"].to_numpy() - 5)  # stand-ins that know the answer: no photo is read
    study.embeddings_table("stand-in").append(
        pa.table(
            {
                "view_id": views["view_id"].to_numpy(dtype=object),
                "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIMENSION),
                "fingerprint": pa.array(["f00d"] * len(views)).dictionary_encode(),
                "sha256": pa.nulls(len(views), pa.string()),
            },
            schema=embedding_schema(DIMENSION),
        )
    )
    values = {"encoder": "stand-in", "labels": str(shared_data / "rio_pp2_safety/labels.csv"), "target": "pp2_safety"}
    regressed = fit(study, **values)
    assert (regressed.samples, regressed.n_samples) == ("views", 150)
    judged = fit(study, task="classify", threshold_low=3.5, threshold_high=6.5, **values)
    extreme = int(((labels["pp2_safety"] < 3.5) | (labels["pp2_safety"] > 6.5)).sum())
    assert judged.n_samples == extreme
    assert judged.counts["null_or_between_labels"] == 150 - extreme
