"""The study of the comparison: one synthetic city on eight dates, and the blocks that pre-training never sees."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from objectives import design
from objectives.design import Workplace
from streetsense.jobs import execute
from streetsense.processes import find_process
from streetsense.progress import Silent
from streetsense.study import Study
from streetsense.vectors import write_vector

if TYPE_CHECKING:
    import geopandas as gpd


class Lines:
    """A progress that prints a line every half minute."""

    def __init__(self, name: str) -> None:
        self._name, self._next = name, 0.0

    def report(self, done: float, total: float, message: str = "") -> None:
        """Print how far the work is."""
        if time.monotonic() >= self._next:
            print(f"{self._name}: {done:.2f} of {total:.2f} {message}", flush=True)
            self._next = time.monotonic() + 30

    def warn(self, message: str) -> None:
        """Print a warning."""
        print(f"{self._name}: warning: {message}", flush=True)


def make_data(place: Workplace) -> Study:
    """Make the study, or continue it; views that are there are not rendered again."""
    from streetsense.streetview.democity import DemoCity

    city = DemoCity(design.CITY)
    is_new = not (place.study / "study.json").is_file()
    study = Study.create(place.study, city.area(), "objectives") if is_new else Study.open(place.study)
    if not place.held_out.is_file():
        write_vector(held_out_blocks(city.size_m, city.to_lonlat), place.held_out)
    if study.sample_points().empty:
        roads = place.root / "roads.geojson"
        write_vector(city.roads(), roads)
        run(study, "sample", roads=str(roads), spacing=design.SPACING)
    dates = [*design.TRAINING_DATES, *design.TEST_DATES]
    run(study, "fetch", provider="democity", seed=design.CITY, dates=dates, size=design.PHOTO_SIZE)
    return study


def run(study: Study, verb: str, *, quiet: bool = False, **inputs: object) -> dict[str, object]:
    """Run one process on the study and return what it made."""
    process = find_process(verb)
    screen = Silent() if quiet else Lines(verb)
    return execute(process, study, process.parse(inputs), screen=screen).model_dump()


def held_out_blocks(size_m: tuple[float, float], to_lonlat: object) -> gpd.GeoDataFrame:
    """Draw whole blocks of the city by the design's seed; return them in EPSG:4326 with a ``name``."""
    import geopandas as gpd
    import shapely

    columns, rows = (round(side / block) for side, block in zip(size_m, design.BLOCK, strict=True))
    number = round(design.HELD_OUT_SHARE * columns * rows)
    drawn = np.sort(np.random.default_rng(design.HELD_OUT_SEED).permutation(columns * rows)[:number])
    west, south = drawn % columns * design.BLOCK[0], drawn // columns * design.BLOCK[1]
    boxes = shapely.box(west, south, west + design.BLOCK[0], south + design.BLOCK[1])
    degrees = shapely.transform(boxes, lambda xy: np.column_stack(to_lonlat(xy[:, 0], xy[:, 1])))  # type: ignore[operator]
    return gpd.GeoDataFrame({"name": [f"block {number}" for number in drawn]}, geometry=degrees, crs="EPSG:4326")
