"""The provider Panoramax: what its items become, and how boxes are searched, through real sockets."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from streetsense.errors import InputError
from streetsense.images import read_header
from streetsense.streetview.online import panoramax
from streetsense.streetview.online.panoramax import Panoramax
from streetsense.streetview.online.provider import FoundCapture, NoPhoto, OnlineProvider, Shot
from streetsense.streetview.views import Cuts
from streetsense.web import WebError, WebRefusal
from tests.providers.fetchrequests import found_by, request_for, with_web
from tests.providers.loopback import LoopbackHost
from tests.providers.panoramax_host import Behaviour, Picture, panoramax_host
from tests.providers.trouble import Trouble

PARIS = (2.350, 48.850, 2.360, 48.856)


@pytest.fixture(autouse=True)
def _no_instance_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STREETSENSE_PANORAMAX_URL", raising=False)


def pictures(count: int) -> list[Picture]:
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(PARIS[0], PARIS[2], count), rng.uniform(PARIS[1], PARIS[3], count)
    return [Picture(f"p{number:04d}", x, y) for number, (x, y) in enumerate(zip(lon, lat, strict=True))]


def provider_at(host: LoopbackHost, cuts: Cuts | None = None, **options: Any) -> Panoramax:
    return Panoramax(request_for(PARIS, cuts=cuts, api_url=host.url, **options))


def photo_of(provider: Panoramax, capture: FoundCapture) -> bytes:
    return with_web(provider, lambda web: provider.photo(web, Shot(capture))).data


def test_it_is_a_provider_that_needs_no_key() -> None:
    provider = Panoramax(request_for(PARIS))
    assert isinstance(provider, OnlineProvider)
    assert (provider.name, provider.cuts_itself, provider.terms.secrets) == ("panoramax", False, ())
    assert provider.terms.is_recommended and not provider.terms.needs_consent and provider.terms.has_history


def test_pictures_are_found_with_all_that_their_items_say() -> None:
    round_, flat = (
        Picture("a1", 2.351, 48.851),
        Picture("b2", 2.352, 48.852, "2021-03-01T08:00:00.250+02:00", 70, -10.0),
    )
    with panoramax_host([round_, flat]) as host:
        found, unreadable = found_by(provider_at(host))
        assert unreadable == 0
        item = f"{host.url}/api/collections/{round_.collection}/items"
        assert found["a1"] == FoundCapture(
            "a1",
            2.351,
            48.851,
            captured_at="2023-05-17T10:11:12Z",
            is_pano=True,
            heading_deg=90.0,
            sequence_id=round_.collection,
            pano_id="a1",
            licence="CC-BY-SA-4.0",
            attribution="© mapper / Panoramax",
            source_url=f"{item}/a1",
            photo_url=f"{host.url}/photos/a1/sd.jpg",
        )
        assert found["b2"] == FoundCapture(
            "b2",
            2.352,
            48.852,
            captured_at="2021-03-01T06:00:00.250Z",
            heading_deg=350.0,
            pitch_deg=0.0,
            fov_deg=70.0,
            sequence_id=round_.collection,
            licence="CC-BY-SA-4.0",
            attribution="© mapper / Panoramax",
            source_url=f"{item}/b2",
            photo_url=f"{host.url}/photos/b2/sd.jpg",
        )


def test_an_area_of_too_many_boxes_is_refused_before_they_are_laid_out() -> None:
    with pytest.raises(InputError, match=r"^area: .* several studies"):
        Panoramax(request_for((-179.0, -60.0, 179.0, 80.0))).questions()
    assert len(Panoramax(request_for((2.0, 48.0, 4.0, 49.0))).questions()) == 5000


def test_a_search_says_box_time_and_how_many_are_wanted() -> None:
    with panoramax_host([]) as host:
        provider = provider_at(host, since="2020-02", until="2021-06-30")
        found_by(provider)
        (seen,) = host.requests
        assert (seen.method, seen.path, seen.headers["content-type"]) == ("POST", "/api/search", "application/json")
        wanted = json.loads(seen.body)
        west, south, east, north = wanted["bbox"]
        assert west <= PARIS[0] and south <= PARIS[1] and east >= PARIS[2] and north >= PARIS[3]
        assert wanted["datetime"] == "2020-02-01T00:00:00.000Z/2021-06-30T23:59:59.999Z"
        assert wanted["limit"] >= 1000


@pytest.mark.parametrize(
    ("since", "until", "interval"),
    [
        (None, "2020", "../2020-12-31T23:59:59.999Z"),
        ("2019-07-15", None, "2019-07-15T00:00:00.000Z/.."),
        ("2024-02", "2024-02", "2024-02-01T00:00:00.000Z/2024-02-29T23:59:59.999Z"),
    ],
)
def test_days_months_and_years_become_intervals_that_hold_them(
    since: str | None, until: str | None, interval: str
) -> None:
    with panoramax_host([]) as host:
        found_by(provider_at(host, since=since, until=until))
        assert json.loads(host.requests[0].body)["datetime"] == interval


def test_only_captures_of_the_time_are_found_where_the_instance_looks_at_times() -> None:
    old, new = Picture("old", 2.351, 48.851, "2018-01-01T00:00:00+00:00"), Picture("new", 2.351, 48.851)
    with panoramax_host([old, new]) as host:
        assert list(found_by(provider_at(host, since="2020-01-01"))[0]) == ["new"]


def test_full_boxes_are_asked_for_in_quarters_until_everything_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panoramax, "_LIMIT", 20)
    there = pictures(300)
    with panoramax_host(there) as host:
        found, _ = found_by(provider_at(host))
        assert set(found) == {one.id for one in there}
        assert len(host.requests) < 300


def test_boxes_of_catalogues_with_pages_are_split_as_well() -> None:
    there = pictures(60)
    with panoramax_host(there, Behaviour(most=25)) as host:
        assert set(found_by(provider_at(host))[0]) == {one.id for one in there}


def test_a_full_box_of_one_place_is_not_split_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panoramax, "_LIMIT", 5)
    with panoramax_host([Picture(f"p{number}", 2.355, 48.853) for number in range(40)]) as host:
        found, _ = found_by(provider_at(host))
        assert len(found) == 5
        assert len(host.requests) < 60


def test_boxes_that_take_the_server_too_long_are_split() -> None:
    there = pictures(50)
    with panoramax_host(there, Behaviour(too_much_deg2=0.00005)) as host:
        assert set(found_by(provider_at(host))[0]) == {one.id for one in there}


def test_a_gateway_that_gives_up_waiting_is_asked_for_less() -> None:
    there = pictures(50)
    with panoramax_host(there, Behaviour(too_much_deg2=0.0002, too_much_status=504)) as host:
        assert set(found_by(provider_at(host))[0]) == {one.id for one in there}


def test_a_server_that_can_not_even_search_the_smallest_box_is_an_error() -> None:
    with panoramax_host([], Behaviour(too_much_deg2=1e-12)) as host:
        with pytest.raises(WebRefusal, match="HTTP 400"):
            found_by(provider_at(host))
        assert len(host.requests) < 20


def test_another_refusal_is_no_reason_to_split() -> None:
    async def refuse(_: Any) -> Any:
        from aiohttp import web

        return web.json_response({"message": "Invalid `datetime` argument"}, status=400)

    with LoopbackHost(refuse) as host:
        with pytest.raises(WebRefusal):
            found_by(provider_at(host))
        assert len(host.requests) == 1


@pytest.mark.parametrize("member", ["id", "geometry", "assets"])
def test_items_without_what_is_needed_are_counted_and_left_out(member: str) -> None:
    there = [Picture("whole", 2.351, 48.851), Picture("broken", 2.352, 48.852)]
    with panoramax_host(there, Behaviour(without={"broken": [member]})) as host:
        found, unreadable = found_by(provider_at(host))
        assert (list(found), unreadable) == (["whole"], 1)


@pytest.mark.parametrize("member", ["properties", "links", "collection", "providers", "bbox"])
def test_items_without_anything_else_are_found(member: str) -> None:
    with panoramax_host([Picture("a1", 2.351, 48.851)], Behaviour(without={"a1": [member]})) as host:
        found, unreadable = found_by(provider_at(host))
        assert (list(found), unreadable) == (["a1"], 0)


def test_items_that_come_twice_are_one() -> None:
    with panoramax_host([Picture("a1", 2.351, 48.851)], Behaviour(twice=True)) as host:
        provider = provider_at(host)
        findings = with_web(provider, lambda web: provider.ask(web, provider.questions()[0]))
        assert len(findings.captures) == 1


def test_sd_pictures_do_for_usual_views_and_hd_ones_are_taken_for_fine_ones() -> None:
    there = [Picture("pano", 2.351, 48.851), Picture("flat", 2.351, 48.851, field_of_view=60)]
    with panoramax_host(there) as host:
        usual, fine = (found_by(provider_at(host, Cuts(size=size)))[0] for size in (512, 1024))
        assert [usual[name].photo_url.rpartition("/")[2] for name in ("pano", "flat")] == ["sd.jpg", "sd.jpg"]  # type: ignore[union-attr]
        assert [fine[name].photo_url.rpartition("/")[2] for name in ("pano", "flat")] == ["hd.jpg", "sd.jpg"]  # type: ignore[union-attr]


def test_photos_are_downloaded_from_where_the_item_says() -> None:
    with panoramax_host([Picture("a1", 2.351, 48.851)]) as host:
        provider = provider_at(host)
        info = read_header(photo_of(provider, found_by(provider)[0]["a1"]))
        assert (info.width, info.height) == (512, 256)


def test_photos_come_whole_through_all_that_goes_wrong() -> None:
    there = pictures(12)
    trouble = Trouble(busy_every=5, down_every=7, html_every=9, cut_every=4, wrong_type_every=19)
    with panoramax_host(there, Behaviour(trouble)) as host:
        provider = provider_at(host)
        found, _ = found_by(provider)
        assert len({photo_of(provider, capture) for capture in found.values()}) == 12


def test_a_picture_that_was_taken_away_is_no_photo() -> None:
    with panoramax_host([Picture("a1", 2.351, 48.851)], Behaviour(gone={"a1"})) as host:
        provider = provider_at(host)
        capture = found_by(provider)[0]["a1"]
        with pytest.raises(NoPhoto, match="taken away"):
            photo_of(provider, capture)
        with pytest.raises(NoPhoto):
            photo_of(provider, FoundCapture("b2", 2.0, 48.0))


def test_the_instance_is_the_option_or_the_environment_or_the_catalogue_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert next(iter(Panoramax(request_for(PARIS)).limits)) == "api.panoramax.xyz"
    monkeypatch.setenv("STREETSENSE_PANORAMAX_URL", "panoramax.ign.fr")
    assert next(iter(Panoramax(request_for(PARIS)).limits)) == "panoramax.ign.fr"
    for given in ("https://one.example", "https://one.example/", "https://one.example/api", "one.example/api/"):
        provider = Panoramax(request_for(PARIS, api_url=given))
        assert provider.questions()[0].where[0] == "https://one.example/api"


@pytest.mark.parametrize(
    "given", ["ftp://one.example", "https://", "https://user:word@one.example", "https://o.e/?k=1"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(given: str) -> None:
    with pytest.raises(InputError, match=r"^api_url: ") as error:
        Panoramax(request_for(PARIS, api_url=given))
    assert "word" not in str(error.value)


def test_the_environments_address_is_named_when_it_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREETSENSE_PANORAMAX_URL", "ftp://one.example")
    with pytest.raises(InputError, match=r"^STREETSENSE_PANORAMAX_URL: "):
        Panoramax(request_for(PARIS))


def test_questions_differ_by_instance_time_and_picture_and_else_are_equal() -> None:
    def name(cuts: Cuts | None = None, **options: Any) -> str:
        return Panoramax(request_for(PARIS, cuts=cuts, **options)).questions()[0].name

    names = [name(), name(since="2020"), name(api_url="https://one.example"), name(Cuts(size=2048))]
    assert len(set(names)) == 4
    assert name() == names[0]


def test_a_host_without_catalogue_is_said_to_have_none() -> None:
    with panoramax_host([]) as host, pytest.raises(InputError, match=r"api_url: 127\.0\.0\.1:\d+ has no Panoramax"):
        found_by(Panoramax(request_for(PARIS, api_url=f"{host.url}/elsewhere")))


@pytest.mark.parametrize("body", [b"[]", b'{"features": null}', b"<html></html>", b'{"features": [{]'])
def test_answers_that_are_no_list_are_asked_for_again_and_then_an_error(body: bytes) -> None:
    async def nonsense(_: Any) -> Any:
        from aiohttp import web

        return web.Response(body=body, content_type="application/json")

    with LoopbackHost(nonsense) as host:
        with pytest.raises(WebError):
            found_by(provider_at(host))
        assert len(host.requests) > 1


def test_the_test_call_says_who_answers() -> None:
    with panoramax_host([]) as host:
        provider = provider_at(host)
        assert with_web(provider, provider.test_call) == f"{host.name} answers"
        assert json.loads(host.requests[0].body)["limit"] == 1
