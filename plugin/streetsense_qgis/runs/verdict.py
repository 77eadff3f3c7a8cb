"""Whether a map is worth looking at, in a sentence, by the strictest test that it went through."""

from __future__ import annotations

from typing import Any

from ..i18n import tr

#: From the strictest on: whole blocks of the map left out, each part in turn, a random part.
_PROTOCOLS = ("blocked", "k_fold", "split")
#: What says how good a prediction is, and what chance reaches.
_MEASURES = (("r2", 0.0), ("auc", 0.5))


def verdict(outputs: dict[str, dict[str, Any]]) -> tuple[str, bool]:
    """Return what is to be said of a run, and whether its map can be used; empty and True where there is nothing.

    Parameters
    ----------
    outputs : dict
        What the jobs of a run made, by process.
    """
    sentence, is_usable = _of_predictor(outputs)
    return " ".join(filter(None, (sentence, _of_photos(outputs)))), is_usable


def _of_photos(outputs: dict[str, dict[str, Any]]) -> str:
    left = outputs.get("fetch", {}).get("open_photos") or 0
    if not left:
        return ""
    sentence = tr("Run", "{count} photos are still open: a limit was reached, or their host did not answer. Run it "
                  "again to fetch them.")  # fmt: skip
    return sentence.format(count=f"{left:,}")


def _of_predictor(outputs: dict[str, dict[str, Any]]) -> tuple[str, bool]:
    scores = outputs.get("fit", {}).get("scores") or {}
    strictest = next((scores[name] for name in _PROTOCOLS if name in scores), {})
    for measure, chance in _MEASURES:
        value, low = strictest.get(measure), strictest.get(f"{measure}_low")
        if value is None or low is None:
            continue
        if low <= chance:
            return tr("Run", "Do not use this map: in places that were left out of learning it is no better than "
                      "guessing. More photos, more known values or another encoder may help."), False  # fmt: skip
        if measure == "r2":
            sentence = tr("Run", "In places that were left out of learning it explains {share} % of the differences.")
            return sentence.format(share=round(100 * value)), True
        sentence = tr("Run", "In places that were left out of learning it tells the classes apart (AUC {auc}).")
        return sentence.format(auc=f"{value:.2f}"), True
    return "", True
