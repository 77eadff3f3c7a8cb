"""The provider KartaView: circles and pages, what its photos become, through real sockets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetsense.errors import InputError
from streetsense.streetview.online import kartaview
from streetsense.streetview.online.boxes import Box
from streetsense.streetview.online.kartaview import Kartaview
from streetsense.streetview.online.kartaview_captures import captures_of
from streetsense.streetview.online.provider import FoundCapture, NoPhoto, OnlineProvider, Shot
from streetsense.web import WebError
from tests.providers.digests import digest_of
from tests.providers.fetchrequests import found_by, request_for, with_web
from tests.providers.kartaview_host import Behaviour, Snap, kartaview_host
from tests.providers.loopback import LoopbackHost
from tests.providers.trouble import Trouble, picture

MALMO = (13.001, 55.6010, 13.006, 55.6050)
API = "https://api.openstreetcam.org"
FIELDS = ["id", "lat", "lng", "heading", "shotDate", "width", "height", "projection", "cameraParameters", "fieldOfView",
          "sequenceId", "sequenceIndex", "fileurl", "fileurlProc", "sequence", "user", "username"]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(autouse=True)
def _in_no_hurry_to_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask this computer as fast as it answers; what the limits are worth is shown where `Web` is."""
    monkeypatch.setattr(kartaview, "PER_SECOND", 500.0)


def snaps(count: int, bounds: tuple[float, float, float, float] = MALMO) -> list[Snap]:
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(bounds[0], bounds[2], count), rng.uniform(bounds[1], bounds[3], count)
    return [
        Snap(str(10_000 + number), float(x), float(y), index=number)
        for number, (x, y) in enumerate(zip(lon, lat, strict=True))
    ]


def provider_at(host: LoopbackHost, bounds: tuple[float, float, float, float] = MALMO) -> Kartaview:
    return Kartaview(request_for(bounds, api_url=host.url))


def photo(**more: Any) -> dict[str, Any]:
    return {"id": "1", "lat": "55.6", "lng": "13.0", "fileurlProc": "https://storage.example/1.jpg", **more}


def capture(**more: Any) -> FoundCapture:
    (found,) = captures_of([photo(**more)], API).captures
    return found


def test_it_is_a_provider_that_is_not_offered_first() -> None:
    provider = Kartaview(request_for(MALMO))
    assert isinstance(provider, OnlineProvider)
    assert (provider.name, provider.cuts_itself, provider.terms.secrets) == ("kartaview", False, ())
    assert not provider.terms.is_recommended
    assert "api.openstreetcam.org" in provider.limits


def test_photos_are_found_with_all_that_kartaview_says() -> None:
    with kartaview_host([Snap("1711957993", 13.0031, 55.6022, index=12, username="mapper")]) as host:
        found, unreadable = found_by(provider_at(host))
    assert unreadable == 0
    assert found["1711957993"] == FoundCapture(
        "1711957993",
        13.0031,
        55.6022,
        captured_at="2023-04-06T03:41:01",
        heading_deg=168.86,
        fov_deg=67.1,
        sequence_id="7068281",
        licence="CC BY-SA 4.0",
        attribution="© mapper / KartaView",
        source_url="https://kartaview.org/details/7068281/12/track-info",
        photo_url=f"{host.url}/files/photo/proc/1711957993.jpg",
    )
    for seen in host.requests:
        assert 400 < int(seen.query["radius"]) <= 510 and seen.query["join"] == "sequence"


def test_circles_cover_their_cells() -> None:
    provider = Kartaview(request_for((-0.02, 64.0, 0.02, 64.02)))
    for question in provider.questions():
        box = Box(*(float(side) for side in question.where[:4]))
        # The length of half a diagonal on the ellipsoid is at most half a percent more than on the sphere.
        assert kartaview.radius_m(box) >= np.hypot(box.width_m, box.height_m) / 2 * 1.005


def test_all_pages_are_read() -> None:
    with kartaview_host(snaps(700), Behaviour(as_object=True)) as host:
        found, _ = found_by(provider_at(host))
    assert len(found) == 700


@pytest.mark.parametrize("status", [200, 400, 408])
def test_dense_places_are_asked_for_in_quarters(status: int) -> None:
    with kartaview_host(snaps(300), Behaviour(dense_from=60, dense_status=status)) as host:
        found, _ = found_by(provider_at(host))
    assert len(found) == 300


def test_a_place_that_stays_too_dense_is_an_error() -> None:
    there = [Snap(str(number), 13.0031, 55.6022) for number in range(1, 50)]
    with kartaview_host(there, Behaviour(dense_from=40)) as host, pytest.raises(WebError, match="too many photos"):
        found_by(provider_at(host))
    assert min(int(seen.query["radius"]) for seen in host.requests) >= 7


def test_pages_without_end_come_to_one() -> None:
    with kartaview_host(snaps(200), Behaviour(has_always_more=True)) as host:
        found, _ = found_by(provider_at(host))
    assert len(found) == 200


