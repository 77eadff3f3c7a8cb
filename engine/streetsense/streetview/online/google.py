"""The provider ``google``: Street View through the official Street View Static API, with a key of the user's own.

Two endpoints are asked: ``metadata``, free of charge, says which panorama there is; ``streetview`` gives one view of
it, which is billed. https://developers.google.com/maps/documentation/streetview
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from yarl import URL

from streetsense.errors import InputError
from streetsense.streetview.online.apiaddress import api_address, host_of
from streetsense.streetview.online.google_grey import is_grey_picture
from streetsense.streetview.online.google_metadata import capture_in
from streetsense.streetview.online.google_questions import panorama_questions, place_questions
from streetsense.streetview.online.google_signature import decoded_secret, signature
from streetsense.streetview.online.jsonvalues import members, text
from streetsense.streetview.online.photobytes import read_photo
from streetsense.streetview.online.provider import Findings, NoPhoto, Photo, Question, Shot
from streetsense.streetview.terms import Secret, Terms
from streetsense.web import HostLimits, TryAgain, Web, WebAnswer, WebError, WebRefusal

if TYPE_CHECKING:
    from streetsense.streetview.provider import FetchRequest

DEFAULT_URL = "https://maps.googleapis.com/maps/api"

#: Pixels on a side of a picture, and degrees of a field of view, at most.
_LARGEST, _WIDEST_DEG = 640, 120.0
#: Metres from a place in which a panorama is looked for, at most.
_FARTHEST_M = 50
#: Where the test call looks: the Eiffel Tower.
_TEST_PLACE = (48.85837, 2.294481)
_NO_RESULTS = frozenset({"ZERO_RESULTS", "NOT_FOUND"})
_REFUSED = frozenset({"REQUEST_DENIED", "OVER_DAILY_LIMIT"})


class Google:
    """Views of Google Street View.

    Panoramas are found at sample points, or by the names that the user gives, and each view of one is a picture that
    Google cuts and bills.

    Parameters
    ----------
    request : FetchRequest
        The study, the user's wishes and keys. Its option ``counted``, a function, is called before every attempt to get
        a picture, because Google bills attempts.

    Raises
    ------
    InputError
        When the key is missing, the secret is none, or the views are larger or wider than Google gives them.
    """

    name: ClassVar[str] = "google"
    cuts_itself: ClassVar[bool] = True
    terms: ClassVar[Terms] = Terms(
        title="Google Street View",
        description="Panoramas along the streets of about a hundred countries, billed per view; the terms restrict "
        "storing and analysing them.",
        licence="Google Maps Platform Terms of Service",
        attribution="© Google",
        url="https://cloud.google.com/maps-platform/terms",
        notice="The Google Maps Platform terms forbid to download Street View images in bulk, to store them, and to "
        "derive content from them, beyond narrow exceptions. Go on only if you hold Google's permission for what you "
        "plan, or a contract that allows it; you confirm that, and the study records it. Each view is billed to your "
        "key: the price shown is the list price, so check your contract. Only official endpoints are asked.",
        secrets=(
            Secret("key", "API key", "STREETSENSE_GOOGLE_KEY"),
            Secret("signing_secret", "URL signing secret", "STREETSENSE_GOOGLE_SIGNING_SECRET", is_needed=False),
        ),
        key_url="https://developers.google.com/maps/documentation/streetview/get-api-key",
        needs_consent=True,
        has_history=False,
        history_notice="Google tells of the newest panorama of a place only; older ones are fetched when you give "
        "their names in a table (panoramas).",
        price_per_1000=7.0,
        needs_points=True,
        is_recommended=False,
    )

    def __init__(self, request: FetchRequest) -> None:
        self._request = request
        self._api = api_address(request, DEFAULT_URL)
        self._key = request.secrets.get("key", "").strip()
        secret = request.secrets.get("signing_secret", "").strip()
        self._secret = decoded_secret(secret) if secret else None
        self._radius_m = math.ceil(min(float(request.options.get("max_distance") or _FARTHEST_M), _FARTHEST_M))
        if not self._key:
            raise InputError(
                "key: Google needs an API key of your own; set the environment variable "
                f"{self.terms.secrets[0].variable}, store one in the keyring, or give it with the request "
                f"({self.terms.key_url})."
            )
        if request.cuts.size > _LARGEST:
            raise InputError(
                f"size: Google gives views of {_LARGEST} pixels a side at most, not {request.cuts.size}; give "
                f"{_LARGEST} or less."
            )
        if request.cuts.fov_deg > _WIDEST_DEG:
            raise InputError(
                f"fov: Google gives views of {_WIDEST_DEG:g} degrees at most, not {request.cuts.fov_deg:g}; give "
                f"{_WIDEST_DEG:g} or less."
            )

    def __repr__(self) -> str:
        return f"Google({host_of(self._api)})"

    @property
    def limits(self) -> Mapping[str, HostLimits]:
        """Below the 30,000 requests a minute that Google allows."""
        return {host_of(self._api): HostLimits(connections=32, per_second=400.0)}

    def questions(self) -> Sequence[Question]:
        """Return the panoramas that the user names, or else the places to look for some.

        Raises
        ------
        InputError
            When the table of panoramas cannot be used, or there are no sample points.
        """
        table = self._request.options.get("panoramas")
        if table is not None:
            return panorama_questions(Path(table), self._radius_m)
        return place_questions(self._request.points, self._request.area, self._radius_m)

    async def ask(self, web: Web, question: Question) -> Findings:
        """Ask for the panorama at a place, or for one by its name; one that is gone leads to its place.

        Raises
        ------
        InputError
            When Google refuses the key.
        WebError
            When there was no usable answer.
        """
        if question.kind == "pano":
            wanted, place = {"pano": str(question.where[0])}, question.where[1:]
            instead = [Question("place", place)] if place else []
        else:
            lat, lon, radius = question.where
            # Rooms behind the facades are panoramas as well.
            wanted = {"location": f"{lat:.7f},{lon:.7f}", "radius": f"{radius}", "source": "outdoor"}
            instead = []
        said = await self._metadata(web, wanted)
        if said["status"] == "OK":
            capture = capture_in(said)
            return Findings(unreadable=1) if capture is None else Findings([capture])
        if said["status"] == "INVALID_REQUEST" and question.kind == "place":
            raise WebError(host_of(self._api), "INVALID_REQUEST")
        return Findings(further=instead, unreadable=int(said["status"] == "INVALID_REQUEST"))

    async def photo(self, web: Web, shot: Shot) -> Photo:
        """Download one view of a panorama.

        Raises
        ------
        NoPhoto
            When Google has no picture of it.
        InputError
            When Google refuses the key.
        WebError
            When there was no usable answer.
        """
        url = self._url(
            "streetview",
            size=f"{shot.size or self._request.cuts.size}x{shot.size or self._request.cuts.size}",
            pano=shot.capture.pano_id or shot.capture.source_id,
            heading=_degrees((shot.heading_deg or 0.0) % 360),
            fov=_degrees(self._request.cuts.fov_deg if shot.fov_deg is None else shot.fov_deg),
            pitch=_degrees(self._request.cuts.pitch_deg if shot.pitch_deg is None else shot.pitch_deg),
            return_error_code="true",
        )
        try:
            return Photo(await web.ask(url, _picture, counted=self._request.options.get("counted")))
        except WebRefusal as error:
            if error.answer.status in {401, 403} or (error.answer.status == 400 and _is_about_key(error.answer)):
                raise self._refused_key() from error
            if error.answer.status in {400, 404, 410}:
                raise NoPhoto(f"Google has no picture of the panorama (HTTP {error.answer.status})") from error
            raise

    async def test_call(self, web: Web) -> str:
        """Ask which panorama is at the Eiffel Tower, free of charge.

        Raises
        ------
        InputError
            When Google refuses the key.
        WebError
            When there was no usable answer.
        """
        lat, lon = _TEST_PLACE
        said = await self._metadata(web, {"location": f"{lat},{lon}", "radius": f"{_FARTHEST_M}"})
        signed = "the key and its signature are" if self._secret is not None else "the key is"
        return f"{signed} accepted ({said['status']})"

    async def _metadata(self, web: Web, wanted: Mapping[str, str]) -> dict[str, Any]:
        """Return an answer of the metadata endpoint whose ``status`` is final."""
        try:
            said = await web.ask(self._url("streetview/metadata", **wanted), _statement)
        except WebRefusal as error:
            if error.answer.status in {401, 403} or (error.answer.status == 400 and _is_about_key(error.answer)):
                raise self._refused_key() from error
            raise
        if said["status"] in _REFUSED:
            raise self._refused_key()
        return said

    def _url(self, path: str, **query: str) -> str:
        """Return an address with the key and, where there is a secret, the signature."""
        url = URL(f"{self._api}/{path}").with_query({**query, "key": self._key})
        if self._secret is not None:
            url = url.update_query(signature=signature(url.raw_path_qs, self._secret))
        return str(url)

    def _refused_key(self) -> InputError:
        # Google's own words may repeat the request with the key in it.
        return InputError(
            "key: Google refuses it; check the key, that the Street View Static API and billing are enabled for its "
            "project, its restrictions and quota, and the signing secret."
        )


def _statement(answer: WebAnswer) -> dict[str, Any]:
    """Return what the metadata endpoint said, once it is final."""
    said = answer.json()
    status = text(members(said).get("status"))
    if status == "OVER_QUERY_LIMIT":
        raise TryAgain("over the query limit", is_busy=True)
    if status not in {"OK", "INVALID_REQUEST", *_NO_RESULTS, *_REFUSED}:
        raise TryAgain("an unknown error of Google's" if status == "UNKNOWN_ERROR" else "the answer has no status")
    return {**said, "status": status}


async def _picture(answer: WebAnswer) -> bytes:
    """Return the picture in an answer that is one of the panorama."""
    if answer.content_type.startswith("text/") and b"quota" in answer.body[:2000].lower():
        raise TryAgain("over the quota", is_busy=True)
    data = await read_photo(answer)
    if await asyncio.to_thread(is_grey_picture, data):
        raise NoPhoto("Google has no picture of the panorama (it gives a grey one)")
    return data


def _is_about_key(answer: WebAnswer) -> bool:
    said = answer.body[:2000].lower()
    return b"api key" in said or b"signature" in said


def _degrees(value: float) -> str:
    """Write degrees in the same way wherever they were computed: to a hundredth."""
    rounded = round(value, 2)
    return f"{0.0 if rounded in (0.0, 360.0) else rounded:g}"
