"""Mapillary: photos and panoramas that people gave, found by boxes or tiles and licensed CC BY-SA 4.0."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from streetsense.streetview.online.apiaddress import api_address, host_of
from streetsense.streetview.online.boxes import Box, covering_boxes
from streetsense.streetview.online.mapillary_captures import FIELDS, LICENCE, capture_of, photo_address
from streetsense.streetview.online.mapillary_graph import KEY_URL, VARIABLE, Graph, GraphFault, missing_key
from streetsense.streetview.online.mapillary_tiles import ZOOM, captures_in_tile, tiles_covering
from streetsense.streetview.online.photobytes import read_photo
from streetsense.streetview.online.provider import Findings, FoundCapture, NoPhoto, Photo, Question, Shot
from streetsense.streetview.online.timespan import first_instant, instant_after
from streetsense.streetview.panorama import needed_height
from streetsense.streetview.terms import Secret, Terms
from streetsense.web import HostDown, HostLimits, OutOfTime, TryAgain, Web, WebAnswer, WebError, WebRefusal

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from streetsense.streetview.provider import FetchRequest

API = "https://graph.mapillary.com"
TILES = "https://tiles.mapillary.com/maps/vtp/mly1_public/2"
#: Images in one answer at most, as Mapillary wants it.
LIMIT = 2000
#: An answer with so many images counts as full: images that were withdrawn are taken out of it afterwards.
FULL = 1800
#: Sides of the boxes that discovery may begin with, in degrees. 0.01 square degrees are allowed, but large boxes with
#: many images take Mapillary more time than it gives itself.
SIDES_DEG = (0.00625, 0.0125, 0.025, 0.05)
#: Discovery begins with the smallest of these sides for which so many boxes cover the area, and with tiles where more
#: are needed even of the largest: a tile has all its images at once, but each photo costs a request more then.
MOST_BOXES = 16
#: Boxes are not cut into quarters with shorter sides (some 20 metres).
SMALLEST_SIDE_DEG = 0.0002
#: Rows of a panorama in the photo that is 2048 wide.
_PANO_ROWS = 1024
#: Where photos' addresses are, the best first: 2048 or 1024 pixels wide.
_PHOTO_FIELDS = ("thumb_2048_url", "thumb_1024_url")
#: What a photo's own question tells, for captures of which the tile did not have it.
_LEARNED = ("captured_at", "heading_deg", "fov_deg", "sequence_id", "attribution")


class Mapillary:
    """Asks Mapillary.

    Parameters
    ----------
    request : FetchRequest
        Of its options ``since``, ``until`` and ``api_url`` (another address of the Graph API; tiles are at
        ``<api_url>/tiles/<zoom>/<column>/<row>`` then), of its secrets ``key``.

    Raises
    ------
    InputError
        When there is no access token.
    """

    name: ClassVar[str] = "mapillary"
    cuts_itself: ClassVar[bool] = False
    terms: ClassVar[Terms] = Terms(
        title="Mapillary",
        description="Street photos and panoramas from all over the world, given by people and organisations.",
        licence=LICENCE,
        attribution="© Mapillary contributors, CC BY-SA 4.0, https://www.mapillary.com",
        url="https://www.mapillary.com/terms",
        notice=(
            "Photos on Mapillary are licensed CC BY-SA 4.0: they may be stored, changed and published as long as the "
            "user who took them and Mapillary are named with a link, and what is made of the photos is published under "
            "the same licence. Mapillary has blurred faces and number plates. Requests are made with an access token "
            "of your own, which is free of charge, and stay below Mapillary's limits."
        ),
        secrets=(Secret("key", "access token", VARIABLE),),
        key_url=KEY_URL,
    )

    def __init__(self, request: FetchRequest) -> None:
        key = request.secrets.get("key", "").strip()
        if not key:
            raise missing_key()
        self._graph = Graph(api_address(request, API), key)
        self._tiles = TILES if request.options.get("api_url") is None else f"{self._graph.api}/tiles"
        self._area = request.area
        self._since = str(request.options.get("since") or "")
        self._until = str(request.options.get("until") or "")
        # In a panorama of 1024 rows a view would have more pixels than its part of the panorama.
        is_too_coarse = needed_height(request.cuts) / 2 > _PANO_ROWS
        self._pano_fields = ("thumb_original_url",) if is_too_coarse else ()
        self._box_fields = (*self._pano_fields, _PHOTO_FIELDS[0])

    @property
    def limits(self) -> Mapping[str, HostLimits]:
        """What Mapillary allows (10,000 searches a minute, 50,000 tiles a day), with a margin."""
        return {
            "": HostLimits(connections=32),
            host_of(self._tiles): HostLimits(connections=8, per_second=20.0),
            host_of(self._graph.api): HostLimits(connections=32, per_second=120.0, attempts=5, timeout_s=30.0),
        }

    def questions(self) -> Sequence[Question]:
        """Return boxes, or tiles for areas that need many boxes."""
        import shapely

        area = shapely.union_all(self._area.geometry.to_numpy())
        if boxes := _first_boxes(area):
            return [Question("box", (*box.bounds, self._since, self._until)) for box in boxes]
        return [Question("tile", (ZOOM, x, y)) for x, y in tiles_covering(area)]

    async def ask(self, web: Web, question: Question) -> Findings:
        """Ask for the images in a box or a tile."""
        if question.kind == "tile":
            zoom, x, y = (int(part) for part in question.where)
            return await self._ask_tile(web, zoom, x, y)
        return await self._ask_box(web, question)

    async def photo(self, web: Web, shot: Shot) -> Photo:
        """Download a photo; its address is asked for when none is known, or when the known one has expired."""
        known = shot.capture
        url, more = known.fresh_url, dict[str, Any]()
        for is_last in (False, True):
            if url is None:
                url, more = await self._fresh(web, known)
            try:
                # The key stays with Mapillary: photos lie on other people's hosts.
                return Photo(await web.ask(url, read_photo), more)
            except WebRefusal as refusal:
                status = refusal.answer.status
                if status not in {403, 404, 410} or (is_last and status == 403):
                    raise
                url = None
        raise NoPhoto("Mapillary gives an address of the photo, but there is none")

    async def test_call(self, web: Web) -> str:
        """Ask for one image in a box of a hundred metres."""
        box = Box(13.0, 55.605, 13.001, 55.606)  # in Malmö, where Mapillary began
        await self._graph.objects(web, "images", {"bbox": _bbox(box), "fields": "id", "limit": "1"})
        return "the access token is accepted"

    async def _ask_box(self, web: Web, question: Question) -> Findings:
        box, since, until = _box_of(question)
        params = {"bbox": _bbox(box), "fields": ",".join((*FIELDS, *self._box_fields)), "limit": str(LIMIT)}
        if since:
            params["start_captured_at"] = first_instant(since)
        if until:
            params["end_captured_at"] = instant_after(until)
        can_be_cut = box.east - box.west >= 2 * SMALLEST_SIDE_DEG
        quarters = [Question("box", (*quarter.bounds, since, until)) for quarter in box.quarters()]
        try:
            answer = await self._graph.objects(web, "images", params)
        except GraphFault as error:
            if error.fault.is_too_large and can_be_cut:
                return Findings(further=quarters)
            raise
        except WebError as error:
            if _is_overworked(error) and can_be_cut:
                return Findings(further=quarters)
            raise
        images = answer.get("data")
        if not isinstance(images, list):
            raise WebError(host_of(self._graph.api), "the answer has no list of images")
        captures = [capture for image in images if (capture := capture_of(image, self._address)) is not None]
        is_full = len(images) >= FULL and can_be_cut
        return Findings(captures, quarters if is_full else (), len(images) - len(captures))

    async def _ask_tile(self, web: Web, zoom: int, x: int, y: int) -> Findings:
        async def read(answer: WebAnswer) -> Findings:
            self._graph.require_no_fault(answer)
            try:
                return await asyncio.to_thread(captures_in_tile, answer.body, x, y)
            except ValueError as error:
                raise TryAgain("the answer is no vector tile") from error

        try:
            return await self._graph.ask(web, f"{self._tiles}/{zoom}/{x}/{y}", read)
        except GraphFault as error:
            if error.fault.status == 404:  # nobody has been there
                return Findings()
            raise WebError(host_of(self._tiles), error.reason) from None

    async def _fresh(self, web: Web, known: FoundCapture) -> tuple[str, dict[str, Any]]:
        """Ask for a photo's address; return it and what is learned besides."""
        fields = self._photo_fields(known.is_pano)
        try:
            image = await self._graph.objects(web, known.source_id, {"fields": ",".join((*FIELDS, *fields))})
        except GraphFault as error:
            if error.fault.is_gone:
                raise NoPhoto("Mapillary does not have the image any more") from None
            raise
        url = photo_address(image, fields, self._graph.api)
        if url is None:
            raise NoPhoto("Mapillary gives no address of the photo")
        # Its place stays where it was found: by it the capture was chosen.
        there = {"type": "Point", "coordinates": [known.lon, known.lat]}
        found = capture_of({**image, "id": known.source_id, "computed_geometry": there})
        return url, {} if found is None else _learned(known, found)

    def _address(self, image: Mapping[str, Any], is_pano: bool) -> str | None:
        """Return a photo's best address; the others are asked for when it has none."""
        return photo_address(image, self._photo_fields(is_pano)[:1], self._graph.api)

    def _photo_fields(self, is_pano: bool) -> tuple[str, ...]:
        """Return the fields in which the photo's address is looked for, the best first."""
        return (*(self._pano_fields if is_pano else ()), *_PHOTO_FIELDS)


