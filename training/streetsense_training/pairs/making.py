"""From views and a rule to a drawn pair set, and what to say when there is no pair."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from streetsense.errors import InputError
from streetsense.progress import Progress, Stage
from streetsense_training.pairs.candidates import Candidates, pair_facts
from streetsense_training.pairs.drawing import Drawing, with_partner
from streetsense_training.pairs.pairset import PairRecord, PairTables
from streetsense_training.pairs.rules import PairRule
from streetsense_training.pairs.selection import Selection, select
from streetsense_training.pairs.views import read_views

if TYPE_CHECKING:
    from streetsense.study import Study

#: What to do about the reason that most views fail.
_ADVICE = {
    "no_position": "fetch views whose position is known",
    "held_out": "hold out less",
    "outside_dates": "widen 'since' and 'until', or fetch other dates",
    "outside_quotas": "give polygons that cover the views",
    "outside_units": "give units that cover the views",
    "heading_unknown": "fetch views whose heading is known, or allow any with a heading_tolerance of 180",
    "date_unknown": "fetch views whose date is known, or do not limit the time between them",
    "alone": "fetch more views, other dates of the same places among them, or allow a larger distance",
    "same_panorama": "fetch other panoramas near these, for temporal pairs of other dates",
    "other_heading": "widen heading_tolerance, or cut the views of all dates at the same headings",
    "too_close_in_time": "fetch other dates, or lower min_months",
    "too_far_in_time": "fetch views of the same period, or raise max_month_gap",
}


def make_pairs(
    study: Study, rule: PairRule, selection: Selection, *, seed: int, size: int | None, redraw: bool, progress: Progress
) -> tuple[PairTables, PairRecord]:
    """Draw pairs of a study's views.

    Parameters
    ----------
    study : Study
        Its views with status ``ok`` are used.
    rule : PairRule
        What makes two views a pair.
    selection : Selection
        What is left out.
    seed : int
        Random seed: the same views, rule and seed make the same pairs.
    size : int or None
        How many; as many as there are usable views by default.
    redraw : bool
        Whether every epoch is to draw its own pairs.

    Returns
    -------
    tables : PairTables
        What `streetsense_training.pairs.pairset.write_pairs` takes.
    record : PairRecord
        The same; its fingerprint is empty until it is written.

    Raises
    ------
    InputError
        When there is no pair (the sentence counts why), or an input cannot be used.
    """
    views = read_views(study, Stage(progress, 0.0, 0.2))
    chosen = select(study, views, rule, selection, seed, Stage(progress, 0.2, 0.3))
    paired, failed = with_partner(chosen.candidates, rule, Stage(progress, 0.3, 0.7))
    usable = int(paired.sum())
    counts = {"views": len(views), **chosen.left_out, **failed, "usable": usable}
    if usable == 0:
        raise InputError(no_pairs(rule, counts))
    candidates = chosen.candidates.take(paired)
    drawing = Drawing(candidates, rule, seed=seed, size=size or usable, quota=selection.quota)
    first, second = drawing.draw(0, Stage(progress, 0.7, 1.0))
    quotas = _quotas(candidates, chosen.quota_names, selection.quota, progress.warn)
    if size is not None and size > usable:
        progress.warn(f"size: {size:,} pairs begin with {usable:,} usable views, so that views begin several pairs.")
    tables = PairTables(
        view_ids=views.view_ids.take(chosen.rows[paired]),
        candidates=candidates,
        first=first,
        second=second,
        facts=pair_facts(candidates, first, second),
        held_out=views.view_ids.take(chosen.held_out),
    )
    record = PairRecord(
        objective=rule.objective, rule=rule, rule_in_words=rule.words(), selection=selection, seed=seed,
        size=len(first), redraw=redraw, counts=counts, quotas=quotas,
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), fingerprint="",
    )  # fmt: skip
    return tables, record


def no_pairs(rule: PairRule, counts: dict[str, int]) -> str:
    """Say in one sentence why there is no pair.

    Parameters
    ----------
    rule : PairRule
        What was asked.
    counts : dict
        ``views``, then how many fail at each step; steps that nobody fails are said only where they belong to the rule.
    """
    reasons = {step: number for step, number in counts.items() if step not in ("views", "usable")}
    said = [f"{number:,} {rule.failure(step)}" for step, number in reasons.items() if number or step in rule.steps]
    worst = max(reasons, key=lambda step: reasons[step])
    return f"pairs: no {rule.objective} pairs: of {counts['views']:,} views, {', '.join(said)}; {_ADVICE[worst]}."


def _quotas(candidates: Candidates, names: list[str], quota: int | None, warn: Callable[[str], None]) -> dict[str, int]:
    """Count the pairs of each polygon; warn of those that have fewer than their quota."""
    if quota is None:
        return {}
    there = np.minimum(np.bincount(candidates.quota, minlength=len(names)), quota)
    counts = {name: int(number) for name, number in zip(names, there, strict=True)}
    short = [f"{name} ({number:,})" for name, number in counts.items() if number < quota]
    if short:
        more = f" and {len(short) - 8} more" if len(short) > 8 else ""
        warn(f"quota: fewer than {quota:,} usable views lie in {', '.join(short[:8])}{more}; they have fewer pairs.")
    return counts
