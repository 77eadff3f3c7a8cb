"""Roads from files, and the points along them."""

from __future__ import annotations

import bz2
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from streetsense.errors import InputError
from streetsense.roads import RoadNetwork, clip_lines, read_roads, sample_points
from streetsense.roads.networktypes import belongs, deciding_tags, overpass_filter
from streetsense.roads.sampling import point_ids
from streetsense.vectors import utm_crs

UTM = "EPSG:32635"
EAST, NORTH = 385_000.0, 6_671_000.0
SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def roads_of(*lines: list[tuple[float, float]], ids: list[str] | None = None) -> gpd.GeoDataFrame:
    """Lines in metres from a corner in Helsinki."""
    geometry = [shapely.LineString(np.asarray(line, dtype=float) + np.array([EAST, NORTH])) for line in lines]
    return gpd.GeoDataFrame({"road_id": ids or [f"r{i}" for i in range(len(lines))]}, geometry=geometry, crs=UTM)


def positions(points: gpd.GeoDataFrame) -> np.ndarray:
    """Positions in metres from the corner, sorted."""
    xy = shapely.get_coordinates(points.geometry.to_numpy()) - [EAST, NORTH]
    return xy[np.lexsort(np.round(xy, 2).T)]


# --- sampling ---


def test_points_are_spaced_evenly_along_a_road() -> None:
    points = sample_points(roads_of([(0, 0), (100, 0)]), 15)
    x = positions(points)[:, 0]
    assert len(x) == 7
    np.testing.assert_allclose(np.diff(x), 15, atol=1e-6)
    assert x[0] == pytest.approx(100 - x[-1])


def test_spacing_is_measured_along_the_road_not_across_its_corner() -> None:
    points = sample_points(roads_of([(0, 0), (30, 0), (30, 30)]), 15)
    np.testing.assert_allclose(positions(points), [[7.5, 0], [22.5, 0], [30, 7.5], [30, 22.5]], atol=1e-3)


def test_a_street_drawn_in_both_directions_gets_its_points_once() -> None:
    once = sample_points(roads_of([(0, 0), (40, 3), (100, 0)]), 15)
    twice = sample_points(roads_of([(0, 0), (40, 3), (100, 0)], [(100, 0), (40, 3), (0, 0)]), 15)
    assert list(once["point_id"]) == list(twice["point_id"])


def test_a_street_that_shares_a_stretch_with_another_gets_points_there_once() -> None:
    points = sample_points(roads_of([(0, 0), (150, 0), (300, 0)], [(150, 0), (300, 0), (450, 0)]), 15)
    assert len(points) == 30


def test_a_street_digitised_as_many_short_lines_is_walked_through() -> None:
    pieces = [[(x, 0), (x + 7, 0)] for x in range(0, 140, 7)]
    points = sample_points(roads_of(*pieces), 15)
    np.testing.assert_allclose(positions(points), positions(sample_points(roads_of([(0, 0), (140, 0)]), 15)), atol=1e-6)
    assert len(points) == 9


def test_streets_that_meet_at_a_junction_are_walked_one_by_one() -> None:
    arms = [[(0, 0), (30, 0)], [(0, 0), (-30, 0)], [(0, 0), (0, 30)]]
    points = sample_points(roads_of(*arms), 15)
    assert len(points) == 6
    assert shapely.distance(points.geometry.to_numpy(), shapely.Point(EAST, NORTH)).min() == pytest.approx(7.5)


def test_the_two_carriageways_of_a_dual_street_stay_two() -> None:
    points = sample_points(roads_of([(0, 0), (150, 0)], [(150, 10), (0, 10)]), 15)
    assert len(points) == 20
    assert sorted(np.unique(np.round(positions(points)[:, 1]))) == [0, 10]


def test_a_bridge_without_a_common_vertex_is_not_a_junction() -> None:
    network = RoadNetwork.merge(roads_of([(-50, 0), (50, 0)], [(0, -50), (0, 50)]))
    assert len(network.chain_length) == 2
    assert network.length == pytest.approx(200)


