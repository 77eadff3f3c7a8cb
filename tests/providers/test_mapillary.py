"""The provider Mapillary: how areas are searched and photos fetched, through real sockets."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from streetsense.errors import InputError
from streetsense.images import read_header
from streetsense.streetview.online import mapillary
from streetsense.streetview.online.mapillary import Mapillary
from streetsense.streetview.online.provider import FoundCapture, NoPhoto, OnlineProvider, Photo, Shot
from streetsense.streetview.views import Cuts
from streetsense.web import HostLimits, WebError, WebRefusal
from tests.providers.fetchrequests import found_by, request_for, with_web
from tests.providers.loopback import LoopbackHost
from tests.providers.mapillary_host import KEY, Behaviour, Image, mapillary_host
from tests.providers.trouble import Trouble, picture

MALMO = (13.000, 55.600, 13.010, 55.606)
#: Too large for boxes.
SCANIA = (13.0, 55.550, 13.9, 55.552)


def images(count: int, bounds: tuple[float, float, float, float] = MALMO, **more: Any) -> list[Image]:
    rng = np.random.default_rng(0)
    west, south, east, north = bounds
    lon, lat = rng.uniform(west, east, count).round(7), rng.uniform(south, north, count).round(7)
    return [
        Image(str(10_000 + number), float(x), float(y), **more)
        for number, (x, y) in enumerate(zip(lon, lat, strict=True))
    ]


def provider_at(
    host: LoopbackHost, bounds: tuple[float, float, float, float] = MALMO, cuts: Cuts | None = None, **options: Any
) -> Mapillary:
    return Mapillary(request_for(bounds, cuts=cuts, secrets={"key": KEY}, api_url=host.url, **options))


def photo_of(provider: Mapillary, capture: FoundCapture) -> Photo:
    return with_web(provider, lambda web: provider.photo(web, Shot(capture)))


def paths(host: LoopbackHost) -> list[str]:
    return [seen.path for seen in host.requests]


def test_it_is_a_provider_that_needs_a_key() -> None:
    provider = Mapillary(request_for(MALMO, secrets={"key": KEY}))
    assert isinstance(provider, OnlineProvider)
    assert (provider.name, provider.cuts_itself) == ("mapillary", False)
    assert [secret.variable for secret in provider.terms.secrets] == ["STREETSENSE_MAPILLARY_TOKEN"]
    assert {"graph.mapillary.com", "tiles.mapillary.com", ""} == set(provider.limits)
    assert KEY not in repr(provider) + str(vars(provider))


@pytest.mark.parametrize("secrets", [{}, {"key": "  "}])
def test_without_a_key_the_sentence_says_how_to_give_one(secrets: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"^key: .*dashboard/developers.*STREETSENSE_MAPILLARY_TOKEN"):
        Mapillary(request_for(MALMO, secrets=secrets))


def test_the_key_is_sent_nowhere_unencrypted() -> None:
    with pytest.raises(InputError, match="api_url"):
        Mapillary(request_for(MALMO, secrets={"key": KEY}, api_url="http://example.org"))


def test_images_are_found_with_all_that_mapillary_says() -> None:
    flat = Image("11", 13.001, 55.601, heading=12.5, focal=0.5)
    round_ = Image("12", 13.002, 55.602, camera_type="spherical", captured_at=1_563_721_072_000)
    with mapillary_host([flat, round_]) as host:
        found, unreadable = found_by(provider_at(host))
        address = f"http://localhost:{host.port}/photos/11.jpg?size=thumb_2048_url&oh=1"
    assert unreadable == 0
    assert found["11"] == FoundCapture(
        "11",
        13.001,
        55.601,
        captured_at="2019-07-21T14:57:52.184Z",
        heading_deg=12.5,
        fov_deg=pytest.approx(90.0),  # type: ignore[arg-type]
        sequence_id=flat.sequence,
        licence="CC BY-SA 4.0",
        attribution="© mapper / Mapillary",
        source_url="https://www.mapillary.com/app/?pKey=11",
        fresh_url=address,
    )
    assert found["12"].is_pano and found["12"].pano_id == "12" and found["12"].fov_deg is None
    assert found["12"].captured_at == "2019-07-21T14:57:52Z"
    assert {seen.headers["authorization"] for seen in host.requests} == {f"OAuth {KEY}"}
    assert not any(KEY in seen.target for seen in host.requests)


def test_boxes_are_small_enough_and_few() -> None:
    with mapillary_host(images(30)) as host:
        found, _ = found_by(provider_at(host))
    assert len(found) == 30
    assert len(host.requests) <= mapillary.MOST_BOXES


def test_full_answers_are_asked_for_in_quarters_until_nothing_is_missing() -> None:
    # Half of them in a place as large as a crossing, so that several rounds are needed.
    crowd = images(3000, (13.0040, 55.6020, 13.0045, 55.6023))
    with mapillary_host([*images(1500), *(Image(f"9{one.id}", one.lon, one.lat) for one in crowd)]) as host:
        found, _ = found_by(provider_at(host))
    assert len(found) == 4500


def test_an_answer_counts_as_full_although_images_were_withdrawn_from_it() -> None:
    with mapillary_host(images(2500, (13.001, 55.601, 13.002, 55.602)), Behaviour(withdrawn=90)) as host:
        found, _ = found_by(provider_at(host))
    assert len(found) == 2500


def test_the_smallest_boxes_end_the_search_with_what_came() -> None:
    with mapillary_host([Image(str(number), 13.005, 55.603) for number in range(1, 2600)]) as host:
        found, _ = found_by(provider_at(host))
    assert len(found) == 2000
    assert len(host.requests) < 60


class Impatient(Mapillary):
    """Waits a moment for an answer, and asks once more."""

    @property
    def limits(self) -> Mapping[str, HostLimits]:
        return {"": HostLimits(connections=32, attempts=2, timeout_s=0.3)}


@pytest.mark.parametrize("wrong", ["time_out_deg2", "overworked_deg2", "slow_deg2"])
def test_searches_that_take_mapillary_too_long_are_divided(wrong: str) -> None:
    corner = (13.001, 55.601, 13.003, 55.603)
    there = images(50, corner)
    with mapillary_host(there, Behaviour(**{wrong: 1e-5})) as host:
        request = request_for(corner, secrets={"key": KEY}, api_url=host.url)
        found, _ = found_by(Impatient(request))
    assert set(found) == {image.id for image in there}


def test_a_search_that_fails_however_small_is_an_error() -> None:
    with (
        mapillary_host(images(1), Behaviour(time_out_deg2=1e-12)) as host,
        pytest.raises(WebError, match="HTTP 400, error -2"),
    ):
        found_by(provider_at(host, (13.0, 55.6, 13.0001, 55.6001)))


def test_days_months_and_years_limit_the_search() -> None:
    days = {
        "1": "2019-06-30T23:59:59",
        "2": "2019-07-01T00:00:01",
        "3": "2019-07-31T23:59:59",
        "4": "2019-08-01T00:00:01",
    }
    taken = [
        Image(name, 13.001, 55.601, captured_at=int(np.datetime64(when, "ms").astype(int)))
        for name, when in days.items()
    ]
    with mapillary_host(taken) as host:
        assert set(found_by(provider_at(host, since="2019-07", until="2019-07"))[0]) == {"2", "3"}
        assert set(found_by(provider_at(host, since="2019-07-31"))[0]) == {"3", "4"}
        assert set(found_by(provider_at(host, until="2019-06-30"))[0]) == {"1"}
        since, ever = provider_at(host, since="2019").questions(), provider_at(host).questions()
    assert {question.name for question in since}.isdisjoint(question.name for question in ever)


def test_large_areas_are_found_by_tiles() -> None:
    there = images(200, SCANIA)
    with mapillary_host(there, Behaviour(tile_status=404)) as host:
        provider = provider_at(host, SCANIA)
        found, unreadable = found_by(provider)
    assert unreadable == 0 and set(found) == {image.id for image in there}
    assert all(path.startswith("/tiles/14/") for path in paths(host))
    for image in there:
        capture = found[image.id]
        assert abs(capture.lon - image.lon) < 1e-5 and abs(capture.lat - image.lat) < 1e-5
        assert capture.captured_at == "2019-07-21T14:57:52.184Z"
        assert (capture.heading_deg, capture.sequence_id) == (image.heading, image.sequence)
        assert (capture.fov_deg, capture.fresh_url) == (None, None)


@pytest.mark.parametrize("behaviour", [Behaviour(tiles_as_text=True), Behaviour(tile_status=204), Behaviour()])
def test_tiles_of_text_and_empty_tiles_do_no_harm(behaviour: Behaviour) -> None:
    there = [Image("24235112816526837", 13.05, 55.551, camera_type="spherical"), Image("7", 13.06, 55.551)]
    with mapillary_host(there, behaviour) as host:
        found, unreadable = found_by(provider_at(host, SCANIA))
    assert unreadable == 0 and set(found) == {"24235112816526837", "7"}
    assert found["24235112816526837"].is_pano and not found["7"].is_pano


def test_what_a_tile_does_not_know_comes_with_the_photo() -> None:
    there = images(3, SCANIA, focal=0.5, heading=33.0)
    with mapillary_host(there) as host:
        provider = provider_at(host, SCANIA)
        found, _ = found_by(provider)
        photo = photo_of(provider, found["10001"])
    assert photo.data == picture("10001", 128, 96)
    assert photo.more == {"fov_deg": pytest.approx(90.0), "attribution": "© mapper / Mapillary"}


def test_an_area_too_large_for_a_day_of_tiles_is_refused() -> None:
    provider = Mapillary(request_for((0.0, 40.0, 20.0, 55.0), secrets={"key": KEY}))
    with pytest.raises(InputError, match=r"^area: .* divide"):
        provider.questions()


def test_a_photo_of_a_search_is_fetched_without_the_key_and_without_another_question() -> None:
    with mapillary_host(images(1)) as host:
        provider = provider_at(host)
        found, _ = found_by(provider)
        before = len(host.requests)
        photo = photo_of(provider, found["10000"])
    assert photo.more == {} and read_header(photo.data).width == 128
    (request,) = host.requests[before:]
    assert request.path == "/photos/10000.jpg"
    assert "authorization" not in request.headers and KEY not in str(request)


def test_an_expired_address_is_asked_for_again() -> None:
    behaviour = Behaviour(good_from=2)
    with mapillary_host(images(1), behaviour) as host:
        provider = provider_at(host)
        found, _ = found_by(provider)
        before = len(host.requests)
        photo = photo_of(provider, found["10000"])
        assert photo.data == picture("10000", 128, 96)
        assert paths(host)[before:] == ["/photos/10000.jpg", "/10000", "/photos/10000.jpg"]
        behaviour.good_from = 99
        with pytest.raises(WebRefusal):
            photo_of(provider, found["10000"])
    assert {seen.headers.get("authorization") for seen in host.requests if "photos" in seen.path} == {None}


def test_photos_and_images_that_are_gone_are_no_photos() -> None:
    behaviour = Behaviour(no_photo={"10000"}, gone={"10001"})
    without = Image("3", 13.0, 55.6, more={"thumb_2048_url": None, "thumb_1024_url": None})
    with mapillary_host([*images(2), without], behaviour) as host:
        provider = provider_at(host)
        found, _ = found_by(provider)
        for name in ("10000", "3"):
            with pytest.raises(NoPhoto, match="address"):
                photo_of(provider, found[name])
        behaviour.good_from = 2  # so that its address is asked for again
        with pytest.raises(NoPhoto, match="any more"):
            photo_of(provider, found["10001"])


def test_panoramas_are_fetched_finer_when_views_have_many_pixels() -> None:
    round_ = Image("5", 13.001, 55.601, camera_type="spherical")
    with mapillary_host([round_, Image("6", 13.002, 55.602)]) as host:
        usual = found_by(provider_at(host))[0]
        fine = found_by(provider_at(host, cuts=Cuts(size=1024)))[0]
    assert "thumb_2048_url" in str(usual["5"].fresh_url)
    assert "thumb_original_url" in str(fine["5"].fresh_url)
    assert "thumb_2048_url" in str(fine["6"].fresh_url)


@pytest.mark.parametrize("status", [401, 400, 403, 200, 500])
def test_a_wrong_key_is_an_error_of_the_input_key_that_does_not_repeat_it(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with mapillary_host(images(1), Behaviour(key="another", key_status=status)) as host:
        provider = provider_at(host)
        for work in (lambda web: provider.ask(web, provider.questions()[0]), provider.test_call):
            with pytest.raises(InputError, match=r"^key: .*STREETSENSE_MAPILLARY_TOKEN") as error:
                with_web(provider, work)
            assert KEY not in str(error.value) + repr(error.value.__context__) + caplog.text
    assert len(host.requests) == 2


@pytest.mark.parametrize("status", [200, 400, 403, 429, 500])
def test_the_limit_of_requests_is_waited_for_whatever_its_status(status: int) -> None:
    with mapillary_host(images(20), Behaviour(limit_every=3, limit_status=status)) as host:
        found, _ = found_by(provider_at(host))
    assert len(found) == 20


def test_trouble_on_the_way_loses_nothing() -> None:
    trouble = Trouble(busy_every=13, down_every=11, html_every=7, cut_every=5)
    there = images(300)
    with mapillary_host(there, Behaviour(trouble=trouble)) as host:
        provider = provider_at(host)
        found, _ = found_by(provider)
        photos = [photo_of(provider, found[image.id]).data for image in there[:20]]
    assert set(found) == {image.id for image in there}
    assert photos == [picture(image.id, 128, 96) for image in there[:20]]


def test_a_photo_that_is_a_page_or_damaged_is_asked_for_again() -> None:
    with mapillary_host(images(1), Behaviour(trouble=Trouble(wrong_type_every=2))) as host:
        provider = provider_at(host)
        capture = FoundCapture("10000", 13.0, 55.6, fresh_url=f"http://localhost:{host.port}/photos/10000.jpg?oh=1")
        for _ in range(3):
            assert photo_of(provider, capture).data == picture("10000", 128, 96)


def test_missing_fields_and_duplicates_do_no_harm() -> None:
    lacking = [
        Image("1", 13.001, 55.601, more={"computed_geometry": None, "computed_compass_angle": None}),
        Image("2", 13.002, 55.602, more={"computed_geometry": None, "geometry": None}),
        Image("3", 13.003, 55.603, more={"creator": None, "camera_parameters": None, "captured_at": None}),
        Image("4", 13.004, 55.604, more={"compass_angle": None, "computed_compass_angle": None, "sequence": None}),
    ]
    with mapillary_host(lacking, Behaviour(twice=True)) as host:
        found, unreadable = found_by(provider_at(host))
    assert unreadable == 2 and set(found) == {"1", "3", "4"}
    assert found["1"].lon == pytest.approx(13.00101) and found["1"].heading_deg == pytest.approx(97.0)
    assert found["3"].attribution == "Mapillary contributors"
    assert (found["3"].fov_deg, found["3"].captured_at) == (None, None)
    assert (found["4"].heading_deg, found["4"].sequence_id) == (None, None)


def test_addresses_of_photos_that_are_none_are_not_followed() -> None:
    strange = Image("1", 13.001, 55.601, more={"thumb_2048_url": "file:///etc/passwd", "thumb_1024_url": 7})
    with mapillary_host([strange]) as host:
        provider = provider_at(host)
        found, _ = found_by(provider)
        assert found["1"].fresh_url is None
        with pytest.raises(NoPhoto):
            photo_of(provider, found["1"])


def test_the_test_call_costs_one_small_question() -> None:
    with mapillary_host(images(1)) as host:
        provider = provider_at(host)
        assert "accepted" in with_web(provider, provider.test_call)
    (request,) = host.requests
    assert (request.path, request.query["limit"], request.query["fields"]) == ("/images", "1", "id")
