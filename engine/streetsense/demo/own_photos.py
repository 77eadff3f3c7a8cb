"""The demonstration on the user's own photos: what can be shown without labels, and with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streetsense.demo.page import DemoPage
from streetsense.demo.steps import INTERVAL_NOTE, RANDOM_ENCODER, RANDOM_NOTICE, Steps
from streetsense.errors import InputError
from streetsense.maps.figure import MapText
from streetsense.progress import Progress, Stage
from streetsense.study import Study

if TYPE_CHECKING:
    import geopandas as gpd

#: Metres around the photos that belong to the study's area.
MARGIN = 100.0
_LONGEST_NAME = 60
#: Mean width of H3 cells in metres by resolution (twice the mean edge length that the H3 documentation gives).
_H3_WIDTHS = {4: 45_000, 5: 17_000, 6: 6_500, 7: 2_450, 8: 920, 9: 350, 10: 130, 11: 50}


def demo_own_photos(
    folder: Path,
    photos: Path,
    table: Path | None,
    target: str | None,
    *,
    screen: Progress,
    is_cancelled: Callable[[], bool] = lambda: False,
    tell: Callable[[str], None] = print,
) -> Path:
    """Make the demonstration in ``folder`` from the user's photos.

    Parameters
    ----------
    folder : Path
        Where ``index.html``, the map and the study go. Photos stay where they are.
    photos : Path
        Folder of photos.
    table : Path or None
        What is known of them: file name, latitude, longitude, heading, …; None when their EXIF has positions.
    target : str or None
        Column of ``table`` to predict; None shows where photos look alike instead.
    screen, is_cancelled, tell
        As in `demo_city`.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        When the target is no numeric column of the table, no photo has a position, or what `fetch` and `fit` say about
        photos, table and target.
    """
    if target is not None:
        _require_target(table, target)
    study = folder / "study"
    if (study / "study.json").is_file():
        opened = Study.open(study)
    else:
        opened = Study.create(study, photo_area(photos, table), folder.resolve().name)

    def steps(start: float, end: float) -> Steps:
        return Steps(opened, Stage(screen, start, end), is_cancelled, tell)

    given: dict[str, Any] = {} if table is None else {"table": str(table)}
    steps(0.0, 0.4).run("fetch", provider="folder", photos=str(photos), link=True, **given)
    steps(0.4, 0.42).random_encoder()
    steps(0.42, 0.8).run("embed", encoder=RANDOM_ENCODER)
    last = steps(0.8, 1.0)
    page = _with_target(folder, last, table, target) if target is not None and table else _without_target(folder, last)
    page.write(folder / "index.html")
    return folder / "index.html"


def safe_name(column: str) -> str:
    """Return a name for a predictor and its files: the column's letters and digits, joined by ``_``.

    Parameters
    ----------
    column : str
        As the table writes it; it may hold anything: ``share (%)`` becomes ``share``.
    """
    return re.sub(r"[\W_]+", "_", column)[:_LONGEST_NAME].strip("_") or "target"


def photo_area(photos: Path, table: Path | None) -> gpd.GeoDataFrame:
    """Return the area around the photos: their positions with a margin of 100 m (EPSG:4326).

    Raises
    ------
    InputError
        When no photo has a position.
    """
    import geopandas as gpd

    from streetsense.streetview.photofiles import photo_positions
    from streetsense.vectors import read_table, utm_crs

    positions = photo_positions(photos, None if table is None else read_table(table, "table"))
    if positions.empty:
        raise InputError(f"photos: no photo in {photos} has a position; give a table with latitude and longitude.")
    metres = positions.to_crs(utm_crs(positions))
    area = metres.geometry.buffer(MARGIN, quad_segs=4).union_all()
    return gpd.GeoDataFrame(geometry=[area], crs=metres.crs).to_crs("EPSG:4326")


def _require_target(table: Path | None, target: str) -> None:
    """Raise unless the column can be predicted: fetching and embedding take long, and `fit` would say so after them."""
    from streetsense.indicators.labels import numeric_target
    from streetsense.vectors import read_table, require_columns

    if table is None:
        raise InputError("target: it names a column of the table, and there is no table; give one with --table.")
    frame = read_table(table, "table")
    require_columns(frame, [target], "target")
    numeric_target(frame, target)


def _with_target(folder: Path, steps: Steps, table: Path, target: str) -> DemoPage:
    """Fit and predict a column of the user's table."""
    name = safe_name(target)
    steps.run("fit", name=name, encoder=RANDOM_ENCODER, labels=str(table), target=target)
    steps.run("predict", predictor=name, name=f"predicted_{name}")
    overlays = steps.attend(encoder=RANDOM_ENCODER, predictor=name, name=name)
    attribution = steps.attribution()
    image = steps.draw(
        f"predicted_{name}",
        MapText(f"Predicted {target}", target, "width of the 90 % interval", attribution),
        folder / "map.png",
    )
    results = steps.study.results_dir
    return DemoPage(
        title=f"Your photos: predicted {target}",
        notices=[RANDOM_NOTICE],
        map_image=image,
        map_caption=f"Predicted {target} of every view, and how wide its interval is. {attribution}",
        scores=[steps.score_table(name, f"{target} of single views:")],
        photos=overlays,
        reading=[
            steps.verdict(name),
            INTERVAL_NOTE,
            "Bright parts of a photo moved the prediction most. They do not say why.",
        ],
        files=[
            (results / f"predicted_{name}.gpkg", "layer for QGIS, with its style"),
            (results / f"predicted_{name}.tif", "the same as a raster surface"),
        ],
    )


def _without_target(folder: Path, steps: Steps) -> DemoPage:
    """Show where the photos look alike: the first components of the embeddings by cell."""
    steps.run("predict", encoder=RANDOM_ENCODER, units=_cells(steps.study), name="appearance")
    overlays = steps.attend(encoder=RANDOM_ENCODER, name="appearance")
    attribution = steps.attribution()
    layer = steps.read_layer("appearance")
    layer = layer.assign(prediction=layer["component_1"], lower=float("nan"), upper=float("nan"), outside=False)
    text = MapText("Where the photos look alike", "first component of appearance", "", attribution)
    image = steps.draw("appearance", text, folder / "map.png", layer=layer, with_views=False)
    results = steps.study.results_dir
    return DemoPage(
        title="Your photos: where they look alike",
        notices=[RANDOM_NOTICE],
        map_image=image,
        map_caption=f"Cells of like colour have photos of like appearance (first principal component). {attribution}",
        photos=overlays,
        reading=[
            "Without labels there is nothing to predict yet. Give a table with a column to predict: --target COLUMN.",
            "The components have no unit and no direction that is good: they only order places by appearance.",
        ],
        files=[(results / "appearance.gpkg", "layer for QGIS"), (results / "appearance.tif", "the same as a raster")],
    )


def _cells(study: Study) -> str:
    """Return H3 cells of such a size that the map is about forty of them wide."""
    west, south, east, north = study.area.to_crs(study.crs).total_bounds
    wanted = max(east - west, north - south) / 40
    return f"h3:{next((res for res, width in _H3_WIDTHS.items() if width <= wanted), 11)}"
