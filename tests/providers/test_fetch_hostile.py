"""Captures and photos as nobody would expect them, of providers that other packages bring."""

from __future__ import annotations

import io
from typing import Any

import aiohttp.web
import numpy as np
import pytest
from PIL import Image

from streetsense.streetview.online.provider import FoundCapture
from streetsense.study import Study

from . import toy
from .loopback import LoopbackHost
from .toyfetch import SOUTH, WEST, Listener, run

pytestmark = pytest.mark.usefixtures("installed_toys")

NAMES = [
    "a/b",
    "../../../x",
    "x" * 300,
    "ünï☃",
    "sp ace",
    "q?x=1&key=2",
    "#frag",
    "%2e%2e",
    "a\0b",
    "a\nb",
    ".",
]


def test_captures_may_have_any_name(study: Study) -> None:
    server = toy.ToyServer(toy.grid(WEST, SOUTH, len(NAMES), 1))
    for capture, name in zip(server.captures, NAMES, strict=True):
        capture["source_id"] = name

    async def photo(request: aiohttp.web.Request) -> aiohttp.web.Response | None:
        if request.path == "/find":
            return None
        return aiohttp.web.Response(body=toy.picture(request.raw_path), content_type="image/jpeg")

    server.before = photo
    with LoopbackHost(server.handler) as host:
        assert run(study, host).views["ok"] == len(NAMES)
        assert run(study, host).new_views == 0
    assert set(study.views()["source_id"]) == set(NAMES)
    assert {path.parent.parent for path in map(study.photo_path, study.views()["path"])} == {study.root / "photos"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"lat": 1e300},
        {"lon": float("nan")},
        {"lon": float("inf")},
        {"lat": "50"},
        {"lon": None},
        {"heading_deg": "90"},
        {"captured_at": 5},
        {"captured_at": {"year": 2020}},
        {"pano_id": ["a"]},
        {"source_id": 5},
        {"source_id": ""},
        {"source_id": None},
        {"attribution": "half of a letter: \ud83d"},
    ],
)
def test_a_capture_that_makes_no_sense_costs_itself_alone(study: Study, wrong: dict[str, Any]) -> None:
    server = toy.ToyServer([])
    captures = toy.grid(WEST, SOUTH, 3, 1)
    captures[0] |= wrong

    async def find(request: aiohttp.web.Request) -> aiohttp.web.Response | None:
        return aiohttp.web.json_response(captures) if request.path == "/find" else None

    server.before = find
    job = Listener()
    with LoopbackHost(server.handler) as host:
        assert run(study, host, job).views == {"ok": 2}
    assert "captures of Toy that lack what is needed are left out (1)." in job.warnings


def test_a_capture_without_the_rest_is_sound() -> None:
    assert FoundCapture("a", 7, 50.0).is_sound
    assert FoundCapture("a", 180.0, -90.0, heading_deg=float("nan"), photo_url="https://example.org").is_sound


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "I;16"), ("WEBP", "RGB"), ("JPEG", "CMYK"), ("GIF", "P")]
)
@pytest.mark.parametrize("is_pano", [False, True])
def test_photos_of_any_format_become_views_or_a_reason(study: Study, kind: str, mode: str, is_pano: bool) -> None:
    server = toy.ToyServer(toy.grid(WEST, SOUTH, 1, 1, is_pano=is_pano))
    noise = np.random.default_rng(0).integers(0, 255, (128, 256, 3), dtype=np.uint8)
    image = Image.fromarray(noise[..., 0].astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(noise)
    stream = io.BytesIO()
    (image if mode == "I;16" else image.convert(mode)).save(stream, kind)

    async def photo(request: aiohttp.web.Request) -> aiohttp.web.Response | None:
        is_photo = request.path != "/find"
        return aiohttp.web.Response(body=stream.getvalue(), content_type="image/png") if is_photo else None

    server.before = photo
    with LoopbackHost(server.handler) as host:
        outputs = run(study, host, size=64)
    assert outputs.views in ({"ok": 4 if is_pano else 1}, {"failed": 1}, {"quarantined": 1})
    assert all(outputs.not_used)