def test_a_roundabout_is_sampled_all_around() -> None:
    angle = np.linspace(0, 2 * np.pi, 73)
    circle = list(zip(50 * np.cos(angle), 50 * np.sin(angle), strict=True))
    shifted = circle[20:-1] + circle[:21]
    points = sample_points(roads_of(circle), 15)
    assert len(points) == round(2 * np.pi * 50 / 15)
    assert list(points["point_id"]) == list(sample_points(roads_of(shifted), 15)["point_id"])


@pytest.mark.parametrize(
    ("line", "bearing"), [([(0, 0), (0, 90)], 0), ([(0, 0), (90, 0)], 90), ([(0, 90), (0, 0)], 180)]
)
def test_the_bearing_is_clockwise_from_true_north_in_the_direction_of_digitisation(line: list, bearing: float) -> None:
    points = sample_points(roads_of(line), 15)
    # Grid north differs from true north here: UTM zone 35 has its middle at 27 E, Helsinki lies at 24.9 E.
    degrees = points.to_crs("EPSG:4326").geometry
    convergence = np.degrees(np.arctan(np.tan(np.radians(degrees.x - 27)) * np.sin(np.radians(degrees.y))))
    expected = (bearing + convergence) % 360
    np.testing.assert_allclose(points["road_bearing_deg"], expected, atol=1e-3)
    assert abs(convergence).min() > 1.7


def test_the_bearing_agrees_with_the_geodesic_to_the_next_metre() -> None:
    roads = roads_of([(0, 0), (400, 250), (380, 900)])
    points = sample_points(roads, 15)
    line = roads.geometry.iloc[0]
    ahead = shapely.line_interpolate_point(line, shapely.line_locate_point(line, points.geometry.to_numpy()) + 0.5)
    here, there = points.to_crs(4326).geometry, gpd.GeoSeries(ahead, crs=UTM).to_crs(4326)
    azimuth = np.mod(Geod(ellps="WGS84").inv(here.x, here.y, there.x, there.y)[0], 360)
    np.testing.assert_allclose(points["road_bearing_deg"], azimuth, atol=0.01)


def test_a_point_names_the_road_it_lies_on() -> None:
    points = sample_points(roads_of([(0, 0), (60, 0)], [(60, 0), (120, 0)], ids=["west", "east"]), 15)
    x = points.geometry.x - EAST
    assert set(points["road_id"][x < 59]) == {"west"}
    assert set(points["road_id"][x > 61]) == {"east"}


def test_points_do_not_depend_on_the_order_of_the_file() -> None:
    roads = roads_of([(0, 0), (100, 0)], [(100, 0), (100, 80)], [(100, 0), (200, 7)], [(200, 7), (300, 7)])
    first, second = sample_points(roads, 15), sample_points(roads.iloc[[2, 0, 3, 1]].reset_index(drop=True), 15)
    pd.testing.assert_frame_equal(
        pd.DataFrame(first.drop(columns="geometry")), pd.DataFrame(second.drop(columns="geometry"))
    )
    assert (first.geometry == second.geometry).all()


def test_a_grid_of_equal_blocks_gets_as_many_points_as_its_length_asks_for() -> None:
    across = [[(x, y), (x + 80, y)] for x in range(0, 800, 80) for y in range(0, 880, 80)]
    network = RoadNetwork.merge(roads_of(*across, *([(y, x), (y2, x2)] for (x, y), (x2, y2) in across)))
    assert abs(len(sample_points(network, 15)) * 15 - network.length) <= 7.5


@pytest.mark.parametrize("spacing", [0, -15, float("nan"), float("inf")])
def test_a_spacing_that_is_no_distance_is_refused(spacing: float) -> None:
    with pytest.raises(InputError, match=r"spacing: .* is no distance"):
        sample_points(roads_of([(0, 0), (100, 0)]), spacing)


def test_a_spacing_that_fits_no_street_is_refused() -> None:
    with pytest.raises(InputError, match="more than twice the length of all streets"):
        sample_points(roads_of([(0, 0), (100, 0)]), 500)


