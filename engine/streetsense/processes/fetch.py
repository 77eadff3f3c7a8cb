"""The process ``fetch``: from a provider of street views to the study's views."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.progress import Progress
from streetsense.study import PartTable, Study

if TYPE_CHECKING:
    import pandas as pd

    from streetsense.streetview.collect import KeptView, Outcome
    from streetsense.streetview.nearest import NearestPoints
    from streetsense.streetview.provider import KnowsTruth, Provider
    from streetsense.streetview.views import Cuts, TakenView, View

#: A part is written when it has this many rows, or when its first row is this many seconds old.
_PART_ROWS, _PART_SECONDS = 500, 10.0
#: What ``relative_to`` and ``size`` are when nobody says: for a provider, and for the others.
_CUT_DEFAULTS: dict[str, tuple[str, int]] = {"democity": ("road", 224)}
_OTHER_CUT_DEFAULTS = ("north", 512)

Degrees = Annotated[float, Field(allow_inf_nan=False)]


class Inputs(ProcessInputs):
    """What to fetch, and from where."""

    provider: str = Field(description="where views come from: folder, democity, or one that a package adds")
    photos: Path | None = Field(None, description="folder: the folder with the photos; its folders are searched too")
    table: Path | None = Field(
        None,
        description="folder: what is known of the photos (CSV, Parquet, GeoJSON, GeoPackage); wins over their EXIF",
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="folder: which of the table's columns is what, where the guess is wrong: lat=Y,lon=X,heading=DIR",
    )
    link: bool = Field(False, description="folder: leave the photos where they are instead of copying them")
    photo_fov: float | None = Field(
        None,
        gt=0,
        lt=180,
        description="folder: horizontal field of view of photos for which neither table nor EXIF says it (degrees)",
        json_schema_extra={"unit": "deg"},
    )
    licence: str | None = Field(None, description="folder: licence of the photos where the table does not say it")
    attribution: str | None = Field(None, description="folder: whom to name for the photos where the table does not")
    headings: list[Degrees] = Field(
        [0.0, 90.0, 180.0, 270.0],
        min_length=1,
        description="where the views of a panorama look, clockwise (degrees)",
        json_schema_extra={"unit": "deg"},
    )
    relative_to: Literal["north", "road"] | None = Field(
        None, description="what the headings are relative to [default: road for democity, north for others]"
    )
    fov: float = Field(
        90.0,
        ge=10,
        le=150,
        description="field of view of the views of a panorama (degrees)",
        json_schema_extra={"unit": "deg"},
    )
    pitch: float = Field(
        0.0,
        ge=-60,
        le=60,
        description="how far above the horizon the views of a panorama look (degrees)",
        json_schema_extra={"unit": "deg"},
    )
    size: int | None = Field(
        None,
        ge=64,
        le=8192,
        description="side of the views of a panorama (pixels) [default: 224 for democity, 512 for others]",
        json_schema_extra={"unit": "px"},
    )
    seed: int = Field(0, ge=0, description="democity: which synthetic city")
    dates: list[str] = Field(
        ["2019-07", "2023-02"], min_length=1, description="democity: days or months in which views are taken"
    )
    max_distance: float = Field(
        30.0,
        gt=0,
        allow_inf_nan=False,
        description="how far a view may be from the sample point that it is joined to (metres)",
        json_schema_extra={"unit": "m"},
    )
    max_views: int | None = Field(None, ge=1, description="stop when there are this many views of the provider")
    again: bool = Field(False, description="fetch what is there already once more, and replace it")

    @field_validator("headings")
    @classmethod
    def _are_different(cls, headings: list[float]) -> list[float]:
        if len({heading % 360 for heading in headings}) < len(headings):
            raise ValueError("the same direction is given twice; give each once.")
        return headings

    @field_validator("dates")
    @classmethod
    def _are_not_repeated(cls, dates: list[str]) -> list[str]:
        return list(dict.fromkeys(date.strip() for date in dates))


class Outputs(ProcessOutputs):
    """What the study holds of the provider afterwards."""

    views: dict[str, int] = Field(description="views of this provider by status")
    new_views: int = Field(description="usable views that this run added")
    not_used: dict[str, int] = Field(description="why photos are missing, failed or quarantined, and how many")
    views_without_point: int = Field(description="usable views farther than max_distance from any sample point")
    views_outside_area: int = Field(description="usable views outside the study's area")
    layers: list[str] = Field(description="result files with the synthetic city's true indicators")
    labels: str | None = Field(description="result file with the synthetic city's true labels of views")


def run(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    """Fetch views into ``study``; it continues where a run that was killed stopped.

    Raises
    ------
    InputError
        When there is no such provider, or an input does not suit it.
    """
    from streetsense.streetview.collect import collect
    from streetsense.streetview.nearest import NearestPoints
    from streetsense.streetview.provider import FetchRequest, KnowsTruth, make_provider

    points = study.sample_points()
    nearest = NearestPoints(points, study.crs, inputs.max_distance)
    request = FetchRequest(study.area, points, nearest, _cuts(inputs), inputs.model_dump())
    provider = make_provider(inputs.provider, request)
    captures = provider.captures(job)
    with _Ledger(study, provider, nearest, inputs, job) as ledger:
        passed = 0
        outcomes = collect(
            provider,
            captures,
            lambda taken: _keep(study, taken),
            done=ledger.done,
            remaining=ledger.remaining,
            look=lambda: job.report(passed, len(captures), ledger.message()),
        )
        with contextlib.closing(outcomes):  # type: ignore[type-var]
            for outcome in outcomes:
                ledger.add(outcome)
                passed += 1
    ledger.warn()
    _join_again(study, provider.name, nearest)
    labels, layers = _write_truth(study, provider) if isinstance(provider, KnowsTruth) else (None, [])
    outputs = _outputs(study, provider.name, ledger.new, layers, labels)
    if not outputs.views.get("ok"):
        reasons = ", ".join(f"{reason} ({number})" for reason, number in outputs.not_used.items())
        job.warn(f"no view can be used: {reasons}.")
    elif outputs.views_outside_area == outputs.views["ok"]:
        job.warn("all views lie outside the study's area; check the area and the positions.")
    return outputs


class _Ledger:
    """What is known of a provider's views: before this run, and added by it. Its rows are written in parts."""

    def __init__(self, study: Study, provider: Provider, nearest: NearestPoints, inputs: Inputs, job: Progress) -> None:
        from streetsense.streetview.provider import KnowsTruth

        known = study.views(status=None, columns=["view_id", "provider", "source_id", "status", "error", "sha256"])
        known = known[known["provider"] == provider.name]
        usable = known[known["status"] == "ok"]
        unused = known[known["status"] != "ok"]
        self._study, self._nearest, self._job, self._max_views = study, nearest, job, inputs.max_views
        #: Keys of the views that need not be taken any more, to the digests of their photos.
        self.done: dict[str, str] = {} if inputs.again else dict(zip(usable["view_id"], usable["sha256"], strict=True))
        self._all_usable = set(usable["view_id"])
        self._source_of = dict(zip(usable["sha256"], usable["source_id"], strict=True))
        self._why_unused = dict(zip(unused["view_id"], unused["error"], strict=True))
        self._labels = _labels_table(study, provider.labels_name) if isinstance(provider, KnowsTruth) else None
        self._kept: list[KeptView] = []
        self._part_begun = time.monotonic()
        self._notes: Counter[str] = Counter()
        self._there = self.new = 0

    def __enter__(self) -> _Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()

    def remaining(self) -> int | None:
        """Return how many more views are wanted; None for all."""
        return None if self._max_views is None else max(0, self._max_views - self._there - self.new)

    def message(self) -> str:
        """Say in a few words how far the work is."""
        return f"{self.new} new views" + (f", {self._there} there already" if self._there else "")

    def add(self, outcome: Outcome) -> None:
        """Take up what came of one capture."""
        self._there += outcome.finished
        if not outcome.views:
            return
        kept = [self._without_duplicate(view) for view in outcome.views]
        if (stale := self._replaced_by_cuts(outcome)) is not None:
            kept.append(stale)
        for view in kept:
            if view.view.error is None:
                self.new += 1
                self._notes.update(view.notes)
            elif self._why_unused.get(view.view.view_id) == view.view.error:
                continue  # nothing has changed since the last run
            self._kept.append(view)
        if len(self._kept) >= _PART_ROWS or time.monotonic() - self._part_begun > _PART_SECONDS:
            self._write()

    def warn(self) -> None:
        """Tell the user what is worth knowing of the new views."""
        for note, number in sorted(self._notes.items()):
            self._job.warn(f"{note} (views: {number}).")

    def _without_duplicate(self, kept: KeptView) -> KeptView:
        """Quarantine a view whose photo another one has already."""
        if kept.sha256 is None:
            return kept
        first = self._source_of.setdefault(kept.sha256, kept.view.source_id)
        if first == kept.view.source_id:
            return kept
        return _emptied(kept, kept.view.quarantined(f"duplicate: the same photo as {first}"))

    def _replaced_by_cuts(self, outcome: Outcome) -> KeptView | None:
        """Withdraw the view that an earlier run made of a whole photo which is now known to be a panorama."""
        from streetsense.streetview.views import View, view_id

        provider = outcome.views[0].view.provider
        whole = view_id(provider, outcome.capture.source_id)
        known = whole in self._all_usable or whole in self._why_unused
        if not known or any(kept.view.view_id == whole for kept in outcome.views):
            return None
        reason = "panorama: it is cut into views"
        return _emptied(outcome.views[0], View(whole, provider, outcome.capture.source_id).quarantined(reason))

    def _write(self) -> None:
        """Write the rows that have come together as one part; labels first, so that a usable view has its own."""
        import pyarrow as pa

        labelled = [{"view_id": kept.view.view_id, **kept.labels} for kept in self._kept if kept.labels]
        if self._labels is not None and labelled:
            self._labels.append(pa.Table.from_pylist(labelled))
        if self._kept:
            self._study.views_table.append_frame(_rows(self._kept, self._nearest))
        self._kept, self._part_begun = [], time.monotonic()


