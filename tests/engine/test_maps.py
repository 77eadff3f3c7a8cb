"""Result layers, their styles and surfaces."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from streetsense.errors import InputError
from streetsense.maps.layers import LayerMetadata, write_layer
from streetsense.maps.styles import CIVIDIS, class_edges, graduated_style
from streetsense.maps.surface import NODATA, burn, sensible_resolution, write_surface

UTM = "EPSG:32610"
METADATA = LayerMetadata("Predicted income", "Income & more", {"encoder": "vit", "empty": ""}, "CC BY 4.0", ["income"])


def squares(n: int = 4, side: float = 1000.0) -> gpd.GeoDataFrame:
    x, y = (axis.ravel() * side for axis in np.meshgrid(np.arange(n), np.arange(n)))
    cells = shapely.box(500_000 + x, 4_000_000 + y, 500_000 + x + side, 4_000_000 + y + side)
    frame = gpd.GeoDataFrame({"prediction": np.arange(n * n, dtype=float)}, geometry=cells, crs=UTM)
    return frame.assign(outside=(frame["prediction"] > 13).astype("int32"))


def written(path: Path) -> Path:
    frame = squares().to_crs("EPSG:4326")
    styles = [
        graduated_style("prediction", "prediction", frame["prediction"], geometry="polygon", unit="USD"),
        graduated_style("width", '"upper" - "lower"', np.ones(16), geometry="polygon", colours=CIVIDIS),
    ]
    write_layer(path, frame, "income", styles, METADATA)
    return path


def test_the_layer_holds_all_features_in_wgs84(tmp_path: Path) -> None:
    layer = gpd.read_file(written(tmp_path / "income.gpkg"), layer="income")
    assert len(layer) == 16
    assert layer.crs == "EPSG:4326"
    assert layer["prediction"].tolist() == list(range(16))


def test_the_first_style_is_the_default_and_both_lie_in_the_table_that_qgis_reads(tmp_path: Path) -> None:
    with closing(sqlite3.connect(written(tmp_path / "income.gpkg"))) as database:
        rows = database.execute(
            "SELECT f_table_name, f_geometry_column, styleName, useAsDefault, styleQML FROM layer_styles ORDER BY id"
        ).fetchall()
        (column,) = database.execute("SELECT column_name FROM gpkg_geometry_columns").fetchone()
    assert [row[:4] for row in rows] == [("income", column, "prediction", 1), ("income", column, "width", 0)]
    assert all(ElementTree.fromstring(row[4]).tag == "qgis" for row in rows)


def test_the_layer_says_where_it_comes_from(tmp_path: Path) -> None:
    path = written(tmp_path / "income.gpkg")
    with closing(sqlite3.connect(path)) as database:
        ((xml, table),) = database.execute(
            "SELECT metadata, table_name FROM gpkg_metadata JOIN gpkg_metadata_reference ON md_file_id = id "
            "WHERE md_standard_uri = 'http://mrcc.com/qgis.dtd' AND reference_scope = 'table'"
        ).fetchall()
        (description,) = database.execute(
            "SELECT description FROM gpkg_contents WHERE table_name = 'income'"
        ).fetchone()
    document = ElementTree.fromstring(xml)
    assert table == "income"
    assert description == "Income & more"
    assert document.findtext("title") == "Predicted income"
    assert document.findtext("license") == "CC BY 4.0"
    assert [entry.text for entry in document.iter("history")] == ["encoder: vit"]


def test_the_geopackage_is_sound_and_lists_one_layer_with_geometry(tmp_path: Path) -> None:
    path = written(tmp_path / "income.gpkg")
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    spatial = [name for name, kind in pyogrio.list_layers(path) if kind is not None]
    assert spatial == ["income"]


def test_an_older_result_stays_whole_when_writing_fails(tmp_path: Path) -> None:
    path = written(tmp_path / "income.gpkg")
    before = path.read_bytes()
    broken = graduated_style("x", "prediction", [1.0], geometry="polygon")
    object.__setattr__(broken, "qml", object())  # something that SQLite cannot store
    with pytest.raises(sqlite3.Error):
        write_layer(path, squares(), "income", [broken], METADATA)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["income.gpkg"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60), st.integers(2, 9))
def test_every_value_falls_into_a_class_of_the_style(values: list[float], classes: int) -> None:
    style = graduated_style("s", "prediction", values, geometry="point", classes=classes)
    ranges = [
        (float(r.attrib["lower"]), float(r.attrib["upper"])) for r in ElementTree.fromstring(style.qml).iter("range")
    ]
    assert all(any(low <= value <= high for low, high in ranges) for value in values)
    assert all(first[1] == second[0] for first, second in pairwise(ranges))


def test_the_renderer_is_graduated_by_the_prediction_with_the_unit_in_the_legend() -> None:
    document = ElementTree.fromstring(
        graduated_style("s", "prediction", np.arange(100.0), geometry="polygon", unit="USD").qml
    )
    renderer = document.find("renderer-v2")
    assert renderer is not None
    assert (renderer.attrib["type"], renderer.attrib["attr"]) == ("graduatedSymbol", "prediction")
    ranges, symbols = list(renderer.iter("range")), renderer.findall("symbols/symbol")
    assert [r.attrib["symbol"] for r in ranges] == [s.attrib["name"] for s in symbols]
    assert len(ranges) == 7
    assert all(r.attrib["label"].endswith(" USD") for r in ranges)
    assert len({r.attrib["label"] for r in ranges}) == 7


def test_a_hatch_is_switched_on_for_units_outside_the_training_data() -> None:
    document = ElementTree.fromstring(graduated_style("s", "prediction", [1, 2], geometry="polygon").qml)
    for symbol in document.findall("renderer-v2/symbols/symbol"):
        plain, hatch = symbol.findall("layer")
        assert hatch.find("Option/Option[@name='style']").attrib["value"] == "b_diagonal"  # type: ignore[union-attr]
        switch = "data_defined_properties/Option/Option[@name='properties']/Option[@name='enabled']"
        assert plain.find(switch) is None
        expression = hatch.find(f"{switch}/Option[@name='expression']")
        assert expression is not None and '"outside"' in expression.attrib["value"]


def test_class_colours_grow_lighter_with_the_value() -> None:
    document = ElementTree.fromstring(graduated_style("s", "prediction", np.arange(50), geometry="point").qml)
    colours = [
        np.array(layer.find("Option/Option[@name='color']").attrib["value"].split(","), dtype=float)  # type: ignore[union-attr]
        for layer in document.findall("renderer-v2/symbols/symbol/layer[1]")
    ]
    lightness = [colour[:3] @ [0.2126, 0.7152, 0.0722] for colour in colours]
    assert np.all(np.diff(lightness) > 0)


def test_equal_values_make_one_class() -> None:
    assert class_edges(np.full(9, 4.0)).tolist() == [4.0, 4.0]
    assert class_edges([np.nan]).tolist() == [0.0, 0.0]


def test_units_are_burnt_in_where_they_lie() -> None:
    frame = squares()
    surface = burn(frame, frame["prediction"].to_numpy(), 250.0)
    assert surface.values.shape == (16, 16)
    expected = np.arange(16).reshape(4, 4)[::-1]  # units count northwards, rows southwards
    assert np.array_equal(surface.values, np.kron(expected, np.ones((4, 4))))


def test_values_that_are_missing_leave_empty_cells() -> None:
    frame = squares(1)
    assert (burn(frame, np.array([np.nan]), 250.0).values == NODATA).all()


def test_points_are_averaged_by_cell() -> None:
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([10, 20, 130], [10, 20, 10]), crs=UTM)
    surface = burn(points, np.array([1.0, 3.0, 7.0]), 100.0)
    assert surface.values.tolist() == [[2.0, 7.0]]


def test_the_surface_is_a_cloud_optimized_geotiff_with_nodata_and_units(tmp_path: Path) -> None:
    frame = squares(8)
    surface = burn(frame, frame["prediction"].to_numpy(), 5.0)
    path = tmp_path / "income.tif"
    write_surface(path, surface, description="predicted income", unit="USD", tags={"encoder": "vit"})
    with rasterio.open(path) as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.overviews(1)
        assert (raster.nodata, raster.dtypes, raster.units) == (NODATA, ("float32",), ("USD",))
        assert raster.descriptions == ("predicted income",)
        assert raster.crs == UTM
        assert raster.tags()["encoder"] == "vit"
        assert raster.sample([(500_500, 4_000_500)]).__next__()[0] == 0.0
    assert [p.name for p in tmp_path.iterdir()] == ["income.tif"]


def test_a_resolution_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(InputError, match=r"^resolution: 0.1 m would make .* cells; choose [12] m or more\.$"):
        burn(squares(10), np.zeros(100), 0.1)


def test_the_automatic_resolution_is_round_and_fits_the_units() -> None:
    assert sensible_resolution(squares(4, 1000.0)) == 200.0
    assert sensible_resolution(squares(4, 1300.0)) == 500.0
    assert sensible_resolution(gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 900], [0, 900]), crs=UTM)) == 50.0
