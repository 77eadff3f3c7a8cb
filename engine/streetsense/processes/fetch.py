"""The process ``fetch``: from a provider of street views to the study's views."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from streetsense.processes.forms import ADVANCED, Makes
from streetsense.processes.joining import MAX_DISTANCE, join_views
from streetsense.processes.maplayers import write_views_layer
from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.processes.reads import HostDecides, Reads
from streetsense.progress import Progress
from streetsense.study import Study

if TYPE_CHECKING:
    from streetsense.streetview.collect import KeptView
    from streetsense.streetview.provider import KnowsTruth
    from streetsense.streetview.views import Cuts, TakenView

#: What ``relative_to`` and ``size`` are when nobody says: for a provider, and for the others.
_CUT_DEFAULTS: dict[str, tuple[str, int]] = {"democity": ("road", 224)}
_OTHER_CUT_DEFAULTS = ("north", 512)

Degrees = Annotated[float, Field(allow_inf_nan=False)]


class Inputs(ProcessInputs):
    """What to fetch, and from where."""

    provider: str = Field(description="where views come from: folder, democity, or one that a package adds")
    photos: Annotated[Path, Reads(kind="folder")] | None = Field(
        None, description="folder: the folder with the photos, needed; its folders are searched too"
    )
    table: Annotated[Path, Reads(kind="table")] | None = Field(
        None,
        description="folder: what is known of the photos (CSV, Parquet, GeoJSON, GeoPackage); wins over their EXIF, "
        "which alone counts when no table is given",
    )
    columns: Annotated[dict[str, str], ADVANCED] = Field(
        default_factory=dict,
        description="folder: which of the table's columns is what, where the guess is wrong: lat=Y,lon=X,heading=DIR; "
        "all are guessed when not given",
    )
    link: Annotated[bool, HostDecides(), ADVANCED] = Field(
        False, description="folder: leave the photos where they are instead of copying them"
    )
    photo_fov: Annotated[float | None, ADVANCED] = Field(
        None,
        gt=0,
        lt=180,
        description="folder: horizontal field of view of photos for which neither table nor EXIF says it (degrees, "
        "between 0 and 180); it stays unknown when not given",
        json_schema_extra={"unit": "deg"},
    )
    licence: Annotated[str | None, ADVANCED] = Field(
        None, description="folder: licence of the photos where the table does not say it; unknown when not given"
    )
    attribution: Annotated[str | None, ADVANCED] = Field(
        None, description="folder: whom to name for the photos where the table does not; nobody when not given"
    )
    headings: list[Degrees] = Field(
        [0.0, 90.0, 180.0, 270.0],
        min_length=1,
        description="where the views of a panorama look, clockwise from relative-to (degrees; each direction once)",
        json_schema_extra={"unit": "deg"},
    )
    relative_to: Literal["north", "road"] | None = Field(
        None,
        description="what the headings are relative to: north, or the road at the nearest sample point; when not "
        "given, the road for democity and north for other providers",
    )
    fov: float = Field(
        90.0,
        ge=10,
        le=150,
        description="field of view of the views of a panorama (degrees, 10 to 150)",
        json_schema_extra={"unit": "deg"},
    )
    pitch: Annotated[float, ADVANCED] = Field(
        0.0,
        ge=-60,
        le=60,
        description="how far above the horizon the views of a panorama look (degrees, -60 to 60)",
        json_schema_extra={"unit": "deg"},
    )
    size: int | None = Field(
        None,
        ge=64,
        le=8192,
        description="side of the views of a panorama (pixels, 64 to 8192); when not given, 224 for democity and 512 "
        "for other providers",
        json_schema_extra={"unit": "px"},
    )
    seed: Annotated[int, ADVANCED] = Field(
        0, ge=0, description="democity: which synthetic city (0 or more); a study holds one"
    )
    dates: list[str] = Field(
        ["2019-07", "2023-02"],
        min_length=1,
        description="democity: days (2019-07-15) or months (2019-07) in which views are taken",
    )
    max_distance: Annotated[float, ADVANCED] = Field(
        MAX_DISTANCE,
        gt=0,
        allow_inf_nan=False,
        description="how far a view may be from the sample point that it is joined to (metres, more than 0)",
        json_schema_extra={"unit": "m"},
    )
    max_views: int | None = Field(
        None,
        ge=1,
        description="stop when there are this many views of the provider (1 or more); all are fetched when not given",
    )
    again: Annotated[bool, ADVANCED] = Field(False, description="fetch what is there already once more, and replace it")

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
    layers: list[Annotated[str, Makes("vector")]] = Field(
        description="layers with the synthetic city's true indicators, relative to the study"
    )
    labels: Annotated[str, Makes("file")] | None = Field(
        description="table of the synthetic city's true labels of views, relative to the study"
    )
    views_layer: Annotated[str, Makes("vector")] | None = Field(
        description="all usable views of the study (GeoPackage), relative to it; null when there is none"
    )


def run(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    """Fetch views into ``study``; it continues where a run that was killed stopped.

    Raises
    ------
    InputError
        When there is no such provider, or an input does not suit it.
    """
    from streetsense.processes.fetchledger import FetchLedger
    from streetsense.streetview.collect import collect
    from streetsense.streetview.nearest import NearestPoints
    from streetsense.streetview.provider import FetchRequest, KnowsTruth, make_provider

    points = study.sample_points()
    nearest = NearestPoints(points, study.crs, inputs.max_distance)
    views = study.views()
    known = views[views["provider"] == inputs.provider]
    request = FetchRequest(study.area, points, nearest, _cuts(inputs), known, inputs.model_dump())
    provider = make_provider(inputs.provider, request)
    captures = provider.captures(job)
    with FetchLedger(study, provider, nearest, job, max_views=inputs.max_views, again=inputs.again) as ledger:
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
    join_views(study, nearest, provider.name)
    labels, layers = _write_truth(study, provider) if isinstance(provider, KnowsTruth) else (None, [])
    outputs = _outputs(study, provider.name, ledger.new, layers, labels, write_views_layer(study, job))
    if not outputs.views.get("ok"):
        reasons = ", ".join(f"{reason} ({number})" for reason, number in outputs.not_used.items())
        job.warn(f"no view can be used: {reasons}.")
    elif outputs.views_outside_area == outputs.views["ok"]:
        job.warn("all views lie outside the study's area; check the area and the positions.")
    return outputs


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


def _write_truth(study: Study, provider: KnowsTruth) -> tuple[str, list[str]]:
    """Write the synthetic city's labels and layers; return their paths in the study."""
    from streetsense.atomic import atomic_path
    from streetsense.processes.fetchledger import labels_table
    from streetsense.vectors import write_vector

    labels = labels_table(study, provider.labels_name).read().to_pandas().sort_values("view_id")
    usable = set(study.views(columns=["view_id"])["view_id"])
    labels_path = study.results_dir / f"{provider.labels_name}.csv"
    with atomic_path(labels_path) as temporary:
        labels[labels["view_id"].isin(usable)].to_csv(temporary, index=False, float_format="%.6g")
    layers = []
    for name, layer in provider.truth_layers().items():
        path = study.results_dir / f"{name}.gpkg"
        write_vector(layer, path)
        layers.append(path.relative_to(study.root).as_posix())
    return labels_path.relative_to(study.root).as_posix(), layers


def _outputs(
    study: Study, provider: str, new: int, layers: list[str], labels: str | None, views_layer: str | None
) -> Outputs:
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
        views_layer=views_layer,
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