def _cuts(inputs: Inputs) -> Cuts:
    from streetsense.streetview.views import Cuts

    relative_to, size = _CUT_DEFAULTS.get(inputs.provider, _OTHER_CUT_DEFAULTS)
    return Cuts(
        tuple(inputs.headings), inputs.relative_to or relative_to, inputs.pitch, inputs.fov, inputs.size or size
    )


def _keep(study: Study, taken: TakenView) -> KeptView:
    """Put a view's photo into the study, or note where it stays."""
    from streetsense.streetview.collect import KeptView
    from streetsense.study.photos import store_photo

    path = sha256 = None
    if taken.data is not None and taken.linked is not None:
        path, sha256 = taken.linked.as_posix(), hashlib.sha256(taken.data).hexdigest()
    elif taken.data is not None:
        path, sha256 = store_photo(study, taken.data, taken.suffix)
    return KeptView(taken.view, path, sha256, taken.labels, taken.notes)


def _emptied(kept: KeptView, view: View) -> KeptView:
    from streetsense.streetview.collect import KeptView

    return KeptView(view, None, kept.sha256, {}, ())


def _rows(kept: Iterable[KeptView], nearest: NearestPoints) -> pd.DataFrame:
    """Make rows of the table of views, each with its nearest sample point."""
    import numpy as np
    import pandas as pd
    import shapely

    frame = pd.DataFrame([{**vars(item.view), "path": item.path, "sha256": item.sha256} for item in kept])
    lon, lat = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
    placed = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    lon, lat = np.where(placed, lon, np.nan), np.where(placed, lat, np.nan)
    geometry = np.full(len(frame), None, dtype=object)
    geometry[placed] = shapely.points(lon[placed], lat[placed])
    near = pd.Series(nearest.point_ids(lon, lat), dtype="object")
    frame["geometry"], frame["point_id"] = geometry, frame["point_id"].astype("object").fillna(near)
    frame["status"] = frame["status"].astype("str")
    return frame


