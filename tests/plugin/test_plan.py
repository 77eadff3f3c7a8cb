"""Choices of a person, and the executions that they come to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streetsense_qgis.runs import plan as plans
from streetsense_qgis.runs.estimate import estimate, in_words
from streetsense_qgis.runs.missing import missing_of_area, missing_of_model, missing_of_views, name_problem
from streetsense_qgis.runs.plan import (
    APPEARANCE,
    DEMOCITY,
    FOLDER,
    INDICATOR,
    VIEW_SCORE,
    Labels,
    RunPlan,
    executions,
)
from streetsense_qgis.runs.verdict import verdict

AREA = {"type": "Polygon", "coordinates": [[[0, 0], [0.01, 0], [0.01, 0.01], [0, 0.01], [0, 0]]]}
SNAPSHOT = Path(__file__).resolve().parents[2] / "resources" / "process_descriptions.json"


def complete(**choices: object) -> RunPlan:
    values = {
        "study": "town", "name": "income", "area": AREA, "provider": DEMOCITY, "roads": "democity",
        "dates": ["2023-06"], "units": "square:200", "encoder_from": plans.RANDOM, "encoder": "random",
    }  # fmt: skip
    return RunPlan(**{**values, **choices})


def test_a_map_of_appearance_needs_no_labels() -> None:
    verbs = [one.process for one in executions(complete())]
    assert verbs == ["sample", "fetch", "import-encoder", "embed", "predict"]


def test_an_indicator_is_learned_before_it_is_predicted_for_the_areas_of_its_labels() -> None:
    plan = complete(goal=INDICATOR, units="", labels=Labels("uploads/labels.gpkg", "income", "USD"))
    fit, predict = executions(plan)[-2:]
    assert (fit.process, fit.inputs["labels"], fit.inputs["target"]) == ("fit", "uploads/labels.gpkg", "income")
    assert predict.inputs == {"name": "income", "units": "uploads/labels.gpkg", "predictor": "income"}


def test_a_score_of_views_is_predicted_for_each_view() -> None:
    plan = complete(goal=VIEW_SCORE, units="", labels=Labels("uploads/labels.gpkg", "safety", "of 10", polygons=False))
    assert executions(plan)[-1].inputs == {"name": "income", "predictor": "income"}


def test_an_encoder_of_the_study_is_not_added_again() -> None:
    assert "import-encoder" not in [one.process for one in executions(complete(encoder_from=plans.OF_STUDY))]


def test_an_encoder_can_learn_from_the_views_first() -> None:
    verbs = [one.process for one in executions(complete(encoder_from=plans.LEARN))]
    assert verbs == ["sample", "fetch", "pair", "pretrain", "embed", "predict"]


def test_attention_is_asked_of_the_predictor_where_there_is_one() -> None:
    plan = complete(goal=INDICATOR, labels=Labels("uploads/labels.gpkg", "income"), attention=5)
    assert executions(plan)[-1].inputs == {"count": 5, "name": "income", "predictor": "income"}
    assert executions(complete(attention=5))[-1].inputs == {"count": 5, "name": "income", "encoder": "random"}


@pytest.mark.parametrize("goal", [APPEARANCE, INDICATOR, VIEW_SCORE])
@pytest.mark.parametrize("kind", [plans.OF_STUDY, plans.FROM_HUB, plans.FROM_FILE, plans.LEARN, plans.RANDOM])
@pytest.mark.parametrize("provider", [DEMOCITY, FOLDER, "mapillary"])
def test_the_engine_has_every_process_and_input_of_a_plan(goal: str, kind: str, provider: str) -> None:
    described = json.loads(SNAPSHOT.read_text())
    known = {process["id"]: set(process["inputs"]) for process in described["processes"]}
    plan = complete(
        goal=goal, encoder_from=kind, provider=provider, photos="uploads/photos", table="uploads/t.csv", max_views=9,
        labels=Labels("uploads/labels.gpkg", "income", "USD"), weights="uploads/w.safetensors", attention=3,
        since="2019-01-01", until="2020-12-31", history=True, max_cost=5.0, accept_terms=True, api_url="https://x",
    )  # fmt: skip
    for one in executions(plan):
        assert set(one.inputs) <= known[one.process]
        required = {
            name for process in described["processes"] if process["id"] == one.process
            for name, entry in process["inputs"].items() if entry["minOccurs"]
        }  # fmt: skip
        assert required <= set(one.inputs) | {"study"}


def test_a_plan_survives_being_stored() -> None:
    plan = complete(labels=Labels("uploads/labels.gpkg", "income", "USD", polygons=False))
    assert RunPlan.from_dict(json.loads(json.dumps(plan.as_dict()))) == plan


def test_each_step_says_what_it_lacks() -> None:
    nothing = RunPlan()
    assert "area" in missing_of_area(nothing)
    assert "photos" in missing_of_views(nothing)
    assert "folder" in missing_of_views(RunPlan(provider=FOLDER))
    assert "known values" in missing_of_model(complete(goal=INDICATOR))
    assert "field" in missing_of_model(complete(goal=INDICATOR, labels=Labels("uploads/labels.gpkg")))
    assert not missing_of_area(complete()) + missing_of_views(complete()) + missing_of_model(complete())


@pytest.mark.parametrize("name", ["", "a/b", ".hidden", "trailing.", "ümlaut", "x" * 90])
def test_names_that_no_study_may_have_are_refused_in_a_sentence(name: str) -> None:
    assert name_problem(name).endswith(("name.", "it.", "change it."))


def test_twice_the_headings_are_twice_the_views() -> None:
    one = estimate(complete(headings=[0.0]), 2.0)
    two = estimate(complete(headings=[0.0, 180.0]), 2.0)
    assert two.views == (2 * one.views[0], 2 * one.views[1])


def test_a_cap_holds_in_the_estimate() -> None:
    assert estimate(complete(max_views=100), 50.0).views == (100, 100)


def test_known_streets_give_one_number_instead_of_a_range() -> None:
    found = estimate(complete(spacing=15), 2.0, street_km=30.0)
    assert found.points == (2000, 2000)


def test_the_estimate_is_said_in_words(qgis_app: object) -> None:
    words = in_words(estimate(complete(), 2.5), complete())
    assert words.startswith("Area: 2.50 km².")
    assert "sample points" in words
    assert "bills nothing" in words


def test_a_prediction_no_better_than_guessing_is_not_recommended() -> None:
    sentence, is_usable = verdict({"fit": {"scores": {"blocked": {"r2": 0.1, "r2_low": -0.05}}}})
    assert not is_usable
    assert "Do not use this map" in sentence


def test_a_good_prediction_says_how_much_it_explains() -> None:
    sentence, is_usable = verdict({"fit": {"scores": {"blocked": {"r2": 0.626, "r2_low": 0.5}}}})
    assert is_usable
    assert "63 %" in sentence


def test_photos_that_are_still_open_are_told() -> None:
    sentence, is_usable = verdict({"fetch": {"open_photos": 1_234}, "predict": {}})
    assert sentence.startswith("1,234 photos are still open")
    assert is_usable


def test_a_map_of_likeness_needs_no_verdict() -> None:
    assert verdict({"predict": {"features": 3}}) == ("", True)
