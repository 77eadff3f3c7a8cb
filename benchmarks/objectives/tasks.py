"""The three tasks: places across time, indicators of block groups, and how safe single views look."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from objectives import design
from objectives.views import JudgedViews
from streetsense.indicators.linear_model import fit_linear
from streetsense.indicators.scores import classification_scores, estimate, regression_scores
from streetsense.indicators.splits import Split, blocked_folds, blocks_of, k_folds
from streetsense_training.evaluation import recall_at

Floats = NDArray[np.float64]


def places(views: JudgedViews, embeddings: Floats) -> dict[str, Any]:
    """Look for views of one held-out date among those of another, on held-out ground (Recall@k).

    Right is what lies within 10 m and looks the same way within 22.5 degrees: one view in 944.
    """
    table = views.table
    asked = np.flatnonzero((table["held_out"] & (table["date"] == design.QUERY_DATE)).to_numpy())
    offered = np.flatnonzero((table["held_out"] & (table["date"] == design.GALLERY_DATE)).to_numpy())
    xy, heading = table[["x", "y"]].to_numpy(), table["heading"].to_numpy()
    gap = np.linalg.norm(xy[asked][:, None] - xy[offered][None], axis=-1)
    turn = np.abs((heading[asked][:, None] - heading[offered][None] + 180) % 360 - 180)
    right = (gap <= design.SAME_PLACE_M) & (turn <= design.SAME_WAY_DEG)
    recall = recall_at(embeddings[asked], embeddings[offered], right)
    return {
        **{f"recall_at_{k}": found.model_dump(exclude={"fold_mean"}) for k, found in recall.items()},
        "queries": len(asked),
        "gallery": len(offered),
        "chance": float(right.sum() / right.size),
    }


def indicators(views: JudgedViews, embeddings: Floats) -> dict[str, Any]:
    """Predict the indicators of block groups from the mean embedding of their views of the test dates (R²).

    Ridge regression; everything that is learned, the penalty too, comes from the training folds. Whole square blocks
    are left out together, on a grid that is shifted five times; random folds are reported beside them.
    """
    table, groups = views.table, views.groups
    tested = table["date"].isin(design.TEST_DATES).to_numpy() & (table["group"] >= 0).to_numpy()
    of_view = table["group"].to_numpy()[tested]
    counts = np.bincount(of_view, minlength=len(groups))
    sums = np.zeros((len(groups), embeddings.shape[1]))
    np.add.at(sums, of_view, embeddings[tested])
    used = np.flatnonzero(counts)
    features, xy = sums[used] / counts[used, None], groups[["x", "y"]].to_numpy()[used]
    names = [name for name in groups.columns if name not in ("x", "y")]
    shifts = np.linspace(0, design.INDICATOR_BLOCK_M, design.REPEATS, endpoint=False)
    plans = {
        "blocked": [blocked_folds(blocks_of(xy + shift, design.INDICATOR_BLOCK_M)) for shift in shifts],
        "k_fold": [k_folds(len(used), seed=repeat) for repeat in range(design.REPEATS)],
    }
    scores = {
        protocol: {name: _mean_r2(features, groups[name].to_numpy(float)[used], repeats) for name in names}
        for protocol, repeats in plans.items()
    }
    means = {f"mean_r2_{protocol}": float(np.mean(list(found.values()))) for protocol, found in scores.items()}
    return {**means, **scores, "groups": len(used), "views_a_group": float(counts[used].mean())}


def _mean_r2(features: Floats, target: Floats, repeats: list[list[Split]]) -> float:
    """Return R² of all left-out predictions together, averaged over repeated divisions."""
    found = []
    for splits in repeats:
        predicted = np.empty_like(target)
        for split in splits:
            model = fit_linear(features[split.train], target[split.train], "ridge")
            predicted[split.test] = model.predict(features[split.test])
        found.append(float(regression_scores(target, predicted)["r2"](np.ones((1, len(target))))[0]))
    return float(np.mean(found))


def safety(views: JudgedViews, embeddings: Floats) -> dict[str, Any]:
    """Tell safe from unsafe views of held-out ground and dates, having learned from other ground and dates (AUC).

    Logistic regression on standardised embeddings, its strength chosen inside the training views with all views of a
    sample point on one side. Views between the two thresholds are left out, as in the paper (section 4.4).
    """
    table = views.table
    score, is_test = table["safety"].to_numpy(), table["date"].isin(design.TEST_DATES).to_numpy()
    low, high = np.percentile(score[~is_test], [design.UNSAFE_BELOW, design.SAFE_ABOVE])
    clear = (score < low) | (score > high)
    learn, judge = np.flatnonzero(clear & ~is_test), np.flatnonzero(clear & is_test & table["held_out"].to_numpy())
    point = np.unique(table["point"].to_numpy(str), return_inverse=True)[1].astype(np.int64)
    label = (score > high).astype(np.int64)
    model = fit_linear(embeddings[learn], label[learn], "logistic", groups=point[learn])
    scores = classification_scores(label[judge], model.predict(embeddings[judge]))
    found = {name: estimate(scores[name], len(judge), groups=point[judge]) for name in ("auc", "accuracy")}
    return {
        **{name: value.model_dump(exclude={"fold_mean"}) for name, value in found.items()},
        "learned_from": len(learn),
        "judged_on": len(judge),
        "safe_share": float(label[judge].mean()),
    }
