"""Views of one place never judge each other."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS
from test_fit import ORIGIN, fit, make_study

from streetsense.errors import InputError
from streetsense.indicators import load_predictor
from streetsense.indicators.linear_model import ModelName
from streetsense.indicators.places import places_of_samples
from streetsense.indicators.training import train
from streetsense.indicators.validation import Recipe, Samples, out_of_fold_predictions, validate
from streetsense.progress import Silent

METRES = CRS.from_epsg(32610)


def memorised(places: int = 60, headings: int = 4, seed: int = 0) -> Samples:
    """Views whose features say which place they show and nothing of what it is like."""
    random = np.random.default_rng(seed)
    place = random.permutation(np.repeat(np.arange(places), headings))
    features = random.normal(size=(places, 80))[place] + random.normal(0, 0.1, (len(place), 80))
    target = random.normal(size=places)[place] + random.normal(0, 0.1, len(place))
    return Samples(features, target, random.random((places, 2))[place] * 5000, place)


def r2_of(samples: Samples, kind: ModelName) -> dict[str, float]:
    results = validate(samples, Recipe(kind, penalties=20), Silent())
    return {result.protocol: result.scores["r2"].value or 0.0 for result in results}


@pytest.mark.parametrize("kind", ["ridge", "lasso"])
def test_headings_of_one_place_look_predictable_until_their_places_are_kept_apart(kind: ModelName) -> None:
    data = memorised()
    optimistic = r2_of(Samples(data.features, data.target, data.xy), kind)
    honest = r2_of(data, kind)
    for protocol in ("split", "k_fold"):
        assert optimistic[protocol] > 0.7
        assert honest[protocol] < 0.1
    assert honest["blocked"] < 0.1


@pytest.mark.parametrize("kind", ["ridge", "lasso"])
def test_the_penalty_is_chosen_for_new_places(kind: ModelName) -> None:
    data, recipe = memorised(), Recipe(kind, penalties=20)
    careless = recipe.fit(Samples(data.features, data.target, data.xy))
    assert recipe.fit(data).penalty > 10 * careless.penalty


def test_residuals_that_set_the_interval_come_from_models_that_never_saw_the_place() -> None:
    data, recipe = memorised(), Recipe("ridge")
    alone = Samples(data.features, data.target, data.xy)
    honest, careless = (data.target - out_of_fold_predictions(s, recipe, 1.0) for s in (data, alone))
    assert np.abs(honest).mean() > 2 * np.abs(careless).mean()


def test_the_confidence_interval_counts_places_and_not_their_views() -> None:
    data = memorised(headings=1)
    often = np.repeat(np.arange(60), 4)
    assert data.xy is not None
    repeated = Samples(data.features[often], data.target[often], data.xy[often], often)
    once, four = (validate(s, Recipe("ridge"), Silent())[1].scores["mae"] for s in (data, repeated))
    assert once.low is not None and once.high is not None and four.low is not None and four.high is not None
    assert four.high - four.low == pytest.approx(once.high - once.low, rel=0.2)


def test_classes_of_places_are_judged_by_other_places() -> None:
    data = memorised()
    classes = (data.target > np.median(data.target)).astype(float)
    alone, grouped = (Samples(data.features, classes, data.xy, g) for g in (None, data.groups))
    optimistic, honest = (
        train(s, Recipe("logistic"), Silent()).scores[1].scores["auc"].value for s in (alone, grouped)
    )
    assert optimistic is not None and honest is not None
    assert optimistic > 0.9
    assert honest < 0.7


def test_many_views_of_few_places_are_refused() -> None:
    with pytest.raises(InputError, match=r"^labels: the 36 samples show only 9 place\(s\)"):
        train(memorised(places=9), Recipe("ridge"), Silent())


def views(**columns: list[object]) -> gpd.GeoDataFrame:
    n = len(next(iter(columns.values())))
    x, y = (columns.pop(name, list(np.arange(n) * 100.0)) for name in ("x", "y"))
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=METRES)


def test_one_panorama_one_sample_point_or_one_position_is_one_place() -> None:
    panoramas = views(pano_id=["a", "a", None, "", None], point_id=[None] * 5)
    points = views(pano_id=["a", "b", None, None, None], point_id=["p", "p", "q", "", None])
    positions = views(x=[0.0, 0.2, 0.0, 3.0, 9.0], y=[0.0, 0.2, 2.0, 0.0, 9.0])
    for frame, together in ((panoramas, 2), (points, 2), (positions, 2)):
        places = places_of_samples(frame, np.arange(5), METRES)
        assert places[0] == places[1]
        assert np.unique(places).size == 6 - together


def test_samples_that_share_a_view_of_one_place_are_one_group() -> None:
    frame = views(pano_id=["a", "b", "b", "c"])
    assert places_of_samples(frame, np.array([0, 0, 1, 2]), METRES).tolist() == [0, 0, 1]


def test_labelled_headings_of_a_panorama_are_scored_by_place(tmp_path: Path) -> None:
    study = make_study(tmp_path, per_unit=1, faces=4)
    found = study.views(columns=["view_id", "geometry"])
    table = tmp_path / "labels.csv"
    random = np.random.default_rng(0)
    east = found.to_crs(METRES).geometry.x - ORIGIN[0] + random.normal(0, 9, len(found))
    pd.DataFrame({"view_id": found["view_id"], "income": east}).to_csv(table, index=False)
    outputs = fit(study, encoder="tiny", labels=str(table))
    scores = load_predictor(study.predictors_dir / "p").record.scores
    assert outputs.n_samples == 256
    assert [score.places for score in scores if score.protocol != "split"] == [64, 64]
    assert outputs.scores["k_fold"]["places"] == 64
