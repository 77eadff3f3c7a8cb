"""Units from polygons, hexagons and squares, and the mean embeddings of their views."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from streetsense.errors import InputError
from streetsense.units import MeanByUnit, assign_units, mean_embeddings, read_units
from streetsense.vectors import utm_crs

SETTINGS = settings(max_examples=40, deadline=None)
UTM = "EPSG:32635"


def views(lon: np.ndarray, lat: np.ndarray) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326)


@pytest.fixture
def helsinki() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(0)
    return views(rng.uniform(24.90, 24.96, 2000), rng.uniform(60.15, 60.19, 2000))


@pytest.fixture
def area() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.box(24.90, 60.15, 24.96, 60.19)], crs=4326)


def layer(path: Path, **columns: list) -> Path:
    boxes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(3, 0, 4, 1)][
        : len(next(iter(columns.values())))
    ]
    gpd.GeoDataFrame(columns, geometry=boxes, crs=4326).to_file(path)
    return path


# --- where units come from ---


@pytest.mark.parametrize("source", ["h3:9", "square:250"])
def test_every_view_lies_in_one_of_the_cells_made_for_the_views(source: str, helsinki: gpd.GeoDataFrame) -> None:
    units = read_units(source, helsinki)
    assigned = assign_units(helsinki, units)
    assert set(assigned) == set(units["unit_id"])


@pytest.mark.parametrize("source", ["h3:9", "square:250"])
def test_cells_made_for_an_area_cover_it(source: str, area: gpd.GeoDataFrame) -> None:
    units = read_units(source, area)
    assert units["unit_id"].is_unique
    assert units.crs.to_epsg() == 4326
    uncovered = area.to_crs(UTM).difference(units.to_crs(UTM).union_all())
    assert uncovered.area.sum() < 1e-4 * area.to_crs(UTM).area.sum()
    assert units.intersects(area.geometry.iloc[0]).all()


def test_a_view_lies_in_the_h3_cell_that_h3_says(helsinki: gpd.GeoDataFrame) -> None:
    assigned = assign_units(helsinki, read_units("h3:8", helsinki))
    expected = [h3.latlng_to_cell(p.y, p.x, 8) for p in helsinki.geometry]
    assert (assigned == np.array(expected, dtype=object)).mean() > 0.999


def test_squares_have_their_size_and_corners_at_multiples_of_it(area: gpd.GeoDataFrame) -> None:
    squares = read_units("square:200", area, UTM).to_crs(UTM)  # type: ignore[arg-type]
    np.testing.assert_allclose(squares.area, 200**2, rtol=1e-6)
    np.testing.assert_allclose(np.round(squares.bounds / 200) * 200, squares.bounds, atol=1e-4)
    west, south = squares.bounds.iloc[0][["minx", "miny"]].round() / 200
    assert squares["unit_id"].iloc[0] == f"200:{west:.0f}:{south:.0f}"


def test_a_square_has_the_same_name_whatever_it_was_made_for(
    area: gpd.GeoDataFrame, helsinki: gpd.GeoDataFrame
) -> None:
    of_area, of_views = read_units("square:500", area, UTM), read_units("square:500", helsinki, UTM)  # type: ignore[arg-type]
    both = of_views.merge(of_area, on="unit_id", suffixes=("", "_area"))
    assert len(both) == len(of_views)
    assert shapely.equals_exact(both.geometry.to_numpy(), both["geometry_area"].to_numpy(), tolerance=1e-9).all()


def test_a_large_area_in_degrees_is_covered_along_its_curved_border() -> None:
    wide = gpd.GeoDataFrame(geometry=[shapely.box(24.0, 60.0, 26.0, 60.1)], crs=4326)
    border = views(np.linspace(24.001, 25.999, 500), np.full(500, 60.0001))
    crs = utm_crs(wide)
    assert not (assign_units(border, read_units("square:1000", wide, crs)) == None).any()  # noqa: E711 - elementwise


@pytest.mark.parametrize("column", ["GEOID", "unit_id", "id"])
def test_the_identifier_of_a_polygon_layer_is_guessed_and_stays_text(
    tmp_path: Path, helsinki: gpd.GeoDataFrame, column: str
) -> None:
    units = read_units(layer(tmp_path / "a.gpkg", income=[5, 6], **{column: ["06001", "06002"]}), helsinki)
    assert list(units["unit_id"]) == ["06001", "06002"]


def test_a_column_can_be_chosen_as_identifier(tmp_path: Path, helsinki: gpd.GeoDataFrame) -> None:
    path = layer(tmp_path / "a.gpkg", GEOID=["1", "2"], ward=["b", "a"])
    assert list(read_units(path, helsinki, id_column="ward")["unit_id"]) == ["a", "b"]
    with pytest.raises(InputError, match="units: there is no column 'tract'"):
        read_units(path, helsinki, id_column="tract")


@pytest.mark.parametrize("source", ["h3:16", "h3:", "h3:-1", "h3:nine"])
def test_a_resolution_that_h3_does_not_have_is_refused(source: str, helsinki: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match=r"units: .* has no valid resolution"):
        read_units(source, helsinki)


@pytest.mark.parametrize("source", ["square:", "square:0", "square:-5", "square:nan", "square:big"])
def test_a_size_that_is_no_length_is_refused(source: str, helsinki: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match=r"units: .* has no valid size"):
        read_units(source, helsinki)


@pytest.mark.parametrize("source", ["h3:15", "square:1"])
def test_millions_of_cells_are_refused(source: str) -> None:
    country = gpd.GeoDataFrame(geometry=[shapely.box(5, 45, 15, 55)], crs=4326)
    with pytest.raises(InputError, match="would make about"):
        read_units(source, country)


def test_a_source_that_is_no_file_is_refused(helsinki: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match="units: hexagons:9 does not exist"):
        read_units("hexagons:9", helsinki)


def test_a_layer_of_lines_gives_no_units(tmp_path: Path, helsinki: gpd.GeoDataFrame) -> None:
    lines = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=4326)
    lines.to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="LineString where polygons are needed"):
        read_units(tmp_path / "a.gpkg", helsinki)


def test_an_identifier_that_repeats_is_named(tmp_path: Path, helsinki: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match="units: '7' occurs more than once in column 'GEOID'"):
        read_units(layer(tmp_path / "a.gpkg", GEOID=["7", "7"]), helsinki)


def test_an_identifier_that_is_missing_is_an_error(tmp_path: Path, helsinki: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match=r"1 features of .* have no 'GEOID'"):
        read_units(layer(tmp_path / "a.gpkg", GEOID=["7", None]), helsinki)


def test_a_layer_without_an_identifier_is_an_error(tmp_path: Path, helsinki: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match="no column called like GEOID"):
        read_units(layer(tmp_path / "a.gpkg", income=[1, 2]), helsinki)


# --- which unit a view lies in ---


def test_a_view_outside_every_unit_has_none(tmp_path: Path) -> None:
    points = views(np.array([0.5, 1.5, 2.5]), np.array([0.5, 0.5, 0.5]))
    units = read_units(layer(tmp_path / "a.gpkg", id=["a", "b"]), points)
    assert list(assign_units(points, units)) == ["a", "b", None]


def test_a_view_on_a_border_belongs_to_the_unit_whose_name_sorts_first(tmp_path: Path) -> None:
    points = views(np.array([1.0]), np.array([0.5]))
    for names in (["a", "b"], ["b", "a"]):
        path = layer(tmp_path / f"{names[0]}.gpkg", id=names)
        assert list(assign_units(points, read_units(path, points))) == ["a"]


def test_a_view_half_a_metre_outside_belongs_to_the_nearest_unit(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", id=["a", "b"])
    points = views(np.array([2 + 0.5 / 111_320, 2 + 5 / 111_320]), np.array([0.5, 0.5]))
    assert list(assign_units(points, read_units(path, points))) == ["b", None]


def test_views_that_lie_in_no_unit_at_all_are_an_error(tmp_path: Path, helsinki: gpd.GeoDataFrame) -> None:
    units = read_units(layer(tmp_path / "a.gpkg", id=["a", "b"]), helsinki)
    with pytest.raises(InputError, match="none of the 2000 positions lies in any of the 2 units"):
        assign_units(helsinki, units)


@SETTINGS
@given(st.lists(st.tuples(st.floats(0, 3000), st.floats(0, 3000)), min_size=1, max_size=50), st.floats(50, 900))
def test_a_view_lies_in_the_square_that_its_coordinates_say(xy: list[tuple[float, float]], size: float) -> None:
    metres = np.array(xy) + np.array([385_000, 6_671_000])
    points = gpd.GeoDataFrame(geometry=shapely.points(metres), crs=UTM).to_crs(4326)
    size = float(f"{size:g}")
    inside = np.abs(metres / size - np.round(metres / size)).min(axis=1) * size > 0.05
    expected = [f"{size:g}:{c:.0f}:{r:.0f}" for c, r in np.floor(metres / size)]
    assigned = assign_units(points, read_units(f"square:{size:g}", points, UTM))  # type: ignore[arg-type]
    assert (assigned == np.array(expected, dtype=object))[inside].all()


# --- means ---


@SETTINGS
@given(st.data())
def test_means_are_the_plain_means_of_each_unit_however_the_rows_come(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 60))
    ids = np.array(
        data.draw(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=rows, max_size=rows)), dtype=object
    )
    embeddings = data.draw(arrays(np.float32, (rows, 3), elements=st.floats(-100, 100, width=32)))
    cuts = sorted(data.draw(st.lists(st.integers(0, rows), max_size=4)))
    order = np.array(data.draw(st.permutations(range(rows))))
    streamed = MeanByUnit()
    for part in np.split(order, cuts):
        streamed.add(ids[part], embeddings[part])
    for names, means, counts in (mean_embeddings(ids, embeddings), streamed.result()):
        assert list(names) == sorted({name for name in ids if name is not None})
        for name, mean, count in zip(names, means, counts, strict=True):
            assert count == (ids == name).sum()
            np.testing.assert_allclose(mean, embeddings[ids == name].astype(np.float64).mean(axis=0), atol=1e-9)


def test_a_large_offset_does_not_cost_precision() -> None:
    embeddings = np.full((50_000, 2), 4096.1, dtype=np.float32)
    _, means, _ = mean_embeddings(np.full(50_000, "a", dtype=object), embeddings)
    np.testing.assert_allclose(means, np.float64(np.float32(4096.1)), rtol=1e-12)


def test_no_rows_give_no_means() -> None:
    names, means, counts = MeanByUnit().result()
    assert len(names) == len(means) == len(counts) == 0


def test_embeddings_of_different_encoders_are_not_mixed() -> None:
    means = MeanByUnit()
    means.add(["a"], np.zeros((1, 4), dtype=np.float32))
    with pytest.raises(InputError, match="rows have 5 values, earlier ones 4"):
        means.add(["a"], np.zeros((1, 5), dtype=np.float32))


def test_ids_and_embeddings_must_have_the_same_number_of_rows() -> None:
    with pytest.raises(InputError, match="do not fit 2 unit ids"):
        mean_embeddings(["a", "b"], np.zeros((3, 4), dtype=np.float32))


def test_an_embedding_that_is_not_finite_is_named_by_its_unit() -> None:
    with pytest.raises(InputError, match="unit b has values that are not finite"):
        mean_embeddings(["a", "b"], np.array([[1.0], [np.nan]]))


# --- real data ---


@pytest.mark.real
def test_the_tracts_of_the_bay_area_are_units_and_hold_their_points(shared_data: Path) -> None:
    folder = shared_data / "bayarea_urban2vec"
    tracts = gpd.read_file(folder / "tracts.geojson")
    points = gpd.GeoDataFrame(geometry=tracts.representative_point(), crs=tracts.crs)
    units = read_units(folder / "tracts.geojson", points)
    assert len(units) == len(tracts)
    assert len(set(assign_units(points, units))) > 0.99 * len(units)
