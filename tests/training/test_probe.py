"""The probe that the trainer asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from streetsense.errors import InputError
from streetsense.study import Study
from streetsense_training.evaluation import RetrievalProbe

#: Views of 30 places in a row, 60 m apart, in two months, four headings each.
PLACES, MONTHS, HEADINGS = 30, 2, 4


def series(months: int = MONTHS, spacing: float = 60.0) -> dict[str, Any]:
    place, month, turn = (x.ravel() for x in np.indices((PLACES, months, HEADINGS)))
    return {
        "view_ids": [f"p{p:02d}m{m}h{t}" for p, m, t in zip(place, month, turn, strict=True)],
        "positions_xy": np.column_stack([place * spacing, np.zeros(len(place))]),
        "headings": turn * 90.0,
        "months": 24_000.0 + month,
        "panoramas": [f"{p}@{m}" for p, m in zip(place, month, strict=True)],
    }


def place_code(view_ids: np.ndarray) -> np.ndarray:
    """Embed views by place and heading alone: what an encoder that ignores time would do."""
    names = sorted({f"{view[:3]}{view[5:]}" for view in view_ids})
    return np.eye(len(names))[[names.index(f"{view[:3]}{view[5:]}") for view in view_ids]]


def month_code(view_ids: np.ndarray) -> np.ndarray:
    """Embed views by month alone, with a little of each view."""
    random = np.random.default_rng(0)
    return np.eye(6)[[int(view[4]) for view in view_ids]] + random.normal(scale=0.01, size=(len(view_ids), 6))


def test_an_encoder_that_knows_places_finds_all_of_them() -> None:
    probe = RetrievalProbe(**series())
    score = probe.score(place_code(probe.view_ids))
    assert (score.recall_at_1, score.recall_at_5, score.queries, score.gallery) == (1.0, 1.0, 240, 240)
    assert score.low < 1.0 == score.high


def test_an_encoder_that_knows_only_the_month_is_near_chance() -> None:
    probe = RetrievalProbe(**series())
    assert probe.score(month_code(probe.view_ids)).recall_at_1 < 0.1


def test_views_of_the_own_month_at_the_same_place_are_hidden_across_time() -> None:
    """Every view has a twin taken in the same month beside it, which would be found first."""
    one, other = series(), series()
    both = {
        "view_ids": [*one["view_ids"], *(f"{view}t" for view in other["view_ids"])],
        "positions_xy": np.concatenate([one["positions_xy"], other["positions_xy"] + [0.0, 3.0]]),
        "headings": np.tile(one["headings"], 2),
        "months": np.tile(one["months"], 2),
        "panoramas": [*one["panoramas"], *(f"{pano}t" for pano in other["panoramas"])],
    }
    probe = RetrievalProbe(**both)
    names = np.array([view.rstrip("t") for view in probe.view_ids])
    month = np.array([view[4] == "1" for view in names])
    # Nearest is the twin of the same month, then the same place and heading in the other one.
    embeddings = np.column_stack([place_code(names), 0.3 * month, 0.3 * ~month])
    assert probe.score(embeddings).recall_at_1 == 1.0


def test_with_one_date_another_panorama_is_right() -> None:
    close = series(months=1, spacing=10.0)
    probe = RetrievalProbe(**close)
    assert not probe.across_time
    along = np.array([int(view[1:3]) / 10 for view in probe.view_ids])
    turn = np.array([int(view[6]) for view in probe.view_ids]) * 40.0
    embeddings = np.column_stack([along, turn, np.full(len(turn), 10.0)])
    assert probe.score(embeddings).recall_at_1 > 0.9


def test_views_of_the_own_panorama_never_count() -> None:
    """All four views of a panorama look alike to this encoder, and other panoramas are far away."""
    views = series(months=1)
    with pytest.raises(InputError, match=r"^probe: 0 of 120 views were seen again within 25 m in another panorama"):
        RetrievalProbe(**views)


def test_unknown_headings_look_every_way() -> None:
    views = series()
    views["headings"] = np.full(len(views["headings"]), np.nan)
    probe = RetrievalProbe(**views)
    by_place = np.eye(PLACES)[[int(view[1:3]) for view in probe.view_ids]]
    assert probe.score(by_place).recall_at_1 == 1.0


def test_headings_near_north_are_the_same_way() -> None:
    views = series()
    views["headings"] = np.where(np.arange(len(views["headings"])) % 8 < 4, 350.0, 10.0)
    assert len(RetrievalProbe(**views, heading_tolerance=21.0).view_ids) == 240
    with pytest.raises(InputError, match="probe: 0 of 240"):
        RetrievalProbe(**views, heading_tolerance=19.0)


def test_views_without_a_date_are_neither_right_nor_in_the_way() -> None:
    views = series()
    undated = np.array([int(view[1:3]) >= 15 for view in views["view_ids"]])
    views["months"] = np.where(undated, np.nan, views["months"])
    probe = RetrievalProbe(**views)
    score = probe.score(place_code(probe.view_ids))
    assert (score.queries, score.recall_at_1) == (120, 1.0)


def test_limits_are_kept_and_every_query_can_be_found() -> None:
    probe = RetrievalProbe(**series(), limit=40, gallery=60)
    score = probe.score(place_code(probe.view_ids))
    assert (score.queries, score.gallery, score.recall_at_1) == (40, 60, 1.0)
    narrow = RetrievalProbe(**series(), limit=40, gallery=20)
    score = narrow.score(place_code(narrow.view_ids))
    assert (score.queries, score.gallery, score.recall_at_1) == (20, 20, 1.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.integers(15, 80))
def test_right_and_hidden_entries_are_those_of_the_rule(seed: int, dated: bool, limit: int) -> None:
    """Compare with every pair judged by the rule, on views scattered over 150 m."""
    random = np.random.default_rng(seed)
    n = 120
    xy = random.uniform(0, 150, (n, 2))
    headings = np.where(random.random(n) < 0.1, np.nan, random.uniform(0, 360, n))
    months = np.where(random.random(n) < 0.1, np.nan, random.integers(0, 4, n)) if dated else np.full(n, 7.0)
    panoramas = random.integers(0, 60, n)
    xy = xy[panoramas]  # views of a panorama share its position
    probe = RetrievalProbe(range(n), xy, headings, months, panoramas, limit=limit, gallery=70, seed=seed % 5)
    queries, gallery = probe.view_ids[probe._queries].astype(int), probe.view_ids[probe._gallery].astype(int)
    near = np.hypot(*(xy[queries][:, None] - xy[gallery][None]).transpose(2, 0, 1)) <= 25
    turn = np.abs((headings[queries][:, None] - headings[gallery][None] + 180) % 360 - 180)
    same_capture = panoramas[queries][:, None] == panoramas[gallery][None]
    apart = np.abs(months[queries][:, None] - months[gallery][None]) >= 1
    right = near & (np.isnan(turn) | (turn <= 45)) & ~same_capture & (apart | (not dated))
    hidden = near & (same_capture | (~apart & dated))
    for found, expected in ((probe._right, right), (probe._hidden, hidden)):
        dense = np.zeros_like(expected)
        dense[np.repeat(np.arange(len(queries)), np.diff(found[0])), found[1]] = True
        assert (dense == expected).all()
    assert right.any(axis=1).all()


def test_the_same_seed_gives_the_same_probe_and_another_seed_another() -> None:
    first, second = (RetrievalProbe(**series(), limit=30, gallery=40, seed=1).view_ids for _ in range(2))
    assert first.tolist() == second.tolist()
    assert set(first) != set(RetrievalProbe(**series(), limit=30, gallery=40, seed=2).view_ids)


def test_spread_is_one_for_an_even_sphere_and_zero_for_a_point() -> None:
    probe = RetrievalProbe(**series())
    shape = (len(probe.view_ids), 64)
    assert probe.score(np.random.default_rng(0).normal(size=shape)).spread == pytest.approx(1.0, abs=0.02)
    collapsed = probe.score(np.ones(shape))
    assert (collapsed.spread, collapsed.recall_at_1) == (pytest.approx(0.0, abs=1e-6), 0.0)


def test_a_score_has_the_names_that_curves_draw() -> None:
    probe = RetrievalProbe(**series())
    score = probe.score(place_code(probe.view_ids))
    metrics = score.as_metrics()
    assert set(metrics) == {"probe_recall_at_1", "probe_recall_at_5", "probe_low", "probe_high", "probe_spread"}
    assert (metrics["probe_recall_at_1"], metrics["probe_low"]) == (1.0, score.low)


def test_embeddings_of_other_views_are_refused() -> None:
    probe = RetrievalProbe(**series())
    with pytest.raises(InputError, match=r"^embeddings: their shape is \(3, 8\); the probe has 240 views\.$"):
        probe.score(np.zeros((3, 8)))


def study_of(folder: Path, views: dict[str, Any], **columns: object) -> Study:
    """Put views around 1° W, 44.7° N, in degrees, into a study."""
    metres = gpd.GeoSeries(gpd.points_from_xy(*(views["positions_xy"] + [650_000.0, 4_950_000.0]).T), crs=32630)
    degrees = metres.to_crs(4326)
    study = Study.create(
        folder / "study", gpd.GeoDataFrame(geometry=[shapely.box(*degrees.total_bounds).buffer(0.01)], crs=4326)
    )
    captured = [f"{int(month) // 12}-{int(month) % 12 + 1:02d}-03T10:00:00Z" for month in views["months"]]
    frame = gpd.GeoDataFrame(
        {
            "view_id": views["view_ids"],
            "heading_deg": views["headings"],
            "captured_at": captured,
            "pano_id": views["panoramas"],
            "status": "ok",
            **columns,
        },
        geometry=degrees,
        crs=4326,
    )
    study.views_table.append_frame(frame)
    return study


def test_a_study_gives_the_same_probe_as_its_metres(tmp_path: Path) -> None:
    views = series()
    probe = RetrievalProbe.from_study(study_of(tmp_path, views), views["view_ids"])
    assert probe is not None
    assert probe.across_time
    score = probe.score(place_code(probe.view_ids))
    assert (score.queries, score.recall_at_1) == (240, 1.0)


def test_without_panorama_ids_place_and_time_tell_panoramas_apart(tmp_path: Path) -> None:
    views = series(months=1)
    study = study_of(tmp_path, views, pano_id=None)
    assert RetrievalProbe.from_study(study, views["view_ids"]) is None


def test_too_few_views_give_no_probe(tmp_path: Path) -> None:
    views = series()
    study = study_of(tmp_path, views)
    assert RetrievalProbe.from_study(study, views["view_ids"][:8]) is None
    assert RetrievalProbe.from_study(study, []) is None


def test_a_year_alone_is_no_month(tmp_path: Path) -> None:
    views = series()
    study = study_of(tmp_path, views, captured_at=["2019" if view[4] == "0" else "2021" for view in views["view_ids"]])
    probe = RetrievalProbe.from_study(study, views["view_ids"])
    assert probe is not None
    assert not probe.across_time
