"""The synthetic city: what stays, what changes with the date, what neighbourhoods share, and labels that follow."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from streetsense.errors import InputError
from streetsense.streetview.democity import (
    CLASSES,
    INDICATORS,
    CameraPose,
    DemoCity,
    RenderedViews,
    render_views,
    safety_parts,
    safety_scores,
)

CITY = DemoCity(3)
SMALL = (64, 64)
NOON = np.datetime64("2021-06-15T14:00:00")
VEGETATION, BUILDING, CAR, PERSON = (CLASSES.index(name) for name in ("vegetation", "building", "car", "person"))


def poses_along_streets(count: int, seed: int, *, times: NDArray[np.datetime64] | np.datetime64 = NOON) -> CameraPose:
    """Random poses on centre lines that look along or across the street."""
    random = np.random.default_rng(seed)
    streets = CITY.streets
    piece = random.integers(0, len(streets), count)
    share = random.uniform(0.2, 0.8, count)
    x = streets.ax[piece] + (streets.bx - streets.ax)[piece] * share
    y = streets.ay[piece] + (streets.by - streets.ay)[piece] * share
    bearing = np.degrees(np.arctan2(streets.bx - streets.ax, streets.by - streets.ay))[piece]
    lon, lat = CITY.to_lonlat(x, y)
    return CameraPose(lon, lat, bearing + 90 * random.integers(0, 4, count), times)


def random_times(count: int, seed: int) -> NDArray[np.datetime64]:
    """Times between 8 and 23 h UTC over four years."""
    random = np.random.default_rng(seed)
    second = random.integers(0, 1460, count) * 86_400 + random.integers(8 * 3600, 23 * 3600, count)
    return np.datetime64("2018-01-01T00:00:00") + second.astype("timedelta64[s]")


@pytest.fixture(scope="module")
def survey() -> tuple[CameraPose, RenderedViews]:
    """Four hundred small views all over the city and the calendar."""
    poses = poses_along_streets(400, 11, times=random_times(400, 12))
    return poses, render_views(CITY, poses, size=SMALL)


def one(poses: CameraPose, i: int) -> CameraPose:
    """The i-th pose on its own."""
    return CameraPose(
        poses.lon[i], poses.lat[i], poses.heading_deg[i], poses.captured_at[i], poses.fov_deg[i], poses.pitch_deg[i]
    )


def vertical_edges(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Strength of vertical edges."""
    return np.abs(np.diff(image.astype(float).mean(axis=2), axis=1))


