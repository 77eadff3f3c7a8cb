"""Which views belong to a view: along the road, in time, and the other directions of its panorama."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from .view import View

#: Metres within which two photos show the same place, and degrees within which they look the same way.
SAME_PLACE_M, SAME_HEADING_DEG = 5.0, 15.0
#: Two views of one panorama without a name for it are this close (metres).
_SAME_SPOT_M = 0.5
#: What lies within this angle of a direction lies ahead in it (degrees).
_AHEAD_DEG = 60.0
_EARTH_M = 6_371_008.8


@dataclass(frozen=True)
class RoadPoint:
    """A sample point: where it is, on which road, and which way the road goes (degrees)."""

    point_id: str
    road_id: str
    bearing_deg: float
    longitude: float
    latitude: float


@dataclass(frozen=True)
class Neighbours:
    """The views around one view.

    Attributes
    ----------
    previous, next : View or None
        Along the road: earlier and later on the same drive, or behind and ahead.
    moments : list of View
        The same place and direction at all dates, itself among them, in order of time.
    headings : list of View
        The same panorama in all directions, itself among them, clockwise.
    """

    previous: View | None = None
    next: View | None = None
    moments: list[View] = field(default_factory=list)
    headings: list[View] = field(default_factory=list)

    def towards(self, way: str, view: View | None) -> View | None:
        """Return where ``previous``, ``next``, ``earlier``, ``later``, ``left`` or ``right`` of a view leads."""
        if way in ("previous", "next"):
            return self.previous if way == "previous" else self.next
        some = self.moments if way in ("earlier", "later") else self.headings
        names = [one.view_id for one in some]
        if view is None or view.view_id not in names or len(names) < 2:
            return None
        index = names.index(view.view_id) + (1 if way in ("later", "right") else -1)
        if way in ("left", "right"):  # once around
            return some[index % len(some)]
        return some[index] if 0 <= index < len(some) else None


def neighbours(view: View, around: Iterable[View], points: Iterable[RoadPoint] = ()) -> Neighbours:
    """Find what belongs to a view.

    Parameters
    ----------
    view : View
        The one that is shown.
    around : iterable of View
        Views near it, itself among them or not.
    points : iterable of RoadPoint, optional
        Sample points near it; they say which way the road goes.
    """
    others = [other for other in around if other.view_id != view.view_id and other.has_place]
    previous, following = _along_drive(view, others)
    if previous is None and following is None:
        previous, following = _along_road(view, others, list(points)) or _along_heading(view, others)
    return Neighbours(previous, following, _in_time(view, others), _same_panorama(view, others))


def metres(one: View | RoadPoint, two: View | RoadPoint) -> float:
    """Return the distance of two places near each other, in metres."""
    return math.hypot(*_east_north(one, two))


def turn(one_deg: float, two_deg: float) -> float:
    """Return the angle from one heading to another, from -180 to 180 degrees."""
    return (two_deg - one_deg + 180) % 360 - 180


def _east_north(one: View | RoadPoint, two: View | RoadPoint) -> tuple[float, float]:
    east = math.radians(turn(one.longitude, two.longitude)) * math.cos(math.radians(one.latitude))
    return _EARTH_M * east, _EARTH_M * math.radians(two.latitude - one.latitude)


def _bearing(one: View | RoadPoint, two: View | RoadPoint) -> float:
    return math.degrees(math.atan2(*_east_north(one, two))) % 360


def _looks_away(view: View, other: View) -> float:
    """Return by how many degrees two views look into different directions; little when one is unknown."""
    if view.heading_deg is None or other.heading_deg is None:
        return 0.0
    return abs(turn(view.heading_deg, other.heading_deg))


def _is_same_shot(view: View, other: View) -> bool:
    """Tell whether two views were cut from one panorama."""
    if view.pano_id or other.pano_id:
        return view.pano_id == other.pano_id
    return other.moment == view.moment and metres(view, other) <= _SAME_SPOT_M


def _along_drive(view: View, others: list[View]) -> tuple[View | None, View | None]:
    """Return what the same camera took just before and just after, in the direction nearest to the view's."""
    if not view.sequence_id or not view.moment:
        return None, None
    drive = [other for other in others if other.sequence_id == view.sequence_id and not _is_same_shot(view, other)]
    before = [other for other in drive if other.moment and other.moment < view.moment]
    after = [other for other in drive if other.moment > view.moment]
    return (
        _of_moment(view, before, max(before, key=lambda one: one.moment)) if before else None,
        _of_moment(view, after, min(after, key=lambda one: one.moment)) if after else None,
    )


