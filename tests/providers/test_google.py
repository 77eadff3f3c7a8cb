"""The provider Google: what it wants, and how panoramas are found through real sockets, whatever Google says."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from streetsense.errors import InputError
from streetsense.streetview.online.google import Google
from streetsense.streetview.online.provider import FoundCapture, NoPhoto, OnlineProvider, Question
from streetsense.streetview.views import Cuts
from streetsense.web import WebError
from tests.providers.fetchrequests import found_by, request_for, with_web
from tests.providers.google_host import Behaviour, google_host
from tests.providers.google_in_paris import FIRST, KEY, PARIS, POINTS, SECOND, SECRET, photo_of, provider_at, saying
from tests.providers.trouble import Trouble


def test_it_is_a_provider_that_asks_for_consent_and_cuts_panoramas_itself() -> None:
    provider = Google(request_for(PARIS, secrets={"key": KEY}))
    assert isinstance(provider, OnlineProvider)
    assert (provider.name, provider.cuts_itself) == ("google", True)
    terms = provider.terms
    assert terms.needs_consent and not terms.has_history and not terms.is_recommended and terms.price_per_1000 == 7.0
    assert [(secret.name, secret.is_needed) for secret in terms.secrets] == [("key", True), ("signing_secret", False)]
    assert "panoramas" in terms.history_notice and "check your contract" in terms.notice


def test_panoramas_are_found_once_at_the_points_that_see_them() -> None:
    with google_host([FIRST, SECOND], key=KEY) as host:
        found, unreadable = found_by(provider_at(host))
        assert (set(found), unreadable) == ({"first-panorama", "second-panorama"}, 0)
        assert found["first-panorama"] == FoundCapture(
            "first-panorama",
            2.3551,
            48.8531,
            captured_at="2022-05",
            is_pano=True,
            pano_id="first-panorama",
            licence="Google Maps Platform Terms of Service",
            attribution="© Google",
            source_url="https://www.google.com/maps/@?api=1&map_action=pano&pano=first-panorama",
        )
        assert found["second-panorama"].captured_at == "2021"
        assert all(seen.path == "/maps/api/streetview/metadata" for seen in host.requests)
        assert len(host.requests) == 3, "two of the four points are next to each other"
        assert host.requests[0].query["radius"] == "50"


@pytest.mark.parametrize(("metres", "radius"), [(12.0, "12"), (12.3, "13"), (500.0, "50")])
def test_panoramas_are_looked_for_no_farther_than_views_are_joined(metres: float, radius: str) -> None:
    with google_host([], key=KEY) as host:
        found_by(provider_at(host, max_distance=metres))
        assert {seen.query["radius"] for seen in host.requests} == {radius}


def test_named_panoramas_are_asked_for_by_name(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("pano_id\nsecond-panorama\nnever-was-there\n")
    with google_host([FIRST, SECOND], key=KEY) as host:
        found, _ = found_by(provider_at(host, panoramas=tmp_path / "ids.csv"))
        assert list(found) == ["second-panorama"]
        assert {seen.query["pano"] for seen in host.requests} == {"second-panorama", "never-was-there"}
        assert not any("location" in seen.query for seen in host.requests)


def test_a_named_panorama_that_is_gone_is_looked_for_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("pano_id,lat,lon\nold-name-of-it,48.8531,2.3551\n")
    with google_host([FIRST], key=KEY) as host:
        found, _ = found_by(provider_at(host, panoramas=tmp_path / "ids.csv"))
        assert list(found) == ["first-panorama"]
        assert [sorted({"pano", "location"} & set(seen.query)) for seen in host.requests] == [["pano"], ["location"]]


def test_a_name_that_google_calls_invalid_is_counted(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("pano_id\nfirst-panorama\n")
    with google_host([FIRST], Behaviour(status="INVALID_REQUEST"), key=KEY) as host:
        assert found_by(provider_at(host, panoramas=tmp_path / "ids.csv")) == ({}, 1)


def test_a_place_that_google_calls_invalid_stays_open() -> None:
    with (
        google_host([FIRST], Behaviour(status="INVALID_REQUEST"), key=KEY) as host,
        pytest.raises(WebError, match="INVALID_REQUEST"),
    ):
        found_by(provider_at(host))


@pytest.mark.parametrize("status", ["OVER_QUERY_LIMIT", "UNKNOWN_ERROR", "SOMETHING_NEW"])
def test_statements_that_say_not_now_are_asked_for_again(status: str) -> None:
    with google_host([FIRST, SECOND], Behaviour(status=status, status_every=2), key=KEY) as host:
        assert len(found_by(provider_at(host))[0]) == 2


@pytest.mark.parametrize("status", ["REQUEST_DENIED", "OVER_DAILY_LIMIT"])
def test_a_refused_key_is_the_users_to_change_and_never_repeated(status: str) -> None:
    with google_host([FIRST], Behaviour(status=status), key=KEY) as host:
        with pytest.raises(InputError, match=r"^key: Google refuses it"):
            found_by(provider_at(host))
        assert len(host.requests) == 1


def test_statements_come_through_all_that_goes_wrong() -> None:
    trouble = Trouble(busy_every=5, down_every=7, html_every=9, cut_every=4)
    with google_host([FIRST, SECOND], Behaviour(trouble), key=KEY) as host:
        for _ in range(5):
            assert len(found_by(provider_at(host))[0]) == 2


@pytest.mark.parametrize("body", [b"[]", b"{}", b'"OK"', b'{"status": ["OK"]}', b'{"status": "OK"', b"<html></html>"])
def test_statements_that_are_none_end_as_an_error(body: bytes) -> None:
    with saying(body) as host, pytest.raises(WebError):
        found_by(provider_at(host))


@pytest.mark.parametrize(
    ("cuts", "words"),
    [(Cuts(size=641), r"^size: .* 640 pixels"), (Cuts(fov_deg=121), r"^fov: .* 120 degrees")],
)
def test_views_larger_or_wider_than_google_gives_are_refused_at_once(cuts: Cuts, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Google(request_for(PARIS, cuts=cuts, secrets={"key": KEY}))


def test_a_missing_key_and_a_bad_secret_are_refused_at_once() -> None:
    with pytest.raises(InputError, match=r"^key: .*STREETSENSE_GOOGLE_KEY"):
        Google(request_for(PARIS))
    with pytest.raises(InputError, match=r"^signing_secret: ") as error:
        Google(request_for(PARIS, secrets={"key": KEY, "signing_secret": "no secret at all"}))
    assert "no secret at all" not in str(error.value)


def test_keys_are_not_sent_where_others_can_read_them() -> None:
    with pytest.raises(InputError, match=r"^api_url: .*https"):
        Google(request_for(PARIS, secrets={"key": KEY}, api_url="http://maps.example"))


def test_the_test_call_costs_nothing_and_says_what_came() -> None:
    with google_host([], key=KEY, signing_secret=SECRET) as host:
        provider = provider_at(host, SECRET)
        assert with_web(provider, provider.test_call) == "the key and its signature are accepted (ZERO_RESULTS)"
        assert [seen.path for seen in host.requests] == ["/maps/api/streetview/metadata"]


TROUBLES: dict[str, tuple[Behaviour, Callable[[Google], object]]] = {
    "denied": (Behaviour(status="REQUEST_DENIED"), found_by),
    "unknown": (Behaviour(status="UNKNOWN_ERROR"), found_by),
    "busy": (Behaviour(status="OVER_QUERY_LIMIT"), found_by),
    "invalid": (Behaviour(status="INVALID_REQUEST"), found_by),
    "html": (Behaviour(Trouble(html_every=1)), found_by),
    "cut": (Behaviour(Trouble(cut_every=1)), photo_of),
    "down": (Behaviour(Trouble(down_every=1)), photo_of),
    "wrong type": (Behaviour(Trouble(wrong_type_every=1)), photo_of),
    "grey": (Behaviour(without_picture={"first-panorama"}, ignores_error_code=True), photo_of),
    "gone": (Behaviour(without_picture={"first-panorama"}), photo_of),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_error_log_or_name_has_the_key(trouble: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    behaviour, work = TROUBLES[trouble]
    with google_host([FIRST], behaviour, key=KEY, signing_secret=SECRET) as host:
        provider = provider_at(host, SECRET)
        with pytest.raises((InputError, WebError, NoPhoto)) as error:
            work(provider)
    written = "".join(traceback.format_exception(error.value)) + caplog.text + repr(provider) + str(provider.limits)
    written += "".join(f"{record.__dict__}" for record in caplog.records if record.name != "asyncio")
    for secret in (KEY, SECRET, "signature="):
        assert secret not in written


def test_questions_have_the_same_names_in_every_run() -> None:
    provider = Google(request_for(PARIS, POINTS, secrets={"key": KEY}, max_distance=50.0))
    assert provider.questions() == provider.questions()
    assert Question("place", (48.851, 2.351, 50)) in provider.questions()
    assert not any(KEY in question.name for question in provider.questions())