def correlation(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    """Pearson's r."""
    return float(np.corrcoef(a.ravel().astype(float), b.ravel().astype(float))[0, 1])


# -- determinism -------------------------------------------------------------------------------------------------------


def test_a_view_is_the_same_bytes_alone_and_in_a_batch() -> None:
    poses = poses_along_streets(6, 1, times=random_times(6, 2))
    batch = render_views(CITY, poses, size=SMALL)
    for i in (5, 0, 3):
        alone = render_views(CITY, one(poses, i), size=SMALL)
        assert alone.images[0].tobytes() == batch.images[i].tobytes()
        assert alone.visible[0].tobytes() == batch.visible[i].tobytes()


def test_a_second_city_of_the_same_seed_is_the_same_city() -> None:
    poses = poses_along_streets(2, 3)
    twin = DemoCity(3)
    assert (
        render_views(twin, poses, size=SMALL).images.tobytes() == render_views(CITY, poses, size=SMALL).images.tobytes()
    )
    assert twin.block_groups().equals(CITY.block_groups())
    assert twin.roads().equals(CITY.roads())


def test_another_seed_is_another_city() -> None:
    poses = poses_along_streets(1, 4)
    assert (
        render_views(DemoCity(4), poses, size=SMALL).images.tobytes()
        != render_views(CITY, poses, size=SMALL).images.tobytes()
    )


# -- what stays and what changes ---------------------------------------------------------------------------------------


def test_a_place_keeps_its_facades_through_the_dates_and_another_place_has_others() -> None:
    here = poses_along_streets(14, 5)
    summer = render_views(
        CITY, CameraPose(here.lon, here.lat, here.heading_deg, np.datetime64("2019-07-03T15:00:00")), class_map=True
    )
    winter = render_views(
        CITY, CameraPose(here.lon, here.lat, here.heading_deg, np.datetime64("2022-02-09T13:00:00")), class_map=True
    )
    assert summer.class_map is not None and winter.class_map is not None
    same, other = [], []
    for i in range(len(here)):
        mask = (summer.class_map[i] == BUILDING) & (winter.class_map[i] == BUILDING)
        if mask[:, 1:].sum() < 2000:
            continue
        a = vertical_edges(summer.images[i])[mask[:, 1:]]
        same.append(correlation(a, vertical_edges(winter.images[i])[mask[:, 1:]]))
        other.append(correlation(a, vertical_edges(winter.images[i - 1])[mask[:, 1:]]))
    assert len(same) >= 8
    assert np.median(same) > 0.6
    assert np.median(other) < 0.3


def test_a_date_changes_light_cars_and_people() -> None:
    poses = poses_along_streets(40, 6)
    first = render_views(CITY, poses, size=SMALL)
    later = render_views(
        CITY, CameraPose(poses.lon, poses.lat, poses.heading_deg, NOON + np.timedelta64(40, "D")), size=SMALL
    )
    assert np.abs(first.visible[:, CAR] - later.visible[:, CAR]).max() > 0.05
    assert np.abs(first.visible[:, PERSON] - later.visible[:, PERSON]).max() > 0.002
    assert not np.array_equal(first.images, later.images)


def test_trees_are_bare_in_winter_and_full_in_summer() -> None:
    poses = poses_along_streets(60, 7)
    summer = render_views(
        CITY, CameraPose(poses.lon, poses.lat, poses.heading_deg, np.datetime64("2021-07-10T14:00:00")), size=SMALL
    )
    winter = render_views(
        CITY, CameraPose(poses.lon, poses.lat, poses.heading_deg, np.datetime64("2021-01-10T14:00:00")), size=SMALL
    )
    assert winter.visible[:, VEGETATION].mean() < 0.7 * summer.visible[:, VEGETATION].mean()


def test_night_is_darker_than_day() -> None:
    poses = poses_along_streets(8, 8)
    day = render_views(CITY, poses, size=SMALL).images.mean()
    night = render_views(
        CITY, CameraPose(poses.lon, poses.lat, poses.heading_deg, np.datetime64("2021-06-15T02:00:00")), size=SMALL
    )
    assert night.images.mean() < 0.75 * day


def test_a_date_without_a_time_is_rendered_in_daylight() -> None:
    poses = poses_along_streets(4, 9)
    dates = np.array(["2021-01-05", "2021-03-05", "2021-06-05", "2021-12-05"], dtype="datetime64[D]")
    at = CameraPose(poses.lon, poses.lat, poses.heading_deg, dates)
    _, dynamic = safety_parts(CITY, render_views(CITY, at, size=SMALL).visible, at)
    assert render_views(CITY, at, size=SMALL).images.mean() > 60
    assert dynamic.min() > -3.5


# -- the camera --------------------------------------------------------------------------------------------------------


def _lone_facade() -> tuple[float, float, float]:
    """A pose 9 m in front of the middle of a front wall, and the compass heading that faces it."""
    walls, ground = CITY.walls, CITY.ground
    x = walls.ax + walls.ux * walls.length / 2
    y = walls.ay + walls.uy * walls.length / 2
    stand_x, stand_y = x + walls.uy * 9, y - walls.ux * 9
    on_road = ground.edge_distance(stand_x, stand_y) < 0
    good = np.flatnonzero((walls.kind == 0) & on_road & (walls.height > 6) & (walls.length > 6))
    k = good[len(good) // 2]
    lon, lat = CITY.to_lonlat(stand_x[k], stand_y[k])
    grid = np.degrees(np.arctan2(-walls.uy[k], walls.ux[k]))
    return float(lon), float(lat), float(grid + CITY.convergence_deg)


def test_a_building_straight_ahead_fills_the_centre_column_at_its_distance() -> None:
    lon, lat, heading = _lone_facade()
    view = render_views(CITY, CameraPose(lon, lat, heading, NOON), size=(101, 101), class_map=True)
    assert view.class_map is not None
    above_horizon = view.class_map[0, 30:48, 50]
    assert np.isin(above_horizon, [BUILDING, CLASSES.index("decay"), VEGETATION]).all()


def test_turning_right_moves_what_is_ahead_to_the_left() -> None:
    lon, lat, heading = _lone_facade()
    ahead, turned = render_views(CITY, CameraPose(lon, lat, [heading, heading + 20], NOON), size=(128, 128)).images
    # The middle of the first view lies tan(20 deg) * focal = 23 pixels further left in the second.
    patch = vertical_edges(ahead)[40:60, 52:76]
    scores = [correlation(patch, vertical_edges(turned)[40:60, 52 + s : 76 + s]) for s in range(-50, 51)]
    assert -31 <= int(np.argmax(scores)) - 50 <= -15


def test_north_and_south_show_different_things() -> None:
    poses = poses_along_streets(3, 10)
    north = render_views(CITY, CameraPose(poses.lon, poses.lat, 0.0, NOON), size=SMALL)
    south = render_views(CITY, CameraPose(poses.lon, poses.lat, 180.0, NOON), size=SMALL)
    full_turn = render_views(CITY, CameraPose(poses.lon, poses.lat, 360.0, NOON), size=SMALL)
    assert np.array_equal(north.images, full_turn.images)
    assert np.abs(north.images.astype(int) - south.images).mean() > 10


def test_looking_up_shows_more_sky_and_looking_down_more_road() -> None:
    poses = poses_along_streets(12, 14)
    shares = [
        render_views(
            CITY, CameraPose(poses.lon, poses.lat, poses.heading_deg, NOON, 70.0, pitch), size=SMALL
        ).visible.mean(axis=0)
        for pitch in (-30.0, 0.0, 30.0)
    ]
    sky, road = CLASSES.index("sky"), CLASSES.index("road")
    assert shares[0][sky] < shares[1][sky] < shares[2][sky]
    assert shares[0][road] > shares[1][road] > shares[2][road]


@settings(deadline=None, max_examples=40)
@given(
    x=st.floats(-3000, 5000),
    y=st.floats(-3000, 5000),
    heading=st.floats(-720, 720),
    fov=st.floats(10, 140),
    pitch=st.floats(-60, 60),
    second=st.integers(0, 1_800_000_000),
    height=st.integers(1, 50),
    width=st.integers(1, 50),
)
def test_any_pose_renders(
    x: float, y: float, heading: float, fov: float, pitch: float, second: int, height: int, width: int
) -> None:
    lon, lat = CITY.to_lonlat(x, y)
    pose = CameraPose(lon, lat, heading, np.datetime64(second, "s"), fov, pitch)
    view = render_views(CITY, pose, size=(height, width), class_map=True)
    assert view.images.shape == (1, height, width, 3)
    assert np.isclose(view.visible.sum(), 1, atol=1e-5)
    assert np.isfinite(safety_scores(CITY, view.visible, pose)).all()


def test_poses_out_of_range_are_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"^pitch_deg: 1 of 1"):
        CameraPose(0.0, 0.0, 0.0, NOON, 90.0, 80.0)
    with pytest.raises(InputError, match=r"^lat: 1 of 2"):
        CameraPose(0.0, [45.0, 95.0], 0.0, NOON)
    with pytest.raises(InputError, match=r"^captured_at"):
        CameraPose(0.0, 45.0, 0.0, np.datetime64("NaT"))
    with pytest.raises(InputError, match=r"^size: "):
        render_views(CITY, poses_along_streets(1, 1), size=(0, 224))
    with pytest.raises(InputError, match=r"^size_m"):
        DemoCity(0, size_m=(10.0, 10.0))


# -- layers ------------------------------------------------------------------------------------------------------------


def test_the_city_lies_in_the_open_atlantic() -> None:
    centre = CITY.area().to_crs(CITY.crs).centroid.to_crs("EPSG:4326").iloc[0]
    assert abs(centre.x + 29.5) < 0.01
    assert abs(centre.y - 45.0) < 0.01
    assert CITY.area().estimate_utm_crs() == CITY.crs


def test_block_groups_tile_the_area_without_overlap() -> None:
    groups = CITY.block_groups().to_crs(CITY.crs)
    area = CITY.area().to_crs(CITY.crs).geometry.iloc[0]
    assert 100 <= len(groups) <= 200
    assert groups["geoid"].is_unique
    # Straight lines in degrees and in metres part by millimetres over a kilometre.
    assert np.isclose(groups.area.sum(), area.area, rtol=1e-5)
    assert np.isclose(shapely.union_all(groups.geometry).area, area.area, rtol=1e-5)


def test_roads_are_about_thirty_kilometres_of_named_synthetic_streets() -> None:
    roads = CITY.roads()
    assert 24_000 < roads.to_crs(CITY.crs).length.sum() < 42_000
    assert roads["road_id"].is_unique
    assert roads["name"].str.contains("synthetic").all()
    assert set(roads["highway"]) == {"primary", "secondary", "residential", "living_street"}


def test_roads_meet_at_shared_end_points() -> None:
    ends = shapely.get_coordinates(CITY.roads().geometry)
    _, counts = np.unique(np.round(ends, 7), axis=0, return_counts=True)
    assert (counts >= 3).sum() > 100


@pytest.mark.parametrize("name", list(INDICATORS))
def test_an_indicator_follows_the_latent_fields_as_far_as_its_noise_share_allows(name: str) -> None:
    spec, groups = INDICATORS[name], CITY.block_groups()
    centre = groups.to_crs(CITY.crs).centroid.to_crs("EPSG:4326")
    wealth, centrality = CITY.wealth_and_centrality(centre.x.to_numpy(), centre.y.to_numpy())
    values = groups[name].to_numpy(dtype=float)
    design = np.stack([np.ones(len(values)), wealth, centrality], axis=1)
    target = np.log(values) if spec.log else values
    fit = design @ np.linalg.lstsq(design, target, rcond=None)[0]
    explained = 1 - ((target - fit) ** 2).sum() / ((target - target.mean()) ** 2).sum()
    assert abs(explained - (1 - spec.noise_share)) < 0.15
    assert spec.minimum <= values.min() and values.max() <= spec.maximum
    assert spec.unit


# -- ambience ----------------------------------------------------------------------------------------------------------


def test_rich_neighbourhoods_are_greener_and_better_kept(survey: tuple[CameraPose, RenderedViews]) -> None:
    poses, views = survey
    wealth, _ = CITY.wealth_and_centrality(poses.lon, poses.lat)
    month = poses.captured_at.astype("datetime64[M]").astype(int) % 12
    in_leaf = (month >= 4) & (month <= 9)
    assert correlation(wealth[in_leaf], views.visible[in_leaf, VEGETATION]) > 0.3
    assert correlation(wealth, views.visible[:, CLASSES.index("decay")]) < -0.4


def test_the_centre_has_less_sky_and_more_building(survey: tuple[CameraPose, RenderedViews]) -> None:
    poses, views = survey
    _, centrality = CITY.wealth_and_centrality(poses.lon, poses.lat)
    assert correlation(centrality, views.visible[:, CLASSES.index("sky")]) < -0.4
    assert correlation(centrality, views.visible[:, BUILDING]) > 0.3


def test_latent_fields_are_smooth() -> None:
    random = np.random.default_rng(0)
    x, y = random.uniform(50, 1550, 300), random.uniform(50, 1150, 300)
    for field in (0, 1):
        here = CITY.latent.wealth_and_centrality(x, y)[field]
        near = CITY.latent.wealth_and_centrality(x + 30, y)[field]
        assert np.abs(here - near).max() < 0.3
        assert here.max() - here.min() > 0.6


# -- what is visible, and safety ---------------------------------------------------------------------------------------


def test_visible_shares_sum_to_one_and_are_those_of_the_class_map() -> None:
    poses = poses_along_streets(5, 20)
    views = render_views(CITY, poses, size=SMALL, class_map=True)
    assert views.class_map is not None
    counted = (
        np.stack([np.bincount(m.ravel(), minlength=len(CLASSES)) for m in views.class_map]) / views.class_map[0].size
    )
    np.testing.assert_allclose(views.visible, counted, atol=1e-6)
    np.testing.assert_allclose(views.visible.sum(axis=1), 1, atol=1e-5)


def test_every_class_is_seen_somewhere(survey: tuple[CameraPose, RenderedViews]) -> None:
    _, views = survey
    assert (views.visible.max(axis=0) > 0.002).all()


@pytest.mark.parametrize(
    ("name", "sign"), [("vegetation", 1), ("person", 1), ("car", -1), ("clutter", -1), ("decay", -1)]
)
def test_safety_responds_to_visible_content(name: str, sign: int) -> None:
    pose = poses_along_streets(1, 21)
    before = np.full((1, len(CLASSES)), 1 / len(CLASSES), dtype=np.float32)
    before[0, CLASSES.index(name)] = 0.0
    after = before.copy()
    after[0, CLASSES.index(name)] = 0.1
    assert sign * float((safety_scores(CITY, after, pose) - safety_scores(CITY, before, pose))[0]) > 0.3


def test_the_same_place_looks_less_safe_at_night() -> None:
    day = poses_along_streets(1, 22)
    night = CameraPose(day.lon, day.lat, day.heading_deg, np.datetime64("2021-06-15T03:00:00"))
    visible = np.full((1, len(CLASSES)), 1 / len(CLASSES), dtype=np.float32)
    static_day, dynamic_day = safety_parts(CITY, visible, day)
    static_night, dynamic_night = safety_parts(CITY, visible, night)
    assert static_day == static_night
    assert dynamic_night < dynamic_day - 1


def test_moving_content_and_light_carry_a_quarter_or_more_of_the_variance_of_safety(
    survey: tuple[CameraPose, RenderedViews],
) -> None:
    poses, views = survey
    scores = safety_scores(CITY, views.visible, poses)
    _, dynamic = safety_parts(CITY, views.visible, poses)
    assert 0.25 < dynamic.var() / scores.var() < 0.75
    assert scores.std() > 1.0
    assert scores.min() >= 0 and scores.max() <= 10
