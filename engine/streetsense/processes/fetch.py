"""The process ``fetch``: from a provider of street views to the study's views."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from streetsense.processes.fetchinputs import Inputs
from streetsense.processes.fetchplan import Plan
from streetsense.processes.forms import Makes
from streetsense.processes.joining import join_views
from streetsense.processes.maplayers import write_views_layer
from streetsense.processes.process import Process, ProcessOutputs
from streetsense.progress import Progress
from streetsense.study import Study

if TYPE_CHECKING:
    from streetsense.streetview.provider import FetchRequest, KnowsTruth, Provider
    from streetsense.streetview.views import Cuts

#: What ``relative_to`` and ``size`` are when nobody says: for a provider, and for the others.
_CUT_DEFAULTS: dict[str, tuple[str, int]] = {"democity": ("road", 224)}
_OTHER_CUT_DEFAULTS = ("north", 512)


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
    open_photos: int = Field(
        default=0, description="photos that were not asked for to the end; the same command goes on"
    )
    billed: int = Field(
        default=0, description="photos of the provider that may have been billed, in all runs of the study"
    )
    plan: Plan | None = Field(default=None, description="what a dry run says; null otherwise")
    coverage_layer: Annotated[str, Makes("vector")] | None = Field(
        default=None, description="the places that a dry run found (GeoPackage), relative to the study; null otherwise"
    )


def run(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    """Fetch views into ``study``; it continues where a run that was killed stopped.

    Raises
    ------
    InputError
        When there is no such provider, an input does not suit it, its terms were not confirmed, or it refuses the key.
    StreetSenseError
        When a provider on the internet does not answer.
    """
    from streetsense.streetview.nearest import NearestPoints
    from streetsense.streetview.provider import FetchRequest, make_provider, provider_terms

    terms = provider_terms(inputs.provider)
    points = study.sample_points()
    nearest = NearestPoints(points, study.crs, inputs.max_distance)
    views = study.views()
    known = views[views["provider"] == inputs.provider]
    options = inputs.model_dump(exclude={"key", "signing_secret"})
    request = FetchRequest(study.area, points, nearest, _cuts(inputs), known, options)
    if terms is not None and terms.is_online:
        from streetsense.processes.fetchonline import fetch_online

        done = fetch_online(study, inputs, request, terms, job)
        outputs = _outputs(study, inputs.provider, done.new, write_views_layer(study, job))
        outputs.open_photos, outputs.billed = done.open_photos, done.billed
        outputs.plan, outputs.coverage_layer = done.plan, done.coverage_layer
    else:
        outputs = _fetch_here(study, inputs, request, make_provider(inputs.provider, request), job)
    if outputs.plan is None:
        _tell(outputs, job)
    return outputs


def _fetch_here(study: Study, inputs: Inputs, request: FetchRequest, provider: Provider, job: Progress) -> Outputs:
    """Fetch from a provider on this computer."""
    from streetsense.processes.fetchledger import FetchLedger
    from streetsense.streetview.collect import collect
    from streetsense.streetview.provider import KnowsTruth
    from streetsense.streetview.spreading import spread_order
    from streetsense.study.photos import keep_view

    captures = provider.captures(job)
    if inputs.max_views is not None:
        captures = [captures[row] for row in spread_order([one.place or one.source_id for one in captures])]
    with FetchLedger(study, provider, request.nearest, job, max_views=inputs.max_views, again=inputs.again) as ledger:
        if inputs.dry_run:
            finished = [provider.finished_views(capture, ledger.done) for capture in captures]
            outputs = _outputs(study, provider.name, 0, write_views_layer(study, job))
            outputs.plan = _plan_here(finished, inputs.max_views, provider.views_per_capture)
            return outputs
        passed = 0
        outcomes = collect(
            provider,
            captures,
            lambda taken: keep_view(study, taken),
            done=ledger.done,
            remaining=ledger.remaining,
            look=lambda: job.report(passed, len(captures), ledger.message()),
        )
        with contextlib.closing(outcomes):  # type: ignore[type-var]
            for outcome in outcomes:
                ledger.add(outcome)
                passed += 1
    ledger.warn()
    join_views(study, request.nearest, provider.name)
    truth = _write_truth(study, provider) if isinstance(provider, KnowsTruth) else (None, [])
    outputs = _outputs(study, provider.name, ledger.new, write_views_layer(study, job))
    outputs.labels, outputs.layers = truth
    return outputs


def _plan_here(finished: list[int], max_views: int | None, views_per_capture: int) -> Plan:
    """Make the plan for captures of which so many views each are there."""
    there = sum(views > 0 for views in finished)
    photos = len(finished) - there
    if max_views is not None:
        photos = min(photos, math.ceil(max(0, max_views - sum(finished)) / max(1, views_per_capture)))
    return Plan(
        found=len(finished),
        chosen=len(finished),
        there_already=there,
        by_year={},
        photos=photos,
        billed=0,
        cost_usd=0,
        megabytes=0,
        minutes=0,
    )


def _tell(outputs: Outputs, job: Progress) -> None:
    """Warn when nothing that was fetched can be used."""
    if not outputs.views.get("ok"):
        reasons = ", ".join(f"{reason} ({number})" for reason, number in outputs.not_used.items())
        job.warn(f"no view can be used: {reasons or 'the provider has none here'}.")
    elif outputs.views_outside_area == outputs.views["ok"]:
        job.warn("all views lie outside the study's area; check the area and the positions.")


def _cuts(inputs: Inputs) -> Cuts:
    from streetsense.streetview.views import Cuts

    relative_to, size = _CUT_DEFAULTS.get(inputs.provider, _OTHER_CUT_DEFAULTS)
    return Cuts(
        tuple(inputs.headings), inputs.relative_to or relative_to, inputs.pitch, inputs.fov, inputs.size or size
    )


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


def _outputs(study: Study, provider: str, new: int, views_layer: str | None) -> Outputs:
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
        layers=[],
        labels=None,
        views_layer=views_layer,
    )


def _counts(values: Any) -> dict[str, int]:  # noqa: ANN401 - a Series of text
    return {str(value): int(number) for value, number in values.value_counts().items()}


PROCESS = Process(
    id="fetch",
    title="Fetch street views",
    description="Take street views from a provider (a service on the internet, a folder of photos, or the synthetic "
    "city) into the study.",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
)
