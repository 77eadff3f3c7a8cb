"""Histograms of what is between the two views of pairs, and of how often views occur."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streetsense_training.pairs.pairset import PairTables

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Readable in grey and with every colour vision.
_BAR, _LINE, _INK = "#3b6ea5", "#c8553d", "#1d2430"


@dataclass(frozen=True)
class Histogram:
    """One panel.

    Attributes
    ----------
    title : str
        What is counted.
    unit : str
        Of the values.
    values : ndarray of float, shape (n,)
        Finite ones.
    unknown : int
        How many were not known.
    whole : bool
        Whether values are whole numbers, which get a bar each where there are few.
    counted : str
        What a bar counts.
    """

    title: str
    unit: str
    values: NDArray[np.floating]
    unknown: int = 0
    whole: bool = False
    counted: str = "pairs"

    def words(self) -> str:
        """Say the histogram for those who cannot see it."""
        if len(self.values) == 0:
            return f"{self.title}: unknown for all {self.unknown:,} {self.counted}."
        low, middle, high = np.quantile(self.values, [0.0, 0.5, 1.0])
        if low == high:
            text = f"{self.title}: {low:.4g} {self.unit} for all {self.counted}"
        else:
            text = f"{self.title}: {low:.4g} to {high:.4g} {self.unit}, median {middle:.4g}"
        return text + (f"; unknown for {self.unknown:,} {self.counted}." if self.unknown else ".")


def histograms_of(tables: PairTables, objective: str) -> list[Histogram]:
    """Return the panels that say something: of self pairs only how often views occur."""
    facts, panels = tables.facts, list[Histogram]()
    if objective != "self":
        for title, unit, column in (
            ("Distance", "metres", facts.distance_m),
            ("Difference of headings", "degrees", facts.heading_difference_deg),
            ("Time between", "months", facts.months_apart),
        ):
            known = column[np.isfinite(column)]
            panels.append(Histogram(title, unit, known, len(column) - len(known)))
    count = np.bincount(tables.first, minlength=len(tables.view_ids))
    if objective != "self":
        count += np.bincount(tables.second, minlength=len(tables.view_ids))
    panels.append(Histogram("Pairs per view", "pairs", count.astype(np.float64), whole=True, counted="views"))
    return panels


def draw_histograms(panels: list[Histogram]) -> bytes:
    """Return a PNG with the panels, two in a row, on white."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    columns = min(len(panels), 2)
    rows = -(-len(panels) // columns)
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
    figure = Figure(figsize=(5.0 * columns, 3.1 * rows), dpi=130, layout=layout, facecolor="white")
    for number, panel in enumerate(panels):
        _draw(figure.add_subplot(rows, columns, number + 1), panel)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _draw(axes: Axes, panel: Histogram) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(panel.title, fontsize=11, fontweight="bold", loc="left", color=_INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9, color="0.6", labelcolor=_INK)
    if len(panel.values) == 0:
        axes.text(0.5, 0.5, "unknown", transform=axes.transAxes, ha="center", va="center", color="0.5")
        axes.set_xticks([])
        axes.set_yticks([])
        return
    axes.hist(panel.values, bins=_edges(panel).tolist(), color=_BAR, edgecolor="white", linewidth=0.5)
    middle = float(np.median(panel.values))
    axes.axvline(middle, color=_LINE, linewidth=1.6)
    note = f"median {middle:.3g}" + (f", {panel.unknown:,} unknown" if panel.unknown else "")
    axes.set_title(note, fontsize=9, loc="right", color=_LINE)
    axes.set_xlabel(panel.unit, fontsize=9, color=_INK)
    axes.set_ylabel(panel.counted, fontsize=9, color=_INK)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    if panel.whole:
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))


def _edges(panel: Histogram) -> NDArray[np.float64]:
    """Return edges of bars: around each whole number where these are few, otherwise of thirty even bars from zero."""
    low, high = float(panel.values.min()), float(panel.values.max())
    if panel.whole and high - low <= 40:
        return np.arange(np.floor(low), np.ceil(high) + 2) - 0.5
    return np.linspace(0.0, max(high, 1.0), 31)
