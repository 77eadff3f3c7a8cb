"""Which views belong to a view."""

from __future__ import annotations

import math

from streetsense_qgis.gui.viewer.neighbours import RoadPoint, metres, neighbours, turn
from streetsense_qgis.gui.viewer.view import View

LATITUDE = 44.7
EAST_M = 1 / (111_195.08 * math.cos(math.radians(LATITUDE)))
NORTH_M = 1 / 111_195.08


def view(name, east=0.0, north=0.0, heading=0.0, at="2023-05-01", **more):
    return View("layer", hash(name), "town", name, -1.1 + east * EAST_M, LATITUDE + north * NORTH_M, heading,
                captured_at=at, **more)  # fmt: skip


def names(views):
    return [one.view_id for one in views]


def test_distances_are_in_metres():
    assert abs(metres(view("a"), view("b", 30, 40)) - 50) < 0.01


def test_the_angle_between_headings_goes_the_short_way():
    assert turn(350, 10) == 20
    assert turn(10, 350) == -20


def test_on_a_drive_the_next_photo_is_the_next_in_time_even_when_another_is_nearer():
    here = view("b", at="2023-05-01T10:00:10Z", sequence_id="s")
    before = view("a", -5, at="2023-05-01T10:00:05Z", sequence_id="s")
    after = view("c", 12, at="2023-05-01T10:00:15Z", sequence_id="s")
    later = view("d", 1, at="2023-05-01T10:05:00Z", sequence_id="s")
    other = view("e", 2, at="2023-05-01T10:00:11Z", sequence_id="another")
    found = neighbours(here, [later, after, other, before])
    assert (found.previous, found.next) == (before, after)


def test_on_a_drive_of_panoramas_the_next_view_looks_the_same_way():
    here = view("a90", heading=90, at="2023-05-01T10:00:00Z", sequence_id="s", pano_id="p1")
    same = view("a270", heading=270, at="2023-05-01T10:00:00Z", sequence_id="s", pano_id="p1")
    there = [
        view(f"b{heading}", 0, 10, heading, "2023-05-01T10:00:02Z", sequence_id="s", pano_id="p2")
        for heading in (0, 92, 180, 270)
    ]
    found = neighbours(here, [same, *there])
    assert found.next.view_id == "b92"
    assert found.previous is None


def test_moments_with_and_without_fractions_are_in_order():
    here = view("a", at="2023-05-01T10:00:10Z", sequence_id="s")
    half = view("b", 3, at="2023-05-01T10:00:10.500000+00:00", sequence_id="s")
    assert neighbours(here, [half]).next == half


def test_without_a_drive_the_road_of_the_sample_points_is_followed():
    points = [RoadPoint(f"p{step}", "r1", 90, -1.1 + step * 15 * EAST_M, LATITUDE) for step in range(4)]
    side_street = RoadPoint("q", "r2", 0, -1.1 + 16 * EAST_M, LATITUDE + 3 * NORTH_M)
    here = view("here", 15, heading=90, point_id="p1")
    before, after = view("before", 0, heading=90, point_id="p0"), view("after", 30, heading=95, point_id="p2")
    across = view("across", 16, 3, heading=90, point_id="q")
    found = neighbours(here, [before, after, across], [*points, side_street])
    assert (found.previous, found.next) == (before, after)


def test_a_view_that_looks_against_the_road_goes_on_where_it_looks():
    points = [RoadPoint(f"p{step}", "r1", 90, -1.1 + step * 15 * EAST_M, LATITUDE) for step in range(3)]
    here = view("here", 15, heading=270, point_id="p1")
    west, east = view("west", 0, heading=270, point_id="p0"), view("east", 30, heading=270, point_id="p2")
    found = neighbours(here, [west, east], points)
    assert found.next == west


def test_without_drive_and_road_the_next_photo_is_the_nearest_ahead_that_looks_the_same_way():
    here = view("here", heading=0)
    ahead, far, behind = view("ahead", 1, 20, 10), view("far", 0, 60, 0), view("behind", 0, -20, 0)
    aside, against = view("aside", 10, 1, 0), view("against", 0, 10, 180)
    found = neighbours(here, [far, ahead, behind, aside, against])
    assert (found.previous, found.next) == (behind, ahead)


def test_of_two_photos_ahead_the_one_of_the_same_year_is_next():
    here = view("here", heading=0, at="2019-07")
    found = neighbours(here, [view("new", 0, 20, 0, "2023-02"), view("old", 1, 20, 0, "2019-08")])
    assert found.next.view_id == "old"


def test_in_time_are_photos_within_five_metres_and_fifteen_degrees_of_other_days():
    here = view("here", at="2021-05-03T10:00:00Z")
    found = neighbours(
        here,
        [
            view("old", 3, heading=10, at="2019-07"),
            view("new", -4, heading=352, at="2023-02"),
            view("far", 6, at="2018-01"),
            view("turned", 0, heading=20, at="2017-01"),
            view("same day", 1, at="2021-05-03T10:00:18Z"),
            view("undated", 1, at=""),
        ],
    )
    assert names(found.moments) == ["old", "here", "new"]


def test_of_one_day_the_photo_that_looks_most_alike_is_taken():
    found = neighbours(view("here"), [view("x", heading=12, at="2019-07"), view("y", heading=1, at="2019-07")])
    assert names(found.moments) == ["y", "here"]


def test_other_directions_are_those_of_the_same_panorama_clockwise():
    here = view("e", heading=90, pano_id="p")
    found = neighbours(
        here,
        [view("w", heading=270, pano_id="p"), view("n", heading=0, pano_id="p"), view("z", heading=5, pano_id="q")],
    )
    assert names(found.headings) == ["n", "e", "w"]


def test_without_a_name_a_panorama_is_one_place_and_one_moment():
    here = view("e", heading=90, at="2019-07")
    found = neighbours(here, [view("n", heading=0, at="2019-07"), view("later", heading=0, at="2023-02")])
    assert names(found.headings) == ["n", "e"]


def test_a_lonely_view_has_no_neighbours():
    found = neighbours(view("here"), [])
    assert (found.previous, found.next, names(found.moments)) == (None, None, ["here"])


def test_over_the_antimeridian_it_is_not_far():
    one = View("l", 1, "town", "a", 179.99999, 0.0, 90.0)
    two = View("l", 2, "town", "b", -179.99999, 0.0, 90.0)
    assert metres(one, two) < 3
