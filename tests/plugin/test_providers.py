"""Providers as the engine tells them, what a plan asks of them, and how much that will be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from providers_engine import PLAN, PROVIDERS
from streetsense_qgis.runs.coverage import Coverage, question_of
from streetsense_qgis.runs.estimate import coverage_in_words, estimate, in_words
from streetsense_qgis.runs.missing import missing_of_question, missing_of_views
from streetsense_qgis.runs.plan import DEMOCITY, FOLDER, RunPlan, executions, fetch_inputs
from streetsense_qgis.runs.providers import Provider, offered

pytestmark = pytest.mark.usefixtures("qgis_app")
AREA = {"type": "Polygon", "coordinates": [[[0, 0], [0.01, 0], [0.01, 0.01], [0, 0.01], [0, 0]]]}


def known(name: str) -> Provider:
    return next(provider for provider in offered(PROVIDERS) if provider.name == name)


def plan(**choices: Any) -> RunPlan:
    return RunPlan(**{"study": "town", "area": AREA, "provider": "mapillary", "units": "h3:9", **choices})


def asked(given: RunPlan) -> dict[str, Any]:
    return next(one.inputs for one in executions(given) if one.process == "fetch")


def test_recommended_providers_come_first_and_others_after_what_every_engine_has() -> None:
    names = [provider.name for provider in offered(PROVIDERS)]
    assert names == ["mapillary", "panoramax", FOLDER, DEMOCITY, "google", "kartaview"]


def test_an_engine_of_the_time_before_has_folder_and_synthetic_city() -> None:
    assert [provider.name for provider in offered([])] == [FOLDER, DEMOCITY]


@pytest.mark.parametrize("told", [{}, {"name": "x", "secrets": 3}, {"name": "x", "price_per_1000": "much"}, "nonsense"])
def test_what_cannot_be_understood_is_left_out(told: Any) -> None:
    assert [provider.name for provider in offered([told])] == [FOLDER, DEMOCITY]


def test_a_provider_that_tells_little_is_offered_all_the_same() -> None:
    (own,) = (provider for provider in offered([{"name": "own", "new_field": 1}]) if provider.name == "own")
    assert (own.title, own.secrets, own.is_online) == ("own", (), False)


def test_fetch_is_asked_what_was_chosen() -> None:
    given = plan(
        since="2019-01-01", until="2020-12-31", history=True, accept_terms=True, max_cost=5.0, api_url="https://x"
    )
    inputs = asked(given)
    assert (inputs["provider"], inputs["since"], inputs["until"]) == ("mapillary", "2019-01-01", "2020-12-31")
    assert inputs["history"] is inputs["accept_terms"] is True
    assert (inputs["max_cost"], inputs["api_url"]) == (5.0, "https://x")


def test_fetch_is_not_asked_what_was_left_open() -> None:
    assert set(asked(plan())) == {"provider", "headings", "relative_to"}


def test_a_plan_has_no_place_for_a_key() -> None:
    kept = RunPlan.from_dict({**plan().as_dict(), "key": "very-secret-key", "signing_secret": "very-secret-key"})
    assert "very-secret-key" not in json.dumps(kept.as_dict())


def test_terms_that_must_be_confirmed_are_asked_about() -> None:
    google = known("google")
    assert "Read the terms of Google" in missing_of_views(plan(provider="google"), google)
    assert "Read the terms of Google" in missing_of_question(plan(provider="google"), google)


def test_a_provider_that_bills_needs_a_limit_for_the_run_but_none_for_the_preview() -> None:
    google, given = known("google"), plan(provider="google", accept_terms=True)
    assert "how much the photos may cost" in missing_of_views(given, google)
    assert not missing_of_question(given, google)
    given.max_cost = 10.0
    assert not missing_of_views(given, google)


def test_days_in_the_wrong_order_are_noticed() -> None:
    given = plan(since="2020-01-01", until="2019-01-01")
    assert "after the last one" in missing_of_views(given, known("mapillary"))


@pytest.mark.parametrize("address", ["http://example.org", "ftp://x", "panoramax.example.org"])
def test_an_instance_without_encryption_is_refused(address: str) -> None:
    assert "https://" in missing_of_views(plan(provider="panoramax", api_url=address), known("panoramax"))


def coverage(given: RunPlan, **told: Any) -> Coverage:
    values = {name: PLAN[name] for name in ("found", "chosen", "by_year", "photos", "billed", "megabytes", "minutes")}
    return Coverage(**{**values, "question": question_of(given), **told})


def test_without_a_preview_the_estimate_says_what_it_does_not_know() -> None:
    given = plan(max_views=500)
    words = in_words(estimate(given, 2.0, provider=known("mapillary")), given)
    assert "not known yet" in words
    assert "No more than 500 views" in words
    assert "processor" not in words
    assert "bills nothing" in words


def test_a_preview_gives_the_estimate_photos_time_and_megabytes() -> None:
    given = plan()
    found = estimate(given, 2.0, provider=known("mapillary"), coverage=coverage(given))
    assert found.views == (1430, 4 * 1430)
    assert found.megabytes == (480.5, 480.5)
    assert found.minutes[0] > 3.2
    assert "not known" not in in_words(found, given)


def test_a_preview_tells_the_cost_and_the_limit_holds() -> None:
    google = known("google")
    given = plan(provider="google", max_cost=7.0, headings=[0.0])
    found = estimate(given, 2.0, provider=google, coverage=coverage(given, photos=4000, billed=4000, cost=28.0))
    assert "28.00 US$ for 4,000 photos" in found.cost
    assert "Never more than 7.00 US$" in found.cost
    assert found.views == (1000, 1000)
    assert found.megabytes[0] == pytest.approx(480.5 / 4)


def test_without_a_limit_the_estimate_asks_for_one() -> None:
    given = plan(provider="google")
    assert "Set a limit" in in_words(estimate(given, 2.0, provider=known("google")), given)


def test_a_preview_belongs_to_its_choices() -> None:
    given = plan()
    found = coverage(given)
    assert found.fits(plan(max_cost=3.0, accept_terms=True, spacing=30.0))
    for other in (plan(since="2020-01-01"), plan(history=True), plan(provider="google"), plan(study="other")):
        assert not found.fits(other)
    assert not found.fits(plan(area={**AREA, "type": "MultiPolygon"}))


def test_a_preview_is_said_in_words() -> None:
    words = coverage_in_words(coverage(plan(), there_already=12))
    assert words.startswith("5,120 captures found. 12 are in the study already. To fetch: 1,430 photos")
    assert "Nothing is left" in coverage_in_words(coverage(plan(), photos=0))
    assert "Cost" not in words


def test_folder_and_city_are_asked_what_they_always_were() -> None:
    given = plan(provider=FOLDER, photos="uploads/photos", table="uploads/t.csv")
    inputs = fetch_inputs(given)
    assert set(inputs) == {"provider", "headings", "relative_to", "photos", "table"}
    city = fetch_inputs(plan(provider=DEMOCITY, dates=["2023-06"]))
    assert set(city) == {"provider", "headings", "relative_to", "dates"}
