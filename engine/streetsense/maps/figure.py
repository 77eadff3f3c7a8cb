"""A map as a picture: prediction beside uncertainty, with legend, scale bar, north arrow and attribution."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from streetsense.atomic import atomic_path

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes
    from pyproj import CRS

#: Colour-blind safe and readable in grey: predictions and interval widths.
PREDICTION_COLOURS, INTERVAL_COLOURS = "viridis", "magma_r"


@dataclass(frozen=True)
class MapText:
    """The words on a map."""

    title: str
    quantity: str
    interval: str
    attribution: str


def draw_map(
    layer: gpd.GeoDataFrame,
    crs: CRS,
    text: MapText,
    path: Path,
    *,
    roads: gpd.GeoDataFrame | None = None,
    views: gpd.GeoDataFrame | None = None,
) -> None:
    """Draw predictions and the width of their intervals side by side, and write the picture atomically.

    Parameters
    ----------
    layer : GeoDataFrame
        Polygons or points with ``prediction``, ``lower``, ``upper`` and ``outside``; any CRS.
    crs : pyproj.CRS
        Projected CRS of the map, metres.
    text : MapText
        Title, legend labels and attribution.
    path : Path
        A PNG file.
    roads, views : GeoDataFrame, optional
        Lines and points drawn on top, any CRS.
    """
    from matplotlib.figure import Figure

    layer = layer.to_crs(crs)
    width = (layer["upper"] - layer["lower"]).to_numpy(dtype=float)
    panels = [("prediction", layer["prediction"].to_numpy(dtype=float), PREDICTION_COLOURS, text.quantity)]
    if np.isfinite(width).any():
        panels.append(("interval", width, INTERVAL_COLOURS, text.interval))
    west, south, east, north = layer.total_bounds
    height = float(np.clip(5.2 * (north - south) / max(east - west, 1.0), 3.0, 9.0)) + 1.0
    figure = Figure(figsize=(6.4 * len(panels) + 0.6, height), dpi=120, layout="constrained", facecolor="white")
    for number, (_, values, colours, label) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), number + 1)
        _panel(axes, layer, values, colours, label)
        for lines in [] if roads is None else [roads]:
            lines.to_crs(crs).plot(ax=axes, color="white", linewidth=0.7, alpha=0.8, zorder=3)
        if views is not None and number == 0 and len(views):
            views.to_crs(crs).plot(ax=axes, color="black", markersize=1.2, alpha=0.35, zorder=4)
        _scale_bar(axes)
        _north_arrow(axes)
    figure.suptitle(text.title, fontsize=14, fontweight="bold", x=0.01, ha="left")
    figure.text(0.995, 0.004, text.attribution, fontsize=7, ha="right", va="bottom", color="0.35")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")


def _panel(axes: Axes, layer: gpd.GeoDataFrame, values: np.ndarray, colours: str, label: str) -> None:
    """Draw one quantity; units outside the model's experience are hatched."""
    finite = values[np.isfinite(values)]
    low, high = np.quantile(finite, [0.02, 0.98]) if len(finite) else (0.0, 1.0)
    layer.assign(value=values).plot(
        ax=axes, column="value", cmap=colours, vmin=low, vmax=high, edgecolor="white", linewidth=0.25, markersize=14,
        legend=True, legend_kwds={"label": label, "shrink": 0.7, "pad": 0.03, "aspect": 30, "format": "{x:,g}"},
        missing_kwds={"color": "0.9"}, zorder=2,
    )  # fmt: skip
    outside = layer[layer["outside"].astype(bool)]
    if len(outside) and outside.geom_type.str.contains("Polygon").all():
        outside.plot(ax=axes, facecolor="none", edgecolor="black", linewidth=0.3, hatch="////", zorder=5)
    axes.margins(0.05, 0.07)
    axes.set_axis_off()
    axes.set_aspect("equal")


def _scale_bar(axes: Axes) -> None:
    """Draw a bar of a round length, about a fifth of the map's width."""
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    target = (east - west) / 5
    power = 10 ** np.floor(np.log10(target))
    length = float(power * max(step for step in (1, 2, 5) if step * power <= target))
    x, y = west + 0.04 * (east - west), south + 0.03 * (north - south)
    axes.plot([x, x + length], [y, y], color="black", linewidth=2.5, solid_capstyle="butt", zorder=6)
    words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    box = {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1.5}
    axes.text(
        x + length / 2, y + 0.012 * (north - south), words, ha="center", va="bottom", fontsize=8, zorder=6, bbox=box
    )


def _north_arrow(axes: Axes) -> None:
    axes.annotate(
        "N", xy=(0.965, 0.985), xytext=(0.965, 0.905), xycoords="axes fraction", ha="center", va="top", fontsize=10,
        arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1.4}, zorder=6,
    )  # fmt: skip