def test_roads_in_degrees_are_refused() -> None:
    with pytest.raises(InputError, match="does not measure in metres"):
        sample_points(roads_of([(0, 0), (100, 0)]).to_crs(4326), 15)


def test_identifiers_tell_a_tenth_of_a_metre_apart_and_no_less() -> None:
    lon, lat = np.array([24.9, 24.9000004, 24.9000012]), np.array([60.1, 60.1, 60.1])
    first, same, other = point_ids(lon, lat)
    assert first == same != other
    assert len(first) == 16


coordinate = st.integers(-200, 200)
line_strategy = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=5, unique=True)
network_strategy = st.lists(line_strategy, min_size=1, max_size=6)


def sampled(lines: list[list[tuple[float, float]]], spacing: float = 15) -> gpd.GeoDataFrame:
    roads = roads_of(*lines)
    assume(RoadNetwork.merge(roads).length > spacing)
    return sample_points(roads, spacing)


@SETTINGS
@given(network_strategy)
def test_every_point_lies_on_a_road_and_has_a_bearing(lines: list[list[tuple[float, float]]]) -> None:
    points = sampled(lines)
    roads = shapely.union_all(roads_of(*lines).geometry.to_numpy())
    assert shapely.distance(points.geometry.to_numpy(), roads).max() < 0.002
    assert points["road_bearing_deg"].between(0, 360, inclusive="left").all()
    assert points["point_id"].is_unique


@SETTINGS
@given(line_strategy, st.floats(5, 40))
def test_consecutive_points_are_exactly_one_spacing_apart_along_the_road(
    line: list[tuple[float, float]], spacing: float
) -> None:
    roads = roads_of(line)
    assume(roads.geometry.is_simple.all() and roads.length.iloc[0] > spacing)
    points = sample_points(roads, spacing)
    along = np.sort(shapely.line_locate_point(roads.geometry.iloc[0], points.geometry.to_numpy()))
    np.testing.assert_allclose(np.diff(along), spacing, atol=0.01)
    assert len(points) == np.floor(roads.length.iloc[0] / spacing + 0.5)


@SETTINGS
@given(network_strategy, st.data())
def test_listing_roads_twice_or_backwards_or_in_another_order_changes_no_point(
    lines: list[list[tuple[float, float]]], data: st.DataObject
) -> None:
    points = sampled(lines)
    extra = data.draw(st.lists(st.sampled_from(lines), max_size=4))
    mixed = data.draw(st.permutations([*(line[::-1] for line in lines), *extra]))
    assert list(sampled(mixed)["point_id"]) == list(points["point_id"])


@SETTINGS
@given(network_strategy, st.floats(0.1, 0.9))
def test_splitting_a_road_in_two_changes_no_point_by_more_than_a_centimetre(
    lines: list[list[tuple[float, float]]], share: float
) -> None:
    points = sampled(lines)
    (x0, y0), (x1, y1) = lines[0][:2]
    middle = (x0 + share * (x1 - x0), y0 + share * (y1 - y0))
    # A vertex on a stretch that other lines share would be a junction for them.
    assume(sum(shapely.LineString(line).distance(shapely.Point(middle)) < 0.01 for line in lines) == 1)
    assume(shapely.LineString(lines[0]).is_simple)
    split = sampled([[(x0, y0), middle], [middle, *lines[0][1:]], *lines[1:]])
    assert len(split) == len(points)
    apart = shapely.STRtree(points.geometry.to_numpy()).query_nearest(split.geometry.to_numpy(), return_distance=True)[
        1
    ]
    assert apart.max() < 0.01


# --- files ---


def write_lines(path: Path, lines: list, **columns: list) -> Path:
    gpd.GeoDataFrame(columns or {"number": range(len(lines))}, geometry=lines, crs=4326).to_file(path)
    return path


