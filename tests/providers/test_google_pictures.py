"""The provider Google: its pictures through real sockets."""

from __future__ import annotations

import numpy as np
import pytest

from streetsense.errors import InputError
from streetsense.images import encode_jpeg, read_header
from streetsense.streetview.online.google_grey import is_grey_picture
from streetsense.streetview.online.provider import NoPhoto, Shot
from streetsense.web import WebError
from tests.providers.fetchrequests import found_by
from tests.providers.google_host import Behaviour, google_host, grey_picture
from tests.providers.google_in_paris import CAPTURE, FIRST, KEY, SECRET, photo_of, provider_at, saying
from tests.providers.trouble import Trouble, picture


def test_a_view_is_asked_for_by_panorama_direction_and_size() -> None:
    with google_host([FIRST], key=KEY) as host:
        info = read_header(photo_of(provider_at(host)))
        assert (info.width, info.height) == (320, 320)
        assert host.requests[0].path == "/maps/api/streetview"
        assert host.requests[0].query == {
            "size": "320x320",
            "pano": "first-panorama",
            "heading": "90",
            "fov": "90",
            "pitch": "0",
            "return_error_code": "true",
            "key": KEY,
        }


@pytest.mark.parametrize(
    ("heading", "written"),
    [
        (0.0, "0"),
        (359.999, "0"),
        (360.0, "0"),
        (-90.0, "270"),
        (123.456, "123.46"),
        (123.45600000001, "123.46"),
        (-1e-9, "0"),
    ],
)
def test_headings_are_written_alike_however_they_were_computed(heading: float, written: str) -> None:
    with google_host([FIRST], key=KEY) as host:
        photo_of(provider_at(host), Shot(CAPTURE, heading, -10.0, 75.0, 64))
        query = host.requests[0].query
        assert (query["heading"], query["pitch"], query["fov"]) == (written, "-10", "75")


def test_requests_are_signed_as_google_checks_it() -> None:
    with google_host([FIRST], key=KEY, signing_secret=SECRET) as host:
        provider = provider_at(host, SECRET)
        assert list(found_by(provider)[0]) == ["first-panorama"]
        assert photo_of(provider)
        with pytest.raises(InputError):
            found_by(provider_at(host))
        with pytest.raises(InputError):
            photo_of(provider_at(host))


def test_every_attempt_at_a_picture_is_counted_and_no_statement() -> None:
    counted: list[int] = []
    with google_host([FIRST], Behaviour(Trouble(down_every=2)), key=KEY) as host:
        provider = provider_at(host, counted=lambda: counted.append(1))
        found_by(provider)
        assert counted == []
        before = len(host.requests)
        for _ in range(4):
            photo_of(provider)
        assert len(counted) == len(host.requests) - before > 4


def test_a_count_that_says_stop_ends_the_question_before_it_is_asked() -> None:
    class Enough(Exception):
        pass

    def stop() -> None:
        raise Enough

    with google_host([FIRST], key=KEY) as host:
        with pytest.raises(Enough):
            photo_of(provider_at(host, counted=stop))
        assert host.requests == []


def test_pictures_come_whole_through_all_that_goes_wrong() -> None:
    trouble = Trouble(busy_every=5, down_every=7, html_every=9, cut_every=4, wrong_type_every=19)
    with google_host([FIRST], Behaviour(trouble), key=KEY) as host:
        provider = provider_at(host)
        photos = {photo_of(provider, Shot(CAPTURE, 30.0 * number, 0.0, 90.0, 64)) for number in range(12)}
        assert len(photos) == 12


@pytest.mark.parametrize(
    "behaviour", [Behaviour(gone={"first-panorama"}), Behaviour(without_picture={"first-panorama"})]
)
@pytest.mark.parametrize("ignores", [False, True])
def test_a_panorama_without_picture_is_no_photo_also_when_a_grey_one_comes(behaviour: Behaviour, ignores: bool) -> None:
    behaviour.ignores_error_code = ignores
    with google_host([FIRST], behaviour, key=KEY) as host:
        with pytest.raises(NoPhoto, match="no picture"):
            photo_of(provider_at(host))
        assert len(host.requests) == 1


def test_a_refused_picture_is_the_keys_fault() -> None:
    with google_host([FIRST], key=KEY) as host:
        with pytest.raises(InputError, match=r"^key: Google refuses it"):
            photo_of(provider_at(host, key="another-key"))
        assert len(host.requests) == 1


def test_a_bad_request_is_no_photo_unless_it_is_about_the_key() -> None:
    with saying(b"Invalid 'pano' parameter.", "text/plain", 400) as host, pytest.raises(NoPhoto, match="HTTP 400"):
        photo_of(provider_at(host))
    with (
        saying(b"API key not valid. Please pass a valid API key.", "text/plain", 400) as host,
        pytest.raises(InputError),
    ):
        photo_of(provider_at(host))
    with saying(b"denied", "text/plain", 403) as host, pytest.raises(InputError):
        found_by(provider_at(host))


def test_a_quota_told_in_words_lets_the_host_rest() -> None:
    with (
        saying(b"You have exceeded your quota for this API.", "text/plain", 200) as host,
        pytest.raises(WebError, match="quota"),
    ):
        photo_of(provider_at(host))


@pytest.mark.parametrize("size", [200, 320, 640])
def test_the_grey_picture_is_told_from_photos(size: int) -> None:
    assert is_grey_picture(grey_picture(size))
    assert not is_grey_picture(picture("a photo", size, size))


@pytest.mark.parametrize("level", [0, 255])
def test_a_picture_of_one_black_or_white_is_a_photo(level: int) -> None:
    assert not is_grey_picture(encode_jpeg(np.full((128, 128, 3), level, np.uint8)))
