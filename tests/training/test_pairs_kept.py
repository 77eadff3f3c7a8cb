"""Pairs on disk: the same for the same seed, drawn again or not, whole or refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from pair_studies import make_study, run, street

from streetsense.errors import InputError
from streetsense.study import Study
from streetsense_training.pairs import load_pairs


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path / "study", street())


def test_the_same_seed_makes_the_same_bytes_however_the_views_came(tmp_path: Path) -> None:
    frame = street().assign(view_id=lambda views: [f"v{row:04d}" for row in range(len(views))])
    one = make_study(tmp_path / "one", frame)
    other = make_study(tmp_path / "other", frame.sample(frac=1, random_state=1), parts=5)
    for inputs in ({"objective": "temporal"}, {"objective": "spatial", "hold_out": 0.2, "hold_out_block": 60}):
        run(one, **inputs)
        run(other, **inputs)
        folders = [study.root / "pairs" / str(inputs["objective"]) for study in (one, other)]
        first, second = (load_pairs(folder) for folder in folders)
        assert first.record.fingerprint == second.record.fingerprint
        assert np.stack(first.draw(0)).tobytes() == np.stack(second.draw(0)).tobytes()
        assert first.held_out.tolist() == second.held_out.tolist()


def test_fixed_pairs_are_the_same_every_epoch_and_match_the_table(study: Study) -> None:
    run(study, objective="temporal", size=50)
    pairs = load_pairs(study.root / "pairs" / "temporal")
    stored = pq.read_table(study.root / "pairs/temporal/pairs.parquet").to_pandas()
    first, second = pairs.draw(4)
    assert first.dtype == second.dtype == np.int64
    assert pairs.view_ids[first].tolist() == stored["view_id_1"].tolist()
    assert pairs.view_ids[second].tolist() == stored["view_id_2"].tolist()
    assert sorted({*stored["view_id_1"], *stored["view_id_2"]}) == pairs.view_ids.tolist()
    assert (pairs.name, pairs.objective, len(pairs), pairs.held_out.tolist()) == ("temporal", "temporal", 50, [])


def test_redrawn_pairs_differ_by_epoch_repeat_and_begin_with_those_of_the_table(study: Study) -> None:
    run(study, objective="spatial", size=50, redraw=True)
    folder = study.root / "pairs" / "spatial"
    pairs, again = load_pairs(folder), load_pairs(folder)
    stored = pq.read_table(folder / "pairs.parquet").to_pandas()
    assert pairs.view_ids[pairs.draw(0)[0]].tolist() == stored["view_id_1"].tolist()
    assert pairs.view_ids[pairs.draw(0)[1]].tolist() == stored["view_id_2"].tolist()
    assert np.stack(pairs.draw(3)).tobytes() == np.stack(again.draw(3)).tobytes()
    assert np.stack(pairs.draw(3)).tobytes() != np.stack(pairs.draw(4)).tobytes()


def test_pairs_that_are_absent_or_damaged_are_an_error(study: Study) -> None:
    folder = study.root / "pairs"
    with pytest.raises(InputError, match=r"^pairs: there are no pairs called 'self' \(there are none yet\); make them"):
        load_pairs(folder / "self")
    run(study, objective="self")
    with pytest.raises(InputError, match=r"^pairs: there are no pairs called 'other' \(those there are: self\); make"):
        load_pairs(folder / "other")
    path = folder / "self" / "pairs.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"^pairs: .*self is damaged; make the pairs again with 'streetsense pair'\.$"):
        load_pairs(folder / "self")
    run(study, objective="self")
    (folder / "self" / "pairs.json").write_text("{}")
    with pytest.raises(InputError, match=r"^pairs: .*self is damaged"):
        load_pairs(folder / "self")


def test_pairs_of_a_name_are_replaced_whole(study: Study) -> None:
    run(study, objective="spatial", name="mine", redraw=True, inspect=1)
    run(study, objective="temporal", name="mine", size=9)
    files = {path.name for path in (study.root / "pairs" / "mine").iterdir()}
    assert files == {"pairs.json", "pairs.parquet", "held_out.parquet"}
    assert load_pairs(study.root / "pairs" / "mine").objective == "temporal"


def test_the_record_tells_the_rule_the_counts_and_what_was_left_out(study: Study) -> None:
    outputs = run(study, objective="temporal", since="2020", heading_tolerance=30, seed=5)
    record = json.loads((study.root / "pairs/temporal/pairs.json").read_text(encoding="utf-8"))
    assert record["rule"]["heading_tolerance_deg"] == 30
    assert record["selection"]["since"] == "2020"
    assert (record["seed"], record["redraw"], record["counts"]) == (5, False, outputs.candidates)
    assert outputs.candidates["outside_dates"] == 24
    assert [*outputs.candidates][0 :: len(outputs.candidates) - 1] == ["views", "usable"]
