"""From samples to a predictor: fit, judge, calibrate, and describe what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from streetsense.errors import InputError
from streetsense.indicators.conformal import Interval, fit_interval
from streetsense.indicators.linear_model import LinearModel
from streetsense.indicators.novelty import NoveltyModel, fit_novelty
from streetsense.indicators.validation import ProtocolScores, Recipe, Samples, out_of_fold_predictions, validate
from streetsense.progress import Progress, Stage

#: Below this, five folds and an interval say nothing.
FEWEST_SAMPLES = 10


@dataclass(frozen=True)
class Trained:
    """A model with everything that is known about it.

    Attributes
    ----------
    linear : LinearModel
        Fitted on all samples.
    familiar : NoveltyModel
        What the samples look like.
    scores : list of ProtocolScores
        The protocols side by side.
    interval : Interval or None
        Widths of the intervals; None for classes, and where too few samples promise nothing.
    """

    linear: LinearModel
    familiar: NoveltyModel
    scores: list[ProtocolScores]
    interval: Interval | None


def train(samples: Samples, recipe: Recipe, progress: Progress) -> Trained:
    """Judge a recipe on samples and fit it on all of them.

    Parameters
    ----------
    samples : Samples
        Finite features and targets.
    recipe : Recipe
        The model and its validation.
    progress : Progress
        Told after every fold.

    Raises
    ------
    InputError
        For fewer than ten samples, a constant target, a class with a single sample, or features that are not finite.
    """
    check_samples(samples, recipe)
    scores = validate(samples, recipe, Stage(progress, 0.0, 0.9))
    progress.report(0.9, 1.0, "fitting on all samples")
    linear = recipe.fit(samples)
    if not linear.converged:
        progress.warn("the model did not converge to its tolerance; its coefficients are approximate")
    if linear.penalty_at_end:
        progress.warn(
            f"the best penalty found ({linear.penalty:.3g}) is the last one tried; the model may be better with one "
            "beyond it, or the features may say nothing about the target"
        )
    interval = None
    if recipe.kind != "logistic":
        predicted = out_of_fold_predictions(samples, recipe, linear.penalty)
        interval = fit_interval(predicted, samples.target - predicted, recipe.coverage)
        if interval is None:
            progress.warn(
                f"{len(samples.target)} samples are too few to promise {100 * recipe.coverage:.0f} % coverage, "
                "so there are no intervals"
            )
    progress.report(0.95, 1.0, "describing the training samples")
    familiar = fit_novelty(linear.standardise(samples.features), seed=recipe.seed)
    return Trained(linear, familiar, scores, interval)


def check_samples(samples: Samples, recipe: Recipe) -> None:
    """Raise `InputError` for samples that no honest model can be fitted on."""
    n = len(samples.target)
    if n < FEWEST_SAMPLES:
        raise InputError(f"labels: only {n} sample(s) have features and a label; at least {FEWEST_SAMPLES} are needed.")
    places = n if samples.groups is None else np.unique(samples.groups).size
    if places < FEWEST_SAMPLES:
        raise InputError(
            f"labels: the {n} samples show only {places} place(s); at least {FEWEST_SAMPLES} are needed, because views "
            "of one place cannot judge each other."
        )
    if not np.isfinite(samples.features).all():
        rows = int((~np.isfinite(samples.features)).any(axis=1).sum())
        raise InputError(f"features: {rows} row(s) hold values that are missing or infinite; remove or fill them.")
    kinds: Any = np.unique(samples.target)
    if kinds.size < 2 and recipe.kind == "logistic":
        raise InputError("target: every label belongs to one class; give labels of two classes or other thresholds.")
    if kinds.size < 2:
        raise InputError(f"target: it is {kinds[0]:g} everywhere; choose a column whose values differ.")
    if recipe.kind == "logistic" and (fewest := int(np.bincount(samples.target.astype(np.int64)).min())) < 2:
        raise InputError(f"target: one of the classes has {fewest} sample; at least 2 of each are needed.")
