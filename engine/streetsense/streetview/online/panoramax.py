"""The provider ``panoramax``: open street photos of cities, agencies and mappers, in catalogues that anyone may run.

Every instance, and the catalogue of all of them, answers searches as the SpatioTemporal Asset Catalog (STAC) API
specifies them. There are no pages: an answer that is as long as was asked for is a box that has to be asked for in
quarters.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from streetsense.errors import InputError
from streetsense.streetview.online.apiaddress import checked_address, host_of
from streetsense.streetview.online.boxes import Box, covering_boxes
from streetsense.streetview.online.jsonvalues import members
from streetsense.streetview.online.panoramax_items import captures_of
from streetsense.streetview.online.photobytes import read_photo
from streetsense.streetview.online.provider import Findings, NoPhoto, Photo, Question, Shot
from streetsense.streetview.online.timespan import first_day, last_day
from streetsense.streetview.panorama import needed_height
from streetsense.streetview.terms import Terms
from streetsense.web import HostLimits, TryAgain, Web, WebAnswer, WebError, WebRefusal

if TYPE_CHECKING:
    from streetsense.streetview.provider import FetchRequest

#: The catalogue of all instances.
DEFAULT_URL = "https://api.panoramax.xyz"
#: The environment variable that names another instance.
URL_VARIABLE = "STREETSENSE_PANORAMAX_URL"

#: Items wanted in an answer. 10,000 are allowed and 10 are usual, but an item has up to 10 kB of camera metadata.
_LIMIT = 2_000
#: Degrees on a side of the boxes that discovery begins with.
_SIDE_DEG = 0.02
#: So many boxes at most: a country with its surroundings, but not the world.
_MOST_BOXES = 2_000_000
#: Metres on a side below which a box is not split any more.
_SMALLEST_M = 20.0
#: Rows of the panoramas called ``sd``.
_SD_HEIGHT = 1024
#: How errors begin of a box that is too much for the server; smaller ones may not be.
_TOO_MUCH = ("HTTP 504", "no answer within", "answer too large")
#: What a refusal says that is the server's limit of time, in the languages of the instances.
_ABOUT_TIME = re.compile(rb"time.?out|timed out|too (long|much time)|trop (longue?|de temps)|cancel", re.IGNORECASE)


class Panoramax:
    """Views of a Panoramax instance, or of all of them.

    Parameters
    ----------
    request : FetchRequest
        The study and the user's wishes. Its option ``api_url`` names the instance, with or without ``/api``; else the
        environment variable STREETSENSE_PANORAMAX_URL does; else the catalogue of all instances is asked.

    Raises
    ------
    InputError
        When the instance's address is none.
    """

    name: ClassVar[str] = "panoramax"
    cuts_itself: ClassVar[bool] = False
    terms: ClassVar[Terms] = Terms(
        title="Panoramax",
        description="Open street photos and panoramas by cities, public agencies and OpenStreetMap mappers; dense in "
        "France, growing elsewhere.",
        licence="etalab-2.0, CC-BY-SA-4.0 or CC-BY-4.0, as stated with each photo",
        attribution="© Panoramax contributors",
        url="https://panoramax.fr/",
        notice="The photos are open data. Each has its own licence: the Licence Ouverte 2.0 of Etalab, or Creative "
        "Commons BY-SA 4.0 or BY 4.0. All of them allow any use that names the producer, and BY-SA wants works made of "
        "the photos to be shared alike. Licence and producer are kept with every view. No key is needed; the servers "
        "are run by associations and public agencies, so they are asked with care.",
    )

    def __init__(self, request: FetchRequest) -> None:
        self._request = request
        self._api = _instance(request.options.get("api_url"))
        # Twice the samples are averaged into a pixel where there are as many; once is as sharp as the view's middle.
        self._pano_asset = "sd" if needed_height(request.cuts) <= 2 * _SD_HEIGHT else "hd"
        self._times = _interval(request.options.get("since"), request.options.get("until"))

    @property
    def limits(self) -> Mapping[str, HostLimits]:
        """Few searches at once, because each is work for the database; photos come from storage hosts."""
        return {host_of(self._api): HostLimits(connections=8, attempts=4), "": HostLimits(connections=16)}

    def questions(self) -> Sequence[Question]:
        """Return the boxes that cover the area.

        Raises
        ------
        InputError
            When the area is too large.
        """
        area = self._request.area.geometry.union_all()
        west, south, east, north = area.bounds
        if (east - west) * (north - south) > _MOST_BOXES * _SIDE_DEG**2:
            raise InputError(
                "area: it is too large for Panoramax, which is asked for boxes of two kilometres; divide the area into "
                "several studies."
            )
        return [self._question(box) for box in covering_boxes(area, _SIDE_DEG)]

    async def ask(self, web: Web, question: Question) -> Findings:
        """Search a box; one that is full, or too much for the server, leads to its quarters.

        Raises
        ------
        InputError
            When nothing at the address answers searches.
        WebError
            When there was no usable answer.
        """
        west, south, east, north, times = question.where[1:6]
        box = Box(float(west), float(south), float(east), float(north))
        wanted: dict[str, object] = {"bbox": list(box.bounds), "limit": _LIMIT}
        if times:
            wanted["datetime"] = times
        try:
            items, is_full = await self._search(web, wanted)
        except WebRefusal as error:
            if error.answer.status != 400 or not _is_about_time(error.answer) or not _is_large(box):
                raise
            return self._quarters(box)
        except WebError as error:
            if not error.reason.startswith(_TOO_MUCH) or not _is_large(box):
                raise
            return self._quarters(box)
        if is_full and _is_large(box):
            return self._quarters(box)
        # In a thread: it takes a tenth of a second, in which no other answer would be heard.
        captures, unreadable = await asyncio.to_thread(captures_of, items, self._api, self._pano_asset)
        return Findings(captures, unreadable=unreadable)

    async def photo(self, web: Web, shot: Shot) -> Photo:
        """Download the picture of an item, from where the item says that it is.

        Raises
        ------
        NoPhoto
            When it was taken away.
        WebError
            When there was no usable answer.
        """
        if shot.capture.photo_url is None:
            raise NoPhoto("the item names no picture")
        try:
            return Photo(await web.ask(shot.capture.photo_url, read_photo))
        except WebRefusal as error:
            if error.answer.status in {404, 410}:
                raise NoPhoto("the picture was taken away") from error
            raise

    async def test_call(self, web: Web) -> str:
        """Search a hundred metres of Paris.

        Raises
        ------
        InputError
            When nothing at the address answers searches.
        WebError
            When there was no usable answer.
        """
        items, _ = await self._search(web, {"bbox": [2.352, 48.856, 2.353, 48.857], "limit": 1})
        return f"{host_of(self._api)} answers" + (", and has pictures of the centre of Paris" if items else "")

    async def _search(self, web: Web, wanted: Mapping[str, object]) -> tuple[list[object], bool]:
        try:
            return await web.ask(f"{self._api}/search", _items, body=dict(wanted))
        except WebRefusal as error:
            if error.answer.status in {404, 405}:
                raise InputError(
                    f"api_url: {host_of(self._api)} has no Panoramax catalogue there (HTTP {error.answer.status}); "
                    f"give the address of an instance, as in {DEFAULT_URL}."
                ) from error
            raise

    def _question(self, box: Box) -> Question:
        # Another instance, another time and another picture are other questions.
        return Question("box", (self._api, *box.bounds, self._times, self._pano_asset))

    def _quarters(self, box: Box) -> Findings:
        return Findings(further=[self._question(quarter) for quarter in box.quarters()])


def _instance(given: object) -> str:
    """Return where the API of an instance is."""
    name = "api_url"
    if not given and (given := os.environ.get(URL_VARIABLE)):
        name = URL_VARIABLE
    text = str(given or DEFAULT_URL).strip()
    address = checked_address(text if "://" in text else f"https://{text}", name)
    return address if address.endswith("/api") else f"{address}/api"


def _interval(since: object, until: object) -> str:
    """Return a STAC interval for first and last day, month or year, both inclusive; empty without either."""
    if not since and not until:
        return ""
    first = f"{first_day(str(since))}T00:00:00.000Z" if since else ".."
    last = f"{last_day(str(until))}T23:59:59.999Z" if until else ".."
    return f"{first}/{last}"


def _items(answer: WebAnswer) -> tuple[list[object], bool]:
    """Return the items of an answer, and whether there are more than it has."""
    said = members(answer.json())
    items, links = said.get("features"), said.get("links")
    if not isinstance(items, list):
        raise TryAgain("the answer is no list of pictures")
    # Panoramax has no pages, but other catalogues of the same kind do.
    has_next = isinstance(links, list) and any(members(link).get("rel") == "next" for link in links)
    return items, has_next or len(items) >= _LIMIT


def _is_large(box: Box) -> bool:
    return max(box.width_m, box.height_m) > _SMALLEST_M


def _is_about_time(answer: WebAnswer) -> bool:
    return _ABOUT_TIME.search(answer.body[:2000]) is not None
