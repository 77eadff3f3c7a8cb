"""``predict``: from a predictor to a layer and a surface."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from test_fit import DIMENSION, embeddings_of, grid, make_study

from streetsense.errors import Cancelled, InputError
from streetsense.indicators.appearance import appearance
from streetsense.processes import fit, predict
from streetsense.processes.resultlayer import LayerOutputs
from streetsense.progress import Silent
from streetsense.study import Study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tracts, features and photo labels on disk."""
    folder = tmp_path_factory.mktemp("predict")
    units = grid()
    units.to_file(folder / "tracts.geojson", driver="GeoJSON")
    vectors = pd.DataFrame(embeddings_of(units["income"].to_numpy() / 1000)).add_prefix("e")
    pd.concat([units["GEOID"], vectors], axis=1).to_csv(folder / "features.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    study = make_study(folder)
    views = study.views(columns=["view_id", "geometry"])
    labels = pd.DataFrame({"view_id": views["view_id"], "east": views.geometry.x * 1000})
    labels.to_csv(folder / "views.csv", index=False)
    common = {"penalties": 20, "model": "ridge"}
    tracts = {"labels": str(folder / "tracts.geojson"), "target": "income", "target_unit": "USD", **common}
    for values in (
        {"name": "units", "encoder": "tiny", **tracts},
        {"name": "table", "features": str(folder / "features.csv"), **tracts},
        {"name": "views", "encoder": "tiny", "labels": str(folder / "views.csv"), "target": "east", **common},
    ):
        fit.PROCESS.run(study, fit.PROCESS.parse(values), Silent())
    return study


def run(study: Study, **values: object) -> tuple[LayerOutputs, gpd.GeoDataFrame]:
    outputs = predict.PROCESS.run(study, predict.PROCESS.parse({"name": "result", **values}), Silent())
    assert isinstance(outputs, LayerOutputs)
    return outputs, gpd.read_file(study.root / outputs.layer, layer="result")


def test_units_get_predictions_with_intervals_and_the_number_of_their_views(study: Study, folder: Path) -> None:
    outputs, layer = run(study, predictor="units", units=str(folder / "tracts.geojson"))
    truth = layer.merge(grid()[["GEOID", "income"]], left_on="unit_id", right_on="GEOID")
    assert list(layer.columns) == [
        "unit_id", "prediction", "lower", "upper", "n_views", "outside", "novelty", "geometry",
    ]  # fmt: skip
    assert np.corrcoef(truth["income"], truth["prediction"])[0, 1] > 0.9
    assert truth["income"].between(truth["lower"], truth["upper"]).mean() >= 0.85
    assert layer["n_views"].sum() == 320
    assert outputs.features == len(layer)


def test_the_layer_opens_in_its_style_and_says_where_it_comes_from(study: Study, folder: Path) -> None:
    outputs, _ = run(study, predictor="units", units=str(folder / "tracts.geojson"))
    with closing(sqlite3.connect(study.root / outputs.layer)) as database:
        styles = database.execute("SELECT styleName, useAsDefault, styleQML FROM layer_styles").fetchall()
        (metadata,) = database.execute("SELECT metadata FROM gpkg_metadata").fetchone()
    assert [style[:2] for style in styles] == [("prediction", 1), ("interval width", 0)]
    assert " USD" in styles[0][2]
    for fact in ("encoder: tiny", "encoder fingerprint: f00d", "predictor: units", "CC BY-SA 4.0", "tracts.geojson"):
        assert fact in metadata


def test_the_surface_shows_the_values_of_the_layer(study: Study, folder: Path) -> None:
    outputs, layer = run(study, predictor="units", units=str(folder / "tracts.geojson"), resolution=20)
    centres = layer.to_crs(study.crs).centroid
    with rasterio.open(study.root / outputs.surface) as raster:
        found = np.array([value[0] for value in raster.sample(zip(centres.x, centres.y, strict=True))])
        assert raster.res == (20, 20)
        assert raster.units == ("USD",)
        assert raster.tags()["predictor"] == "units"
    assert found == pytest.approx(layer["prediction"].to_numpy(), rel=1e-5)


def test_other_units_than_those_of_the_training_can_be_predicted(study: Study) -> None:
    outputs, layer = run(study, predictor="units", units="square:800")
    assert outputs.features == len(layer)
    assert layer["n_views"].sum() == 320


def test_a_table_of_features_is_predicted_on_its_units(study: Study, folder: Path) -> None:
    _, layer = run(
        study, predictor="table", units=str(folder / "tracts.geojson"), features=str(folder / "features.csv")
    )
    assert len(layer) == 64
    assert (layer["n_views"] == 0).all()


def test_views_are_predicted_one_by_one(study: Study) -> None:
    outputs, layer = run(study, predictor="views")
    assert (outputs.features, set(layer.geom_type)) == (320, {"Point"})
    with rasterio.open(study.root / outputs.surface) as raster:
        values = raster.read(1, masked=True)
    tolerance = 1e-6 * abs(layer["prediction"].min())  # the surface has single precision
    assert layer["prediction"].min() - tolerance <= values.min()
    assert values.max() <= layer["prediction"].max() + tolerance


def test_predictions_of_views_are_averaged_by_unit_without_an_interval(study: Study, folder: Path) -> None:
    outputs, layer = run(study, predictor="views", units=str(folder / "tracts.geojson"))
    assert layer["n_views"].sum() == 320
    assert layer["lower"].isna().all()
    with closing(sqlite3.connect(study.root / outputs.layer)) as database:
        assert database.execute("SELECT styleName FROM layer_styles").fetchall() == [("prediction",)]


def test_without_a_predictor_the_layer_shows_where_units_look_alike(study: Study, folder: Path) -> None:
    outputs, layer = run(study, encoder="tiny", units=str(folder / "tracts.geojson"))
    truth = layer.merge(grid()[["GEOID", "income"]], left_on="unit_id", right_on="GEOID")
    assert list(layer.columns) == ["unit_id", "component_1", "component_2", "component_3", "n_views", "geometry"]
    # Income is what the embeddings of these units differ in most, so the first component must be it or its reverse.
    assert abs(np.corrcoef(truth["income"], truth["component_1"])[0, 1]) > 0.9
    assert outputs.outside == 0
    with rasterio.open(study.root / outputs.surface) as surface:
        assert surface.descriptions == ("first component of appearance",)


def test_components_are_those_of_the_definition_whatever_the_order_of_the_places() -> None:
    means = np.random.default_rng(0).normal(size=(40, 6)) * [5, 3, 1, 1, 1, 1]
    found, turned = appearance(means), appearance(means[::-1])
    assert turned.components[::-1] == pytest.approx(found.components)
    variances, _ = np.linalg.eigh(np.cov(means.T))
    assert found.explained == pytest.approx(variances[::-1][:3] / variances.sum())
    assert found.components.std(axis=0) == pytest.approx(1)


def test_places_that_are_all_the_same_have_no_components() -> None:
    assert (appearance(np.ones((5, 4))).components == 0).all()
    with pytest.raises(InputError, match="only 1 holds"):
        appearance(np.ones((1, 4)))


def test_a_refused_resolution_leaves_the_older_results_as_they_were(study: Study, folder: Path) -> None:
    outputs, _ = run(study, predictor="units", units=str(folder / "tracts.geojson"))
    paths = [study.root / outputs.layer, study.root / outputs.surface]
    before = [path.read_bytes() for path in paths]
    with pytest.raises(InputError, match=r"^resolution: "):
        run(study, predictor="views", resolution=0.001)
    assert [path.read_bytes() for path in paths] == before


class StopsAtTheSurface(Silent):
    """A user who stops the work when the layer is written and the surface is not."""

    def report(self, done: float, total: float, message: str = "") -> None:
        if message == "writing the surface":
            raise Cancelled("stopped")


def test_layer_and_surface_are_replaced_together(study: Study, folder: Path) -> None:
    outputs, _ = run(study, predictor="units", units=str(folder / "tracts.geojson"))
    paths = [study.root / outputs.layer, study.root / outputs.surface]
    before = [path.read_bytes() for path in paths]
    with pytest.raises(Cancelled):
        predict.PROCESS.run(study, predict.PROCESS.parse({"name": "result", "predictor": "views"}), StopsAtTheSurface())
    assert [path.read_bytes() for path in paths] == before
    assert sorted(path.name for path in study.results_dir.iterdir()) == ["result.gpkg", "result.tif"]


def test_predicting_twice_replaces_the_result(study: Study, folder: Path) -> None:
    for _ in range(2):
        run(study, predictor="units", units=str(folder / "tracts.geojson"))
    assert sorted(p.name for p in study.results_dir.iterdir()) == ["result.gpkg", "result.tif"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"predictor": "rents"}, "predictor: there is no predictor 'rents'; there are table, units, views"),
        ({"predictor": "units"}, "units: 'units' was trained on units"),
        ({"predictor": "table", "units": "tracts"}, "features: 'table' was trained on the columns of features.csv"),
        ({"predictor": "units", "units": "tracts", "features": "features"}, "features: 'units' takes embeddings"),
        ({"predictor": "units", "units": "tracts", "resolution": 0.01}, "resolution: 0.01 m would make"),
        ({"predictor": "units", "units": "tracts", "name": "roads"}, "name: 'roads' is the study's own layer; choose"),
        ({"predictor": "views", "name": "democity_safety"}, "name: 'democity_safety' is the study's own layer"),
        ({"predictor": "units", "units": "tracts", "name": "../x"}, "name: '../x' cannot be used as a name"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(
    study: Study, folder: Path, values: dict[str, Any], sentence: str
) -> None:
    files = {"tracts": str(folder / "tracts.geojson"), "features": str(folder / "features.csv")}
    values = {key: files.get(value, value) if key in ("units", "features") else value for key, value in values.items()}
    with pytest.raises(InputError, match=f"^{sentence}"):
        run(study, **values)


def test_features_that_lack_a_column_are_refused(study: Study, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "features.csv"
    pd.read_csv(folder / "features.csv", dtype={"GEOID": "str"}).drop(columns=f"e{DIMENSION - 1}").to_csv(
        path, index=False
    )
    with pytest.raises(InputError, match=f"^features: there is no column 'e{DIMENSION - 1}'"):
        run(study, predictor="table", units=str(folder / "tracts.geojson"), features=str(path))


def test_embeddings_by_another_version_of_the_encoder_are_refused(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    grid().to_file(tmp_path / "tracts.geojson", driver="GeoJSON")
    values = {"name": "p", "encoder": "tiny", "labels": str(tmp_path / "tracts.geojson"), "target": "income"}
    fit.PROCESS.run(study, fit.PROCESS.parse({**values, "model": "ridge"}), Silent())
    table = study.embeddings_table("tiny")
    newer = table.read().to_pandas().assign(fingerprint="beef")
    import pyarrow as pa

    from streetsense.study.tables import embedding_schema

    table.append(pa.Table.from_pandas(newer, schema=embedding_schema(DIMENSION), preserve_index=False))
    with pytest.raises(InputError, match="another version of 'tiny'"):
        run(study, predictor="p", units=str(tmp_path / "tracts.geojson"))
