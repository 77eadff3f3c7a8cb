"""The comparison's result: means over seeds, paired differences, and which of the paper's orderings hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from report import report
from scipy import stats

from objectives import design
from objectives.design import Workplace
from objectives.evaluate import THUMBNAIL, VISIBLE
from objectives.train import encoder_name

#: Which number stands for a task, where it is in a score file, and which objective the paper finds best for it.
TASKS = {
    "places": (("places", "recall_at_1", "value"), "Recall@1 across time", "temporal"),
    "indicators": (("indicators", "mean_r2_blocked"), "mean R² of 8 indicators", "spatial"),
    "safety": (("safety", "auc", "value"), "AUC of safe views", "self"),
}
#: What of the design goes into the result.
_DESIGN = (
    "TRAINING_DATES", "TEST_DATES", "SPACING", "PHOTO_SIZE", "BLOCK", "HELD_OUT_SHARE", "ARCHITECTURE",
    "ARCHITECTURE_OPTIONS", "IMAGE_SIZE", "PAIRS", "RECIPE", "RECIPE_CHANGES", "EPOCHS", "WARMUP_EPOCHS", "SEEDS",
)  # fmt: skip


def summarise(place: Workplace) -> None:
    """Write ``benchmarks/results/objectives.json`` and print it and a table."""
    scores = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(place.scores.glob("*.json"))}
    values = {task: {name: _at(found, way) for name, found in scores.items()} for task, (way, _, _) in TASKS.items()}
    objectives = [name for name in (*design.OBJECTIVES, design.RANDOM) if _by_seed(values["places"], name)]
    means = {
        task: {name: mean_with_interval(list(_by_seed(found, name).values())) for name in objectives}
        for task, found in values.items()
    }
    orderings = {
        task: compare(values[task], best, [name for name in objectives if name != best])
        for task, (_, _, best) in TASKS.items()
        if best in objectives
    }
    baselines = {
        task: {name: found[name] for name in (THUMBNAIL, VISIBLE) if name in found} for task, found in values.items()
    }
    report(
        "objectives",
        {
            "data": "democity, synthetic",
            "design": {name.lower(): getattr(design, name) for name in _DESIGN},
            "means": means,
            "baselines": baselines,
            "orderings": orderings,
            "encoders": scores,
        },
        ["torch", "timm", "numpy", "scikit-learn"],
    )
    print(table(means, baselines, orderings))


def mean_with_interval(values: Sequence[float]) -> dict[str, Any]:
    """Return the mean with its 95 % interval of Student's t; no interval for a single value."""
    numbers = np.asarray(values, dtype=np.float64)
    mean, low, high = float(numbers.mean()), None, None
    if len(numbers) > 1:
        half = float(stats.t.ppf(0.975, len(numbers) - 1) * numbers.std(ddof=1) / np.sqrt(len(numbers)))
        low, high = mean - half, mean + half
    return {"mean": mean, "low": low, "high": high, "seeds": len(numbers)}


def compare(values: dict[str, float], best: str, others: list[str]) -> dict[str, Any]:
    """Compare the objective that should be best with the others, seed by seed."""
    found: dict[str, Any] = {}
    for other in others:
        one, two = _by_seed(values, best), _by_seed(values, other)
        shared = sorted(one.keys() & two.keys())
        if not shared:
            continue
        difference = mean_with_interval([one[seed] - two[seed] for seed in shared])
        low, high = difference["low"], difference["high"]
        verdict = "not separated" if low is None or low <= 0 <= high else ("holds" if low > 0 else "is reversed")
        found[f"{best} - {other}"] = {**difference, "verdict": verdict}
    return found


def table(means: dict[str, Any], baselines: dict[str, Any], orderings: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    rows = list(next(iter(means.values())))
    lines = [
        "| encoder | " + " | ".join(words for _, words, _ in TASKS.values()) + " |",
        "|---" * (len(TASKS) + 1) + "|",
    ]
    lines += [f"| {row} | " + " | ".join(_words(means[task][row]) for task in TASKS) + " |" for row in rows]
    for name in (THUMBNAIL, VISIBLE):
        lines.append(f"| {name} | " + " | ".join(f"{baselines[task].get(name, np.nan):.3f}" for task in TASKS) + " |")
    lines += ["", "| task | difference | mean (95 % interval) | paper's ordering |", "|---|---|---|---|"]
    for task, found in orderings.items():
        lines += [f"| {task} | {name} | {_words(item)} | {item['verdict']} |" for name, item in found.items()]
    return "\n".join(lines)


def _words(item: dict[str, Any]) -> str:
    interval = "" if item["low"] is None else f" ({item['low']:.3f} to {item['high']:.3f})"
    return f"{item['mean']:.3f}{interval}"


def _by_seed(values: dict[str, float], objective: str) -> dict[int, float]:
    names = {seed: encoder_name(objective, seed) for seed in design.SEEDS}
    return {seed: values[name] for seed, name in names.items() if name in values}


def _at(found: Any, way: tuple[str, ...]) -> float:  # noqa: ANN401 - a parsed JSON file
    for key in way:
        found = found[key]
    return float(found)
