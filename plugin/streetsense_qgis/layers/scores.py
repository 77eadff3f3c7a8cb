"""A predictor's scores in words: how far its numbers can be trusted."""

from __future__ import annotations

from typing import Any

from ..i18n import tr
from .numbers import in_words

#: The strictest first: neighbours resemble each other, so a test that keeps them together flatters.
_STRICTEST = ("blocked", "k_fold", "split")
#: Scores in the unit of what is predicted; the others have none.
_IN_UNIT = ("rmse", "mae")


def judged_by(record: dict[str, Any]) -> dict[str, Any] | None:
    """Return the scores of the strictest test in a predictor's record."""
    scores = [score for score in record.get("scores") or [] if isinstance(score, dict)]
    for protocol in _STRICTEST:
        for score in scores:
            if score.get("protocol") == protocol and not score.get("leaks"):
                return score
    return scores[0] if scores else None


def score_table(record: dict[str, Any]) -> list[list[str]]:
    """Return the scores of a predictor's record: a row a score, a column a test (the strictest first), with headings.

    Every value has its 95 % range in brackets. The table is empty when there are no scores.
    """
    tests = {str(score.get("protocol")): score for score in record.get("scores") or [] if isinstance(score, dict)}
    order = [name for name in _STRICTEST if name in tests] + sorted(set(tests) - set(_STRICTEST))
    if not order:
        return []
    keys = list(dict.fromkeys(key for name in order for key in tests[name].get("scores") or {}))
    unit = str(record.get("target_unit") or "")
    table = [[tr("Scores", "Score"), *map(protocol_name, order)]]
    for key in keys:
        behind = f", {unit}" if unit and key in _IN_UNIT else ""
        estimates = [(tests[name].get("scores") or {}).get(key) or {} for name in order]
        table.append([score_name(key) + behind, *(_value(key, estimate, "") for estimate in estimates)])
    coverages = [tests[name].get("coverage") or {} for name in order]
    if any(coverages):
        words = tr("Scores", "True values inside the interval")
        table.append([words, *(_value("coverage", estimate, "") for estimate in coverages)])
    return table


def score_lines(record: dict[str, Any]) -> list[str]:
    """Return one sentence on the strictest test, and one on the interval."""
    judged = judged_by(record)
    if judged is None:
        return []
    unit = str(record.get("target_unit") or "")
    words = [f"{score_name(key)} {_value(key, e, unit)}" for key, e in (judged.get("scores") or {}).items()]
    sentence = tr("Scores", "{test}, {count} samples: {scores}.")
    named = protocol_name(str(judged.get("protocol", "")))
    first = sentence.format(test=named, count=judged.get("n_test", "?"), scores="; ".join(words))
    return [first, interval_note(record)]


def interval_note(record: dict[str, Any] | None) -> str:
    """Return what the interval promises, and what it was seen to keep."""
    if not record or record.get("interval") is None:
        return tr("Scores", "There is no interval: how far single numbers can be off is not known.")
    meant = tr("Scores", "The interval is meant to hold the true value in {share} of cases.")
    text = meant.format(share=_percent(float(record.get("coverage") or 0)))
    measured = ((judged_by(record) or {}).get("coverage") or {}).get("value")
    if measured is None:
        return text
    seen = tr("Scores", "On data the model had not seen it did so in {share}.")
    return f"{text} {seen.format(share=_percent(float(measured)))}"


def protocol_name(protocol: str) -> str:
    """Return what people call a way of testing."""
    known = {
        "split": tr("Scores", "Part held out at random"),
        "k_fold": tr("Scores", "Parts held out in turn"),
        "blocked": tr("Scores", "Whole districts held out"),
    }
    return known.get(protocol, protocol.replace("_", " "))


def score_name(key: str) -> str:
    """Return what people call a score."""
    known = {
        "r2": tr("Scores", "Explained differences (R²)"),
        "rmse": tr("Scores", "Typical error (RMSE)"),
        "mae": tr("Scores", "Mean error (MAE)"),
        "accuracy": tr("Scores", "Right answers"),
        "recall": tr("Scores", "Found of those that are (recall)"),
        "f1": tr("Scores", "F1"),
        "balanced_accuracy": tr("Scores", "Right answers, both classes alike"),
    }
    return known.get(key, key.replace("_", " "))


def _value(key: str, estimate: dict[str, Any], unit: str) -> str:
    if estimate.get("value") is None:
        return tr("Scores", "unknown")
    is_share = key not in _IN_UNIT
    behind = "" if is_share or not unit else f" {unit}"
    value, low, high = (_number(estimate.get(name), is_share) for name in ("value", "low", "high"))
    if low is None or high is None:
        return f"{value}{behind}"
    return tr("Scores", "{value} ({low} to {high})").format(value=value, low=low, high=high) + behind


def _number(value: float | None, is_share: bool) -> str | None:
    if value is None:
        return None
    return in_words(value, 2) if is_share else in_words(value)


def _percent(share: float) -> str:
    return tr("Scores", "{number} %").format(number=in_words(100 * share, 0))