A = shapely.LineString([(24.94, 60.17), (24.95, 60.17)])
B = shapely.LineString([(24.95, 60.17), (24.95, 60.18)])


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp"])
def test_any_line_layer_can_be_roads(tmp_path: Path, suffix: str) -> None:
    roads = read_roads(write_lines(tmp_path / f"lines.{suffix}", [A, B], osm_id=["7", "8"], name=["Esplanadi", None]))
    assert list(roads.columns) == ["road_id", "name", "highway", "geometry"]
    assert list(roads["road_id"]) == ["7", "8"]
    assert roads["name"][0] == "Esplanadi"
    assert roads["name"].isna()[1]
    assert roads.crs.to_epsg() == 4326


def test_lines_without_an_identifier_are_named_after_their_shape(tmp_path: Path) -> None:
    there = read_roads(write_lines(tmp_path / "a.geojson", [A, B]))
    back = read_roads(write_lines(tmp_path / "b.geojson", [B.reverse(), A]))
    assert list(there["road_id"]) == list(back["road_id"])
    assert there["road_id"].is_unique


def test_roads_in_several_pieces_are_split_and_lines_without_length_dropped(tmp_path: Path) -> None:
    both = shapely.MultiLineString([A, shapely.LineString([(24.96, 60.17), (24.97, 60.17)])])
    point = shapely.LineString([(24.9, 60.1), (24.9, 60.1)])
    roads = read_roads(write_lines(tmp_path / "a.gpkg", [both, point], road_id=["x", "y"]))
    assert list(roads["road_id"]) == ["x", "x"]
    assert set(roads.geom_type) == {"LineString"}


def test_roads_are_cut_at_the_area(tmp_path: Path) -> None:
    area = gpd.GeoDataFrame(
        geometry=[shapely.box(24.94, 60.16, 24.945, 60.2), shapely.box(24.945, 60.16, 24.948, 60.2)]
    )
    roads = read_roads(write_lines(tmp_path / "a.gpkg", [A, B]), area.set_crs(4326))
    assert len(roads) == 1
    assert roads.total_bounds[2] == pytest.approx(24.948)


def test_a_layer_of_points_is_no_layer_of_roads(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"roads: .* holds no line"):
        read_roads(write_lines(tmp_path / "a.gpkg", [shapely.Point(24.9, 60.1)]))


def test_roads_elsewhere_are_refused_with_the_place_of_the_area(tmp_path: Path) -> None:
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 50, 1, 51)], crs=4326)
    with pytest.raises(InputError, match=r"roads: no road of .* lies inside the area \(0.0000, 50.0000"):
        read_roads(write_lines(tmp_path / "a.gpkg", [A]), area)


OSM_XML = """<?xml version='1.0' encoding='UTF-8'?><osm version="0.6">
{nodes}
<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/><tag k="name" v="A &quot;b&quot; street"/></way>
<way id="2"><nd ref="2"/><nd ref="3"/><tag k="highway" v="footway"/></way>
<way id="3"><nd ref="3"/><nd ref="4"/><tag k="highway" v="tertiary"/><tag k="access" v="private"/></way>
<way id="4"><nd ref="1"/><nd ref="4"/><tag k="highway" v="motorway"/></way>
<way id="5"><nd ref="1"/><nd ref="3"/><tag k="highway" v="service"/><tag k="service" v="parking_aisle"/></way>
<way id="6"><nd ref="2"/><nd ref="4"/><tag k="building" v="yes"/></way>
<way id="7"><nd ref="1"/><nd ref="5"/><tag k="highway" v="residential"/><tag k="tunnel" v="yes"/>
  <tag k="note" v='x","access"=>"private'/></way>
<way id="8"><nd ref="4"/><nd ref="5"/><tag k="highway" v="primary"/><tag k="motor_vehicle" v="no"/></way>
</osm>""".format(
    nodes="".join(f'<node id="{i}" lat="{60.17 + i / 1000}" lon="{24.94 + i * i / 1000}"/>' for i in range(1, 6))
)