def test_trouble_on_the_way_loses_nothing() -> None:
    trouble = Trouble(busy_every=13, down_every=11, html_every=7, cut_every=5)
    with kartaview_host(snaps(400), Behaviour(trouble=trouble, busy_every=9)) as host:
        provider = provider_at(host)
        found, _ = found_by(provider)
        photos = [
            with_web(provider, lambda web, one=one: provider.photo(web, Shot(one))).data
            for one in list(found.values())[:10]
        ]
    assert len(found) == 400
    assert photos == [picture(name, 128, 96) for name in list(found)[:10]]


def test_a_photo_that_is_gone_is_no_photo() -> None:
    with kartaview_host(snaps(2), Behaviour(gone={"10000"})) as host:
        provider = provider_at(host)
        found, _ = found_by(provider)
        with pytest.raises(NoPhoto, match="any more"):
            with_web(provider, lambda web: provider.photo(web, Shot(found["10000"])))


def test_a_state_that_is_none_is_an_error_after_a_while() -> None:
    with (
        kartaview_host(snaps(1), Behaviour(trouble=Trouble(html_every=1))) as host,
        pytest.raises(WebError, match="HTML"),
    ):
        found_by(provider_at(host))


def test_missing_fields_cost_no_more_than_they_must() -> None:
    lacking = [
        Snap("1", 13.0031, 55.6022, more={"lat": None}),
        Snap("2", 13.0031, 55.6022, more={"fileurl": None, "fileurlProc": None}),
        Snap("3", 13.0031, 55.6022, more={"heading": "", "shotDate": "0000-00-00 00:00:00", "sequence": None}),
        Snap("4", 13.0031, 55.6022, more={"fileurlProc": None, "sequenceIndex": None}),
    ]
    with kartaview_host(lacking) as host:
        found, unreadable = found_by(provider_at(host, (13.003, 55.602, 13.0032, 55.6023)))
    assert unreadable % 2 == 0 and set(found) == {"3", "4"}
    assert (found["3"].heading_deg, found["3"].captured_at, found["3"].fov_deg) == (None, None, None)
    assert found["3"].attribution == "KartaView contributors"
    assert found["4"].photo_url == f"{host.url}/files/photo/proc/4.jpg" and found["4"].source_url is None


def test_the_field_of_view_is_that_of_the_photo_as_it_is_looked_at() -> None:
    camera = {"hFoV": 67.1, "vFoV": "52.9"}
    assert capture(cameraParameters=camera, width="4032", height="3024").fov_deg == 67.1
    assert capture(cameraParameters=json.dumps(camera), width=3024, height=4032).fov_deg == 52.9
    assert capture(cameraParameters={"hFoV": 0}, fieldOfView="125").fov_deg == 125
    assert capture(sequence={"fieldOfView": 400}).fov_deg is None
    assert capture(projection="SPHERE", fieldOfView="100").is_pano


@given(st.lists(JSON | st.dictionaries(st.sampled_from(FIELDS), JSON), max_size=4))
def test_no_photo_breaks_the_reading(photos: list[object]) -> None:
    findings = captures_of([*photos, photo()], API)
    assert len(findings.captures) + findings.unreadable == len(photos) + 1
    assert findings.captures[-1].source_id == "1"


def test_an_area_too_large_for_circles_is_refused() -> None:
    for bounds in ((0.0, 45.0, 1.5, 46.0), (-179.0, -60.0, 179.0, 60.0)):
        with pytest.raises(InputError, match=r"^area: .* another provider"):
            Kartaview(request_for(bounds)).questions()


def test_the_test_call_costs_one_small_question() -> None:
    with kartaview_host([]) as host:
        provider = provider_at(host)
        assert with_web(provider, provider.test_call) == "it answers"
    assert [seen.query["itemsPerPage"] for seen in host.requests] == ["1"]


def test_a_place_too_dense_for_the_test_call_shows_that_it_answers() -> None:
    with kartaview_host([Snap("1", 23.591, 46.770), Snap("2", 23.591, 46.770)], Behaviour(dense_from=2)) as host:
        provider = provider_at(host)
        assert with_web(provider, provider.test_call) == "it answers"


@pytest.mark.real
def test_a_recorded_sequence_becomes_the_same_captures_every_time(shared_data: Path) -> None:
    path = shared_data / "provider_answers" / "kartaview" / "TestRetrieveSequencesWithPhotos.json"
    sequences = json.loads(path.read_bytes())["result"]["data"]
    assert set(sequences) == {"0", "483"}
    photos = [{**one, "sequence": sequence} for sequence in sequences.values() for one in sequence["photos"]]
    findings = captures_of(photos, API)
    assert (len(findings.captures), findings.unreadable) == (968, 0)
    assert len({capture.source_id for capture in findings.captures}) == 484
    first = findings.captures[0]
    assert (first.lon, first.lat, first.heading_deg) == (144.409032, -38.023705, 168.86)
    assert (first.captured_at, first.fov_deg) == ("2023-04-06T03:41:01", 67.09604)
    assert first.photo_url is not None and "/proc/" in first.photo_url
    assert digest_of(findings.captures) == "95761074e399ef4d"