def _first_boxes(area: BaseGeometry) -> list[Box]:
    """Return the boxes that discovery begins with; none when there are too many of them."""
    west, south, east, north = area.bounds
    for side in SIDES_DEG:
        # The boxes of a large area are not even laid out.
        if ((east - west) / side - 1) * ((north - south) / side - 1) > MOST_BOXES**2:
            continue
        boxes = covering_boxes(area, side)
        if len(boxes) <= MOST_BOXES:
            return boxes
    return []


def _box_of(question: Question) -> tuple[Box, str, str]:
    west, south, east, north, since, until = question.where
    return Box(float(west), float(south), float(east), float(north)), str(since), str(until)


def _bbox(box: Box) -> str:
    return ",".join(f"{side:.8f}" for side in box.bounds)


def _is_overworked(error: WebError) -> bool:
    """Tell whether a server gave up: over boxes with very many images Mapillary's do, without saying why."""
    return error.reason.startswith(("HTTP 5", "no answer within")) and not isinstance(error, HostDown | OutOfTime)


def _learned(known: FoundCapture, found: FoundCapture) -> dict[str, Any]:
    """Return what a photo's own question tells that the capture did not have, or had differently."""
    learned = {name: getattr(found, name) for name in _LEARNED}
    return {name: value for name, value in learned.items() if value is not None and value != getattr(known, name)}
