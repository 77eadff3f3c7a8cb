"""What the ledger keeps over the end of a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from streetsense.errors import StreetSenseError
from streetsense.streetview.online.ledger import Ledger
from streetsense.streetview.online.provider import Findings, FoundCapture, Question

BOX = Question("box", (-1.25, 44.5, -1.0, 44.75))


def test_an_answer_is_kept_with_what_it_leads_to(tmp_path: Path) -> None:
    further = [Question("box", (-1.25, 44.5, -1.125, 44.625)), Question("page", (2, "a"))]
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.further(BOX) is None
        ledger.answer(BOX, Findings([FoundCapture("x", -1.1, 44.6, fresh_url="https://short.lived")], further))
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.further(BOX) == further
        captures = ledger.captures([BOX.name])
    assert captures["source_id"].tolist() == ["x"]
    assert captures["is_pano"].tolist() == [False]
    assert b"short.lived" not in (tmp_path / "ledger.sqlite").read_bytes()


def test_captures_of_one_name_are_one(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.answer(BOX, Findings([FoundCapture("x", 1, 2), FoundCapture("x", 1, 2)]))
        ledger.answer(Question("other"), Findings([FoundCapture("x", 1, 2)]))
        assert len(ledger.captures([BOX.name, "other"])) == 1


def test_captures_are_those_that_the_questions_found_last(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.answer(BOX, Findings([FoundCapture("x", 1, 2), FoundCapture("y", 1, 2)]))
        ledger.answer(Question("other"), Findings([FoundCapture("y", 1, 3), FoundCapture("z", 1, 2)]))
        assert ledger.captures([BOX.name])[["source_id", "lat"]].to_numpy().tolist() == [["x", 2.0], ["y", 3.0]]
        assert ledger.captures(["other"])["source_id"].tolist() == ["y", "z"]
        ledger.answer(BOX, Findings([FoundCapture("y", 1, 2)]))
        assert ledger.captures([BOX.name])["source_id"].tolist() == ["y"]
        assert ledger.captures(["nobody asked"]).empty


def test_ok_and_missing_photos_are_settled_and_failed_ones_stay_open(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        for key, status in (("a", "ok"), ("b", "missing"), ("c", "failed")):
            ledger.settle(key, status, "[]", 100)
        assert ledger.settled() == {"a": "ok", "b": "missing"}
        assert [one.key for one in ledger.not_noted()] == ["a", "b", "c"]
        ledger.note_all()
        assert not list(ledger.not_noted())
        ledger.reopen(["a"])
        assert ledger.settled() == {"b": "missing"}


def test_what_was_billed_stays_billed_when_everything_is_asked_again(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.bill()
        ledger.answer(BOX, Findings())
        ledger.forget()
        assert ledger.billed() == 1
        assert ledger.further(BOX) is None


def test_a_damaged_ledger_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(StreetSenseError, match="delete the file"):
        Ledger(tmp_path / "ledger.sqlite")
