"""One picture of a training run: loss, schedules, the probe's recall and the speed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from streetsense.atomic import atomic_path
from streetsense.errors import InputError
from streetsense_training.metrics import read_metrics

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: Colours of Okabe and Ito, which people with any colour vision tell apart, and a grey.
_BLUE, _ORANGE, _GREEN, _PURPLE, _GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#767676"
#: More points than this are not drawn one by one but as a running mean over a thin raw line.
_SMOOTH_FROM: Final = 60


def draw_curves(metrics_path: Path, path: Path, title: str) -> Path:
    """Draw a run's curves as a PNG.

    Parameters
    ----------
    metrics_path : Path
        What `streetsense_training.metrics.MetricsLog` wrote. These names are drawn, each where it is there: ``loss``,
        ``loss_self``, ``loss_temporal`` and ``loss_spatial`` where there are several, ``chance`` (the loss of
        guessing), ``learning_rate``, ``momentum``, ``probe_recall_at_1`` with ``probe_low`` and ``probe_high``,
        ``probe_recall_at_5``, ``probe_spread``, ``pairs_per_second``.
    path : Path
        The picture.
    title : str
        Over the picture.

    Returns
    -------
    Path
        The picture.

    Raises
    ------
    InputError
        When the file is absent, damaged or holds no line.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    metrics = read_metrics(metrics_path)
    if metrics.empty:
        raise InputError(f"metrics: {metrics_path} holds no line yet; wait for the first steps.")
    figure = Figure(figsize=(10, 7), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=13)
    (loss, schedule), (probe, speed) = figure.subplots(2, 2)
    _draw_loss(loss, metrics)
    _draw_schedules(schedule, metrics)
    _draw_probe(probe, metrics)
    _draw_speed(speed, metrics)
    for axes in (loss, schedule, probe, speed):
        axes.set_xlabel("epoch")
        axes.set_xlim(0, max(float(metrics["epoch"].max()), 1e-6))
        axes.grid(color="#E6E6E6", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=130, format="png")
    return path


def _draw_loss(axes: Axes, metrics: pd.DataFrame) -> None:
    axes.set_title("contrastive loss (thick: running mean)", loc="left", fontsize=11)
    parts = [name for name in metrics.columns if name.startswith("loss_")]
    if len(parts) > 1:
        for name, colour in zip(parts, (_ORANGE, _GREEN, _PURPLE), strict=False):
            _draw(axes, metrics, name, colour, name.removeprefix("loss_"))
    _draw(axes, metrics, "loss", _BLUE, "all together" if len(parts) > 1 else "loss")
    chance = _column(metrics, "chance")
    if not chance.empty:
        axes.plot(chance["epoch"], chance["chance"], "--", color=_GREY, linewidth=1.2, label="guessing")
    axes.set_ylabel("loss (nats)")
    _legend(axes)


def _draw_schedules(axes: Axes, metrics: pd.DataFrame) -> None:
    """Draw learning rate and momentum, each with an axis of its own in its colour."""
    axes.set_title("schedules", loc="left", fontsize=11)
    _draw(axes, metrics, "learning_rate", _ORANGE, "learning rate", smooth=False)
    axes.set_ylabel("learning rate", color=_ORANGE)
    axes.set_ylim(bottom=0)
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))
    momentum = _column(metrics, "momentum")
    if not momentum.empty:
        other = axes.twinx()
        other.plot(momentum["epoch"], momentum["momentum"], "--", color=_PURPLE, linewidth=1.6)
        other.set_ylabel("momentum encoder keeps (dashed)", color=_PURPLE)
        other.spines["top"].set_visible(False)
        other.ticklabel_format(axis="y", useOffset=False)


def _draw_probe(axes: Axes, metrics: pd.DataFrame) -> None:
    axes.set_title("places found again (held-out views)", loc="left", fontsize=11)
    band = _column(metrics, "probe_recall_at_1", "probe_low", "probe_high")
    if not band.empty:
        axes.fill_between(
            band["epoch"], band["probe_low"], band["probe_high"], color=_GREEN, alpha=0.22, linewidth=0,
            label="95 % interval",
        )  # fmt: skip
    drawn = (
        ("probe_recall_at_1", _GREEN, "o-", "Recall@1"),
        ("probe_recall_at_5", _BLUE, "s--", "Recall@5"),
        ("probe_spread", _GREY, ":", "spread (0: collapse)"),
    )
    for name, colour, style, label in drawn:
        points = _column(metrics, name)
        if not points.empty:
            axes.plot(points["epoch"], points[name], style, color=colour, markersize=3.5, linewidth=1.5, label=label)
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("share")
    _legend(axes, "no probe in this run")


def _draw_speed(axes: Axes, metrics: pd.DataFrame) -> None:
    axes.set_title("speed", loc="left", fontsize=11)
    _draw(axes, metrics, "pairs_per_second", _BLUE, "pairs/s")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("pairs a second")


def _draw(axes: Axes, metrics: pd.DataFrame, name: str, colour: str, label: str, *, smooth: bool = True) -> None:
    """Draw a line; where it has many points, their running mean over the thin line of all of them."""
    points = _column(metrics, name)
    if points.empty:
        return
    if not smooth or len(points) < _SMOOTH_FROM:
        marker = "o" if len(points) == 1 else ""
        axes.plot(points["epoch"], points[name], color=colour, linewidth=1.6, marker=marker, label=label)
        return
    window = max(5, len(points) // 50)
    mean = points[name].rolling(window, center=True, min_periods=1).mean()
    axes.plot(points["epoch"], points[name], color=colour, linewidth=0.6, alpha=0.35)
    axes.plot(points["epoch"], mean, color=colour, linewidth=1.8, label=label)


def _legend(axes: Axes, empty: str = "") -> None:
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        axes.legend(frameon=False, fontsize=9)
    elif empty:
        axes.text(0.5, 0.5, empty, transform=axes.transAxes, ha="center", va="center", color=_GREY)


def _column(metrics: pd.DataFrame, *names: str) -> Any:  # noqa: ANN401 - a DataFrame; its stubs lose the columns
    """Return the lines that have all of these names, as numbers by epoch."""
    if not set(names) <= set(metrics.columns):
        return metrics.iloc[:0]
    return metrics[["epoch", *names]].astype(float).dropna()
