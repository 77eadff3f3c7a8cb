"""A provider of a package of somebody else's, and its server: what `fetch` does is shown with it, provider by provider.

``Toy`` is registered as any other package's provider is, by entry point; its server knows captures of a grid.
"""

from __future__ import annotations

import io
import os
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import aiohttp.web
import numpy as np
from PIL import Image

from streetsense.errors import InputError
from streetsense.streetview.online.boxes import Box, covering_boxes
from streetsense.streetview.online.photobytes import read_photo
from streetsense.streetview.online.provider import Findings, FoundCapture, NoPhoto, Photo, Question, Shot
from streetsense.streetview.provider import FetchRequest
from streetsense.streetview.terms import Secret, Terms
from streetsense.web import HostLimits, Web, WebAnswer, WebRefusal

KEY = "Zq7-not-for-anybody's-eyes"
#: Where the server is, when nobody says.
URL_VARIABLE = "TOY_URL"
#: Captures that one answer holds at most.
FULL = 40


class Toy:
    """Asks by box, downloads by name, with a key in a header and in the query."""

    name: ClassVar[str] = "toy"
    cuts_itself: ClassVar[bool] = False
    terms: ClassVar[Terms] = Terms(
        title="Toy",
        description="A grid of captures.",
        licence="CC0",
        attribution="© Toy",
        url="https://example.org/terms",
        notice="Do as you like.",
        secrets=(Secret("key", "key", "STREETSENSE_TOY_KEY"),),
    )

    def __init__(self, request: FetchRequest) -> None:
        self._request, self._url = request, str(request.options["api_url"] or os.environ[URL_VARIABLE])
        self._key = request.secrets["key"]

    @property
    def limits(self) -> Mapping[str, HostLimits]:
        """Attempts are few, so that tests of failures are short."""
        return {"": HostLimits(connections=8, attempts=2, timeout_s=5)}

    def questions(self) -> Sequence[Question]:
        """Return boxes of some two kilometres."""
        area = self._request.area.geometry.union_all()
        return [Question("box", box.bounds) for box in covering_boxes(area, 0.02)]

    async def ask(self, web: Web, question: Question) -> Findings:
        """Ask for a box, and for its quarters when the answer is full."""
        try:
            found = await web.ask(
                f"{self._url}/find",
                WebAnswer.json,
                params={"box": ",".join(map(str, question.where)), "key": self._key},
                headers={"Authorization": f"Toy {self._key}"},
            )
        except WebRefusal as error:
            raise InputError("key: Toy refuses it; give another one.") from error
        if len(found) >= FULL:
            quarters = Box(*map(float, question.where)).quarters()
            return Findings(further=[Question("box", quarter.bounds) for quarter in quarters])
        return Findings([FoundCapture(**one) for one in found])

    async def photo(self, web: Web, shot: Shot) -> Photo:
        """Download a photo."""
        counted = self._request.options["counted"] if self.terms.price_per_1000 else None
        try:
            address = f"{self._url}/photo/{shot.capture.source_id}"
            return Photo(await web.ask(address, read_photo, params={"key": self._key}, counted=counted))
        except WebRefusal as error:
            if error.answer.status == 403:
                raise InputError("key: Toy refuses it; give another one.") from error
            raise NoPhoto("it was taken away") from error

    async def test_call(self, web: Web) -> str:
        """Ask for nothing."""
        await web.ask(f"{self._url}/find", WebAnswer.json, params={"box": "0,0,0,0"})
        return "fine"


class PaidToy(Toy):
    """The same for money, and only for those who say that they may."""

    name: ClassVar[str] = "paidtoy"
    terms: ClassVar[Terms] = Terms(
        title="Paid toy",
        description="A grid of captures.",
        licence="CC0",
        attribution="© Toy",
        url="https://example.org/terms",
        notice="You may if you may.",
        secrets=(Secret("key", "key", "STREETSENSE_TOY_KEY"),),
        needs_consent=True,
        has_history=False,
        history_notice="there is none",
        price_per_1000=10.0,
    )


def install(folder: Path) -> Path:
    """Make a package's record that registers the two providers; return the folder to put on the path."""
    record = folder / "toy_provider-1.0.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-provider\nVersion: 1.0\n")
    (record / "entry_points.txt").write_text(
        f"[streetsense.providers]\ntoy = {__name__}:Toy\npaidtoy = {__name__}:PaidToy\n"
    )
    return folder


def grid(west: float, south: float, columns: int, rows: int, step: float = 2e-4, **more: Any) -> list[dict[str, Any]]:
    """Return captures of a grid, every third of them an older one."""
    return [
        {
            "source_id": f"t{row:03d}{column:03d}",
            "lon": round(west + (column + 0.5) * step, 8),
            "lat": round(south + (row + 0.5) * step, 8),
            "captured_at": "2016-05" if (row + column) % 3 == 0 else "2021-06-02T10:00:00Z",
            "heading_deg": 90.0,
            "licence": "CC0",
            "attribution": "© Toy",
            **more,
        }
        for row in range(rows)
        for column in range(columns)
    ]


class ToyServer:
    """Answers as the provider's server; `handler` goes into a `LoopbackHost`.

    Attributes
    ----------
    gone, broken : set of str
        Captures whose photos do not exist, and those that are answered with damaged ones.
    before : async function or None
        Called with every request; what it returns is the answer, unless it is None.
    photos : Counter
        How often each photo was sent whole.
    """

    def __init__(self, captures: list[dict[str, Any]], size: tuple[int, int] = (96, 64)) -> None:
        self.captures, self._size = captures, size
        self.gone: set[str] = set()
        self.broken: set[str] = set()
        self.before: Any = None
        self.photos: Counter[str] = Counter()

    async def handler(self, request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        """Answer a request."""
        if self.before is not None and (answer := await self.before(request)) is not None:
            return answer
        if request.query.get("key") != KEY:
            return aiohttp.web.Response(status=403)
        if request.path == "/find":
            west, south, east, north = map(float, request.query["box"].split(","))
            inside = [one for one in self.captures if west <= one["lon"] < east and south <= one["lat"] < north]
            return aiohttp.web.json_response(inside[:FULL])
        name = request.path.rpartition("/")[2]
        if name in self.gone:
            return aiohttp.web.Response(status=404)
        data = picture(name, self._size)
        if name in self.broken:
            data = data[: len(data) // 2]
        else:
            self.photos[name] += 1
        return aiohttp.web.Response(body=data, content_type="image/jpeg")


def picture(name: str, size: tuple[int, int] = (96, 64)) -> bytes:
    """Return a photo that is different for every name."""
    noise = np.random.default_rng(zlib.crc32(name.encode())).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).resize(size).save(stream, "JPEG", quality=85)
    return stream.getvalue()