def _of_moment(view: View, some: list[View], chosen: View) -> View:
    """Return the view of the chosen one's shot that looks most like ``view``."""
    shot = [other for other in some if other.moment == chosen.moment and _is_same_shot(chosen, other)]
    return min(shot or [chosen], key=lambda other: (_looks_away(view, other), metres(chosen, other)))


def _along_road(view: View, others: list[View], points: list[RoadPoint]) -> tuple[View | None, View | None] | None:
    """Return the views at the sample points before and after on the same road; None when the road is unknown."""
    here = next((point for point in points if view.point_id and point.point_id == view.point_id), None)
    if here is None:
        return None
    forward = here.bearing_deg
    if view.heading_deg is not None and abs(turn(forward, view.heading_deg)) > 90:
        forward += 180  # ahead is where the view looks
    at_point: dict[str, list[View]] = {}
    for other in others:
        at_point.setdefault(other.point_id, []).append(other)
    road = [point for point in points if point.road_id == here.road_id and point.point_id in at_point]
    found: list[View | None] = []
    for direction in (forward + 180, forward):
        ahead = [point for point in road if point is not here and _is_ahead(here, point, direction)]
        nearest = min(ahead, key=lambda point: metres(here, point), default=None)
        found.append(_most_alike(view, at_point[nearest.point_id]) if nearest else None)
    return found[0], found[1]


def _along_heading(view: View, others: list[View]) -> tuple[View | None, View | None]:
    """Return the nearest views behind and ahead that look the same way."""
    if view.heading_deg is None:
        return None, None
    alike = [
        other
        for other in others
        if other.heading_deg is not None and _looks_away(view, other) <= 45 and metres(view, other) > SAME_PLACE_M / 2
    ]
    found: list[View | None] = []
    for direction in (view.heading_deg + 180, view.heading_deg):
        ahead = [other for other in alike if _is_ahead(view, other, direction)]
        nearest = min(ahead, key=lambda other: metres(view, other), default=None)
        near = [other for other in ahead if nearest is not None and metres(nearest, other) <= SAME_PLACE_M]
        found.append(_most_alike(view, near) if near else None)
    return found[0], found[1]


def _is_ahead(here: View | RoadPoint, there: View | RoadPoint, direction_deg: float) -> bool:
    return metres(here, there) > 0.1 and abs(turn(direction_deg, _bearing(here, there))) <= _AHEAD_DEG


def _most_alike(view: View, some: list[View]) -> View:
    """Return the one that looks the same way, of the same time if there is a choice."""
    return min(some, key=lambda other: (round(_looks_away(view, other) / 10), _apart(view.moment, other.moment)))


def _apart(one: str, two: str) -> float:
    """Return about how many days lie between two moments; only the order counts."""
    return abs(_days(one) - _days(two))


def _days(moment: str) -> float:
    numbers = [int(part) if part.isdigit() else 1 for part in (moment[:4], moment[5:7], moment[8:10], moment[11:13])]
    return numbers[0] * 365.25 + numbers[1] * 30.44 + numbers[2] + numbers[3] / 24


def _in_time(view: View, others: list[View]) -> list[View]:
    """Return the same place and direction at other dates, one view a day or month, itself among them."""
    if not view.moment:
        return [view]
    days = {_day(view): view}
    for other in others:
        is_here = metres(view, other) <= SAME_PLACE_M and _looks_away(view, other) <= SAME_HEADING_DEG
        if not is_here or not other.moment or _day(other) == _day(view) or _is_same_shot(view, other):
            continue
        known = days.get(_day(other))
        if known is None or _looks_away(view, other) < _looks_away(view, known):
            days[_day(other)] = other
    return sorted(days.values(), key=lambda one: one.moment)


def _day(view: View) -> str:
    return view.moment[:10]


def _same_panorama(view: View, others: list[View]) -> list[View]:
    """Return all directions of the panorama, clockwise from north, itself among them."""
    shot = [other for other in others if other.heading_deg is not None and _is_same_shot(view, other)]
    return sorted([*shot, view], key=lambda one: one.heading_deg or 0.0)