def _join_again(study: Study, provider: str, nearest: NearestPoints) -> None:
    """Join views to the sample points of today: views may be older than these."""
    import pandas as pd

    views = study.views(status="ok")
    views = views[views["provider"] == provider]
    today = pd.Series(nearest.point_ids(views.geometry.x, views.geometry.y), index=views.index, dtype="str")
    moved = today.fillna("") != views["point_id"].fillna("")
    if moved.any():
        study.views_table.append_frame(views[moved].assign(point_id=today[moved]))


def _labels_table(study: Study, name: str) -> PartTable:
    """Return the table that gathers labels while views are made; hidden, since the result is the CSV made of it."""
    return PartTable(study.results_dir / f".{name}", "view_id")


def _write_truth(study: Study, provider: KnowsTruth) -> tuple[str, list[str]]:
    """Write the synthetic city's labels and layers; return their file names."""
    from streetsense.atomic import atomic_path

    labels = _labels_table(study, provider.labels_name).read().to_pandas().sort_values("view_id")
    usable = set(study.views(columns=["view_id"])["view_id"])
    labels_path = study.results_dir / f"{provider.labels_name}.csv"
    with atomic_path(labels_path) as temporary:
        labels[labels["view_id"].isin(usable)].to_csv(temporary, index=False, float_format="%.6g")
    layers = []
    for name, layer in provider.truth_layers().items():
        path = study.results_dir / f"{name}.gpkg"
        with atomic_path(path) as temporary:
            layer.to_file(temporary, driver="GPKG", layer=name, engine="pyogrio")
        layers.append(path.name)
    return labels_path.name, layers


def _outputs(study: Study, provider: str, new: int, layers: list[str], labels: str | None) -> Outputs:
    import shapely

    views = study.views(status=None)
    views = views[views["provider"] == provider]
    usable = views[views["status"] == "ok"]
    area = shapely.union_all(study.area.geometry.to_numpy())
    inside = shapely.intersects_xy(area, usable.geometry.x.to_numpy(), usable.geometry.y.to_numpy())
    reasons = views.loc[views["status"] != "ok", "error"].fillna("unknown").str.split(":").str[0]
    return Outputs(
        views=_counts(views["status"]),
        new_views=new,
        not_used=_counts(reasons),
        views_without_point=int(usable["point_id"].isna().sum()),
        views_outside_area=int((~inside).sum()),
        layers=layers,
        labels=labels,
    )


def _counts(values: Any) -> dict[str, int]:  # noqa: ANN401 - a Series of text
    return {str(value): int(number) for value, number in values.value_counts().items()}


PROCESS = Process(
    id="fetch",
    title="Fetch street views",
    description="Take street views from a provider (a folder of photos, or the synthetic city) into the study.",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
)
