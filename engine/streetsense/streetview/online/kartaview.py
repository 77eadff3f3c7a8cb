"""KartaView: street photos of people and fleets, found by circles and licensed CC BY-SA 4.0."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from streetsense.errors import InputError
from streetsense.streetview.online.apiaddress import checked_address, host_of
from streetsense.streetview.online.boxes import Box, covering_boxes
from streetsense.streetview.online.jsonvalues import members, number, truth
from streetsense.streetview.online.kartaview_captures import LICENCE, captures_of
from streetsense.streetview.online.photobytes import read_photo
from streetsense.streetview.online.provider import Findings, NoPhoto, Photo, Question, Shot
from streetsense.streetview.terms import Terms
from streetsense.web import HostLimits, TryAgain, Web, WebAnswer, WebError, WebRefusal

if TYPE_CHECKING:
    from streetsense.streetview.provider import FetchRequest

API = "https://api.openstreetcam.org"
#: Photos in one answer at most, as KartaView wants it.
PER_PAGE = 150
#: KartaView states no limits; its servers are slow, and nobody is in a hurry.
PER_SECOND = 5.0
#: Sides of the cells that discovery begins with, in degrees; a circle around one has a radius of some 500 m or less.
SIDE_DEG = 0.0064
#: Cells are not cut into quarters when the circles around them are as small as this.
SMALLEST_RADIUS_M = 15.0
#: So many cells at most: circles of 500 m are no way to ask for a country.
MOST_CELLS = 20_000
#: A cell with more pages is asked for in quarters.
MOST_PAGES = 100
#: The sphere on which cells are measured is up to half a percent off.
_MARGIN = 1.006

_OK, _EMPTY, _TOO_DENSE, _TOO_MANY_REQUESTS = 600, 601, 408, 429


class Kartaview:
    """Asks KartaView.

    Parameters
    ----------
    request : FetchRequest
        Of its options ``api_url``: where ``/2.0/photo/`` is.

    Raises
    ------
    InputError
        When ``api_url`` is no address.
    """

    name: ClassVar[str] = "kartaview"
    cuts_itself: ClassVar[bool] = False
    terms: ClassVar[Terms] = Terms(
        title="KartaView",
        description="Street photos of people and vehicle fleets from many countries (formerly OpenStreetCam).",
        licence=LICENCE,
        attribution="© KartaView contributors, CC BY-SA 4.0, https://kartaview.org",
        url="https://kartaview.org/terms",
        notice=(
            "Photos on KartaView are licensed CC BY-SA 4.0: they may be stored, changed and published as long as "
            "KartaView and the user who took them are named, and what is made of the photos is published under the "
            "same licence. The service is often slow or away, and its dates lack their time zone, so that views near "
            "midnight may belong to the day before or after."
        ),
        is_recommended=False,
    )

    def __init__(self, request: FetchRequest) -> None:
        self._api = checked_address(str(request.options.get("api_url") or API))
        self._area = request.area

    @property
    def limits(self) -> Mapping[str, HostLimits]:
        """A few searches at a time; photos come from storage hosts."""
        return {
            "": HostLimits(connections=16),
            host_of(self._api): HostLimits(connections=4, per_second=PER_SECOND, attempts=4),
        }

    def questions(self) -> Sequence[Question]:
        """Return the first pages of the cells that cover the area."""
        import shapely

        area = shapely.union_all(self._area.geometry.to_numpy())
        west, south, east, north = area.bounds
        is_too_large = ((east - west) / SIDE_DEG - 1) * ((north - south) / SIDE_DEG - 1) > 50 * MOST_CELLS
        cells = [] if is_too_large else covering_boxes(area, SIDE_DEG)
        if is_too_large or len(cells) > MOST_CELLS:
            raise InputError(
                "area: it is too large for KartaView, which answers for circles of 500 metres; divide the area into "
                "several studies, or use another provider."
            )
        return [_cell(cell) for cell in cells]

    async def ask(self, web: Web, question: Question) -> Findings:
        """Ask for a page of the photos around a cell; a cell with too many photos leads to its quarters."""
        west, south, east, north, page = question.where
        box = Box(float(west), float(south), float(east), float(north))
        params = {
            "lat": f"{(box.south + box.north) / 2:.8f}",
            "lng": f"{(box.west + box.east) / 2:.8f}",
            "radius": str(radius_m(box)),
            "join": "sequence",
            "orderBy": "id",
            "orderDirection": "asc",
            "itemsPerPage": str(PER_PAGE),
            "page": str(page),
        }
        quarters = [_cell(quarter) for quarter in box.quarters()]
        can_be_cut = radius_m(box) > SMALLEST_RADIUS_M
        try:
            photos, has_more = await self._photos(web, params)
        except TooDense as error:
            if can_be_cut:
                return Findings(further=quarters)
            raise WebError(host_of(self._api), error.reason) from None
        found = captures_of(photos, self._api)
        if not photos or not has_more:
            return found
        if int(page) >= MOST_PAGES:
            return Findings(found.captures, quarters if can_be_cut else (), found.unreadable)
        return Findings(found.captures, [_cell(box, int(page) + 1)], found.unreadable)

    async def photo(self, web: Web, shot: Shot) -> Photo:
        """Download a photo."""
        if shot.capture.photo_url is None:
            raise NoPhoto("KartaView gives no address of the photo")
        try:
            return Photo(await web.ask(shot.capture.photo_url, read_photo))
        except WebRefusal as refusal:
            if refusal.answer.status in {404, 410}:
                raise NoPhoto("KartaView does not have the photo any more") from None
            raise

    async def test_call(self, web: Web) -> str:
        """Ask for one photo around a place."""
        params = {"lat": "46.770", "lng": "23.591", "radius": "50", "itemsPerPage": "1", "page": "1"}
        with contextlib.suppress(TooDense):
            await self._photos(web, params)
        return "it answers"

    async def _photos(self, web: Web, params: Mapping[str, str]) -> tuple[list[object], bool]:
        """Ask for photos; return them, and whether there are more."""
        try:
            return await web.ask(f"{self._api}/2.0/photo/", _read, params=params)
        except WebRefusal as refusal:
            if _api_code(refusal.answer) != _TOO_DENSE:
                raise
        except WebError as error:
            if error.reason != f"HTTP {_TOO_DENSE}":
                raise
        raise TooDense


class TooDense(Exception):
    """KartaView has more photos around a place than it can list in its time."""

    reason = "too many photos in one place"


def radius_m(cell: Box) -> int:
    """Return the radius in metres of the circle around a cell."""
    return math.ceil(math.hypot(cell.width_m, cell.height_m) / 2 * _MARGIN)


def _cell(cell: Box, page: int = 1) -> Question:
    return Question("cell", (*cell.bounds, page))


def _read(answer: WebAnswer) -> tuple[list[object], bool]:
    """Read a page of photos."""
    said = members(answer.json())
    code = number(members(said.get("status")).get("apiCode"))
    if code == _EMPTY:
        return [], False
    if code == _TOO_DENSE:
        raise TooDense
    if code == _TOO_MANY_REQUESTS:
        raise TryAgain("too many requests", is_busy=True)
    if code != _OK:
        raise TryAgain("the answer has no state" if code is None else f"the answer's state is {code:.0f}")
    result = members(said.get("result"))
    data = result.get("data")
    # Answers have lists, or objects whose members are called 0, 1, 2 and so on.
    photos = list(data.values()) if isinstance(data, Mapping) else data if isinstance(data, list) else []
    return photos, truth(result.get("hasMoreData"))


def _api_code(answer: WebAnswer) -> float | None:
    """Return the state that a refusal names; None when it names none."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return number(members(members(said).get("status")).get("apiCode"))