@pytest.mark.parametrize(
    ("network", "ways"),
    [
        ("drive", ["1", "4", "7"]),
        ("walk", ["1", "2", "5", "7", "8"]),
        ("bike", ["1", "5", "7", "8"]),
        ("all", ["1", "2", "3", "4", "5", "7", "8"]),
    ],
)
def test_an_osm_file_gives_the_ways_of_the_network(tmp_path: Path, network: str, ways: list[str]) -> None:
    (tmp_path / "x.osm").write_text(OSM_XML)
    assert list(read_roads(tmp_path / "x.osm", network=network)["road_id"]) == ways  # type: ignore[arg-type]


def test_a_compressed_osm_file_is_the_same_as_the_plain_one(tmp_path: Path) -> None:
    (tmp_path / "x.osm").write_text(OSM_XML)
    (tmp_path / "x.osm.bz2").write_bytes(bz2.compress(OSM_XML.encode()))
    plain, packed = read_roads(tmp_path / "x.osm"), read_roads(tmp_path / "x.osm.bz2")
    assert plain.equals(packed)
    assert plain["name"][0] == 'A "b" street'


def test_a_compressed_file_that_grows_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.osm.bz2").write_bytes(bz2.compress(bytes(5_000_000)))
    with pytest.raises(InputError, match="more than 2 MB when it is decompressed"):
        read_roads(tmp_path / "x.osm.bz2", max_decompressed=2_000_000)


@pytest.mark.parametrize("content", [b"BZh9 this is no bzip2", bz2.compress(OSM_XML.encode())[:-40]])
def test_a_damaged_compressed_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.osm.bz2").write_bytes(content)
    with pytest.raises(InputError, match="is damaged"):
        read_roads(tmp_path / "x.osm.bz2")


def test_an_osm_file_without_roads_of_the_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.osm").write_text(OSM_XML.replace("highway", "railway"))
    with pytest.raises(InputError, match="no road of the network 'drive'"):
        read_roads(tmp_path / "x.osm")


def test_a_file_that_is_no_osm_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.osm.pbf").write_bytes(b"not a protocol buffer at all")
    with pytest.raises(InputError, match="cannot be read as OpenStreetMap data"):
        read_roads(tmp_path / "x.osm.pbf")


def test_the_overpass_filter_names_every_tag_that_decides() -> None:
    query = overpass_filter("drive")
    assert query.startswith('["highway"]')
    for tag in deciding_tags("drive"):
        assert f'["{tag}"!~"^(' in query


def test_ways_without_a_highway_tag_never_belong() -> None:
    tags = pd.DataFrame([dict.fromkeys(deciding_tags("all"))], dtype=object)
    assert not belongs(tags, "all").any()


def test_a_line_that_only_touches_the_area_is_outside() -> None:
    lines = gpd.GeoDataFrame({"road_id": ["a"]}, geometry=[A], crs=4326)
    beside = gpd.GeoDataFrame(geometry=[shapely.box(24.95, 60.1, 25, 60.2)], crs=4326)
    with pytest.raises(InputError, match="lies inside the area"):
        clip_lines(lines, beside, "the test")


# --- real data ---


@pytest.mark.real
@pytest.mark.parametrize(
    "file", ["osm/helsinki_centre.osm.pbf", "osm/west_oakland.osm.bz2", "panoramax_capferret/full_lines.geojson"]
)
def test_points_times_spacing_is_the_length_of_the_network_within_one_per_cent(shared_data: Path, file: str) -> None:
    roads = read_roads(shared_data / file)
    metres = roads.to_crs(utm_crs(roads))
    network = RoadNetwork.merge(metres)
    points = sample_points(network, 15)
    assert len(points) * 15 == pytest.approx(network.length, rel=0.01)
    assert network.length == pytest.approx(metres.length.sum(), rel=0.01)


@pytest.mark.real
def test_helsinki_listed_in_both_directions_has_the_same_points(shared_data: Path) -> None:
    roads = read_roads(shared_data / "osm/helsinki_centre.osm.pbf")
    roads = roads.to_crs(utm_crs(roads))
    both = pd.concat([roads, roads.set_geometry(roads.geometry.reverse())], ignore_index=True)
    assert list(sample_points(both, 15)["point_id"]) == list(sample_points(roads, 15)["point_id"])
