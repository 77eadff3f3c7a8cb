"""Judging a linear model by three protocols side by side, each on samples that it was not fitted on.

``split`` is the 70/30 division and ``k_fold`` the 5-fold cross-validation of the paper (section 4.3); ``blocked`` keeps
whole square blocks of ground out. The coverage of the intervals is measured in all three: inside every training part,
five inner folds give the residuals that set the width, and the test part is seen by neither. Views of one place stand
on one side of every division, and are drawn together by the bootstrap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from streetsense.errors import InputError
from streetsense.indicators.autocorrelation import MoranI, moran_i
from streetsense.indicators.conformal import fit_interval
from streetsense.indicators.linear_model import LinearModel, ModelName, fit_linear
from streetsense.indicators.scores import (
    Estimate,
    WeightedScore,
    classification_scores,
    coverage_score,
    estimate,
    regression_scores,
)
from streetsense.indicators.splits import (
    Indices,
    Split,
    automatic_block_size,
    blocked_folds,
    blocks_of,
    k_folds,
    random_split,
)
from streetsense.progress import Progress, Stage

Floats = NDArray[np.float64]
ProtocolName = Literal["split", "k_fold", "blocked", "urbanstcl"]


class ProtocolScores(BaseModel):
    """What one protocol says about a model."""

    protocol: ProtocolName
    leaks: bool = Field(default=False, description="test samples influenced the model; kept for comparison only")
    n_test: int = Field(description="samples that were predicted without having been fitted on")
    folds: int
    block_size_m: float | None = Field(default=None, description="side of the spatial blocks (metres)")
    blocks: int | None = None
    places: int | None = Field(default=None, description="places that the tested views show; null for units")
    scores: dict[str, Estimate] = Field(description="the indicator's unit for rmse and mae; 0..1 for the others")
    baseline: dict[str, float | None] = Field(
        description="the same scores when the training mean (or majority class) is predicted for everybody"
    )
    coverage: Estimate | None = Field(default=None, description="measured share of truths inside their interval")
    moran: MoranI | None = Field(default=None, description="spatial pattern of the test residuals")


@dataclass(frozen=True)
class Samples:
    """What a model is fitted on and judged by.

    Attributes
    ----------
    features : ndarray, shape (n, d)
        Embeddings.
    target : ndarray, shape (n,)
        Indicator values, or classes 0 and 1.
    xy : ndarray, shape (n, 2), or None
        Positions in metres; None where nobody knows them.
    groups : ndarray of int, shape (n,), or None
        The place of each sample, when several may show one: a place is never learnt from and judged by at once. None
        where every sample stands for itself.
    """

    features: Floats
    target: Floats
    xy: Floats | None = None
    groups: Indices | None = None

    def groups_of(self, rows: Indices | slice) -> Indices | None:
        """Return the places of some rows."""
        return None if self.groups is None else self.groups[rows]


@dataclass(frozen=True)
class Recipe:
    """How models are fitted and judged.

    Attributes
    ----------
    kind : {"lasso", "ridge", "logistic"}
        The model; ``logistic`` makes it a classification.
    seed : int
        Random seed of every split, fold and bootstrap.
    penalties : int
        Penalties that LASSO tries.
    coverage : float
        Promised coverage of the intervals.
    test_size : float
        Test share of the ``split`` protocol.
    block_size : float or None
        Side of the spatial blocks (metres); None chooses one.
    """

    kind: ModelName
    seed: int = 42
    penalties: int = 100
    coverage: float = 0.9
    test_size: float = 0.3
    block_size: float | None = None

    def fit(self, samples: Samples, rows: Indices | slice = slice(None), penalty: float | None = None) -> LinearModel:
        """Fit the model on some rows of the samples."""
        return fit_linear(
            samples.features[rows],
            samples.target[rows],
            self.kind,
            penalty=penalty,
            penalties=self.penalties,
            seed=self.seed,
            groups=samples.groups_of(rows),
        )


def validate(samples: Samples, recipe: Recipe, progress: Progress) -> list[ProtocolScores]:
    """Judge a recipe by the ``split``, ``k_fold`` and ``blocked`` protocols.

    Parameters
    ----------
    samples : Samples
        Ten or more. Without positions the blocked protocol and Moran's I are left out.
    recipe : Recipe
        What to fit.
    progress : Progress
        Told after every fold.
    """
    n = len(samples.target)
    strata = samples.target.astype(np.int64) if recipe.kind == "logistic" else None
    plans: list[tuple[ProtocolName, list[Split], Indices | None, float | None]] = [
        (
            "split",
            random_split(n, test_size=recipe.test_size, seed=recipe.seed, strata=strata, groups=samples.groups),
            None,
            None,
        ),
        ("k_fold", k_folds(n, seed=recipe.seed, strata=strata, groups=samples.groups), None, None),
    ]
    if samples.xy is not None:
        try:
            spots = _spots(samples.xy, samples.groups)
            size = recipe.block_size or automatic_block_size(spots)
            blocks = blocks_of(spots, size)
            plans.append(("blocked", blocked_folds(blocks), blocks, size))
        except InputError as error:
            if recipe.block_size is not None:
                raise
            progress.warn(f"the samples lie too close together for a spatially blocked split ({error})")
    else:
        progress.warn("the samples have no positions, so the spatially blocked split and Moran's I are left out")
    total = sum(len(plan[1]) for plan in plans)
    done = 0
    results = []
    for name, splits, blocks_used, size_used in plans:
        stage = Stage(progress, done / total, (done + len(splits)) / total)
        results.append(_judge(name, splits, samples, recipe, blocks_used, size_used, stage))
        done += len(splits)
    return results


def out_of_fold_predictions(
    samples: Samples, recipe: Recipe, penalty: float, rows: Indices | None = None, *, folds: int = 5
) -> Floats:
    """Predict every row by a model (of a given penalty) that was fitted without it and without its place.

    Parameters
    ----------
    samples, recipe : Samples, Recipe
        What to fit on, and how.
    penalty : float
        The penalty that was chosen for all these rows: one number that hardly depends on any single one of them.
    rows : ndarray of int, optional
        Only these rows.
    folds : int
        Number of folds.
    """
    own = np.arange(len(samples.target)) if rows is None else rows
    predicted = np.empty(len(own))
    for split in k_folds(len(own), folds=min(folds, len(own)), seed=recipe.seed, groups=samples.groups_of(own)):
        model = recipe.fit(samples, own[split.train], penalty)
        predicted[split.test] = model.predict(samples.features[own[split.test]])
    return predicted


def _spots(xy: Floats, groups: Indices | None) -> Floats:
    """Return one position for all samples of a place, so that no border of a block divides it."""
    if groups is None:
        return xy
    _, first, members = np.unique(groups, return_index=True, return_inverse=True)
    return xy[first[members.reshape(-1)]]


def _judge(
    name: ProtocolName,
    splits: list[Split],
    samples: Samples,
    recipe: Recipe,
    blocks: Indices | None,
    size: float | None,
    progress: Progress,
) -> ProtocolScores:
    classify = recipe.kind == "logistic"
    predicted: list[Floats] = []
    naive: list[Floats] = []
    inside: list[Floats] = []
    fold_of: list[Indices] = []
    for number, split in enumerate(splits):
        progress.report(number, len(splits), f"{name.replace('_', '-')}: fold {number + 1} of {len(splits)}")
        truth = samples.target[split.test]
        if classify and np.unique(samples.target[split.train]).size < 2:
            share = samples.target[split.train].mean()
            predicted.append(np.full(len(truth), share))
        else:
            model = recipe.fit(samples, split.train)
            predicted.append(model.predict(samples.features[split.test]))
            if not classify:
                own = out_of_fold_predictions(samples, recipe, model.penalty, split.train)
                interval = fit_interval(own, samples.target[split.train] - own, recipe.coverage)
                held = np.full(len(truth), np.nan)
                if interval is not None:
                    held = (np.abs(truth - predicted[-1]) <= interval.half_widths(predicted[-1])).astype(np.float64)
                inside.append(held)
        naive.append(np.full(len(truth), samples.target[split.train].mean()))
        fold_of.append(np.full(len(truth), number, dtype=np.int64))
    rows = np.concatenate([split.test for split in splits])
    truth, guess, folds = samples.target[rows], np.concatenate(predicted), np.concatenate(fold_of)
    groups = samples.groups_of(rows) if blocks is None else blocks[rows]

    def judged(score: WeightedScore) -> Estimate:
        return estimate(score, len(rows), folds=folds if len(splits) > 1 else None, groups=groups, seed=recipe.seed)

    functions = classification_scores if classify else regression_scores
    covered = np.concatenate(inside) if inside else np.array([np.nan])
    coverage = None if np.isnan(covered).any() else judged(coverage_score(covered))
    moran = None if samples.xy is None else moran_i(truth - guess, samples.xy[rows], seed=recipe.seed)
    return ProtocolScores(
        protocol=name,
        n_test=len(rows),
        folds=len(splits),
        block_size_m=size,
        blocks=None if blocks is None else int(blocks.max()) + 1,
        places=None if samples.groups is None else np.unique(samples.groups[rows]).size,
        scores={key: judged(score) for key, score in functions(truth, guess).items()},
        baseline=_baseline(truth, np.concatenate(naive), classify=classify),
        coverage=coverage,
        moran=moran,
    )


def _baseline(truth: Floats, naive: Floats, *, classify: bool) -> dict[str, float | None]:
    everything = np.ones((1, len(truth)))
    functions = classification_scores(truth, naive) if classify else regression_scores(truth, naive)
    values = {name: float(score(everything)[0]) for name, score in functions.items()}
    if classify:
        values["auc"] = 0.5  # the share of class 1 differs from fold to fold, which is no ranking
    return {name: value if np.isfinite(value) else None for name, value in values.items()}
