"""``pair``: from views and a rule to pairs that should embed alike."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import Field, model_validator

from streetsense.errors import InputError
from streetsense.processes.forms import ADVANCED, ColumnOf, Makes
from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.processes.reads import Reads, UnitsSource
from streetsense.progress import Progress, Stage
from streetsense.study import Study, checked_name
from streetsense_training.pairs.rules import Objective, PairRule
from streetsense_training.pairs.selection import Selection
from streetsense_training.recipe import load_pair_recipe


class Inputs(ProcessInputs):
    """Which views are pairs, and how many."""

    objective: Objective = Field(
        description="what pairs have in common: self (one view, augmented twice), temporal (one place and heading, "
        "different times) or spatial (one neighbourhood)"
    )
    name: str | None = Field(None, description="what to call the pairs; the objective by default")
    recipe: Annotated[str, Reads(words=("global", "local"), served=(".yaml", ".yml"))] | None = Field(
        None, description="rules of the paper, global or local, or a YAML file; inputs that are given go before it"
    )
    size: int | None = Field(
        None, ge=1, le=1_000_000_000, description="how many pairs; as many as there are usable views by default"
    )
    same_place: float = Field(
        5.0, gt=0, le=1000, allow_inf_nan=False, json_schema_extra={"unit": "m"},
        description="temporal: views less than this apart show one place (metres)",
    )  # fmt: skip
    heading_tolerance: float = Field(
        15.0, ge=0, le=180, allow_inf_nan=False, json_schema_extra={"unit": "deg"},
        description="temporal: how far the headings may differ (degrees); 180 allows any",
    )  # fmt: skip
    min_months: float = Field(
        1.0, ge=0, le=1200, allow_inf_nan=False, json_schema_extra={"unit": "month"},
        description="temporal: how long the two are apart at least (months); 0 allows any time",
    )  # fmt: skip
    buffer: float = Field(
        100.0, gt=0, le=100_000, allow_inf_nan=False, json_schema_extra={"unit": "m"},
        description="spatial: how far the two may be from each other (metres); without effect where units are given",
    )  # fmt: skip
    units: UnitsSource | None = Field(
        None, description="spatial: both lie in one unit: a polygon layer, h3:RESOLUTION or square:METRES"
    )
    unit_column: Annotated[str, ColumnOf("units")] | None = Field(
        None, description="spatial: the column that names the units of a layer (GEOID, ...)"
    )
    max_month_gap: float | None = Field(
        None, ge=0, le=1200, allow_inf_nan=False, json_schema_extra={"unit": "month"},
        description="spatial: how long the two may be apart (months); any time by default",
    )  # fmt: skip
    since: str | None = Field(None, description="use no view taken before: a year, month or day, as in 2019-07")
    until: str | None = Field(None, description="use no view taken after: a year, month or day, which still counts")
    hold_out: Annotated[float, ADVANCED] = Field(
        0.0,
        ge=0,
        le=0.9,
        description="share of the blocks of the map that are kept out of all pairs, for probes (0 to 0.9)",
    )
    hold_out_block: Annotated[float, ADVANCED] = Field(
        200.0, ge=1, le=1_000_000, allow_inf_nan=False, json_schema_extra={"unit": "m"},
        description="side of a block (metres)",
    )  # fmt: skip
    hold_out_area: Annotated[str, Reads(kind="vector"), ADVANCED] | None = Field(
        None, description="instead of blocks: polygons whose views are kept out"
    )
    quotas: Annotated[str, Reads(kind="vector"), ADVANCED] | None = Field(
        None, description="polygons (cities, districts) that get as many pairs each"
    )
    quota_column: Annotated[str, ColumnOf("quotas"), ADVANCED] = Field(
        "name", description="the column that names the polygons of 'quotas'"
    )
    quota: Annotated[int | None, ADVANCED] = Field(
        None, ge=1, le=1_000_000_000, description="how many pairs each polygon of 'quotas' gets"
    )
    redraw: Annotated[bool, ADVANCED] = Field(
        False, description="draw other pairs for every epoch instead of keeping one table"
    )
    seed: Annotated[int, ADVANCED] = Field(42, ge=0, lt=2**63, description="random seed")
    inspect: Annotated[int, ADVANCED] = Field(
        0, ge=0, le=200, description="how many random pairs to show in a picture and a page"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Inputs:
        if self.hold_out and self.hold_out_area is not None:
            raise ValueError("hold_out and hold_out_area exclude each other; give one of them")
        if (self.quotas is None) != (self.quota is None):
            raise ValueError("quotas and quota belong together; give the polygons and how many pairs each of them gets")
        if self.quota is not None and self.size is not None:
            raise ValueError("size and quota exclude each other; leave one of them out")
        return self


class Outputs(ProcessOutputs):
    """What was paired."""

    name: str = Field(description="what the pairs are called")
    pairs: int = Field(description="pairs of an epoch")
    views: int = Field(description="views that can occur in pairs")
    held_out: int = Field(description="views kept out of all pairs")
    candidates: dict[str, int] = Field(
        description="views with a photo, those without a partner by the first reason that applies, and usable ones"
    )
    quotas: dict[str, int] = Field(description="pairs by the polygons of 'quotas'; empty without")
    rule: str = Field(description="what makes two views a pair, in words")
    median_distance_m: float = Field(
        description="median distance of the two views of a pair (metres)", json_schema_extra={"unit": "m"}
    )
    inspection_sheet: Annotated[str, Makes("file")] | None = Field(
        description="random pairs side by side (PNG), relative to the study"
    )
    inspection_page: Annotated[str, Makes("file")] | None = Field(
        description="the same with counts and histograms (HTML), relative to the study"
    )


def run(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    """Draw pairs of the study's views and write ``pairs/<name>``, in place of pairs of that name.

    Raises
    ------
    InputError
        When the study has no photos, no two views fit the rule, or a layer cannot be used.
    """
    import numpy as np

    from streetsense_training.pairs.inspection import write_inspection
    from streetsense_training.pairs.making import make_pairs
    from streetsense_training.pairs.pairset import write_pairs

    inputs = with_recipe(inputs)
    name = checked_name(inputs.name if inputs.name is not None else inputs.objective, "name")
    rule, selection = rule_of(inputs), selection_of(inputs)
    tables, record = make_pairs(
        study, rule, selection, seed=inputs.seed, size=inputs.size, redraw=inputs.redraw, progress=Stage(job, 0.0, 0.8)
    )
    folder = study.root / "pairs" / name
    job.report(0.8, 1.0, "writing pairs")
    record = write_pairs(folder, tables, record)
    sheet, page = folder / "inspection.png", folder / "inspection.html"
    # Those of earlier pairs would show what is no longer true.
    sheet.unlink(missing_ok=True)
    page.unlink(missing_ok=True)
    if inputs.inspect:
        write_inspection(study, name, tables, record, inputs.inspect, sheet, page, Stage(job, 0.85, 1.0))
    return Outputs(
        name=name,
        pairs=record.size,
        views=record.counts["usable"],
        held_out=len(tables.held_out),
        candidates=record.counts,
        quotas=record.quotas,
        rule=record.rule_in_words,
        median_distance_m=_median(tables.facts.distance_m.astype(np.float64)),
        inspection_sheet=sheet.relative_to(study.root).as_posix() if inputs.inspect else None,
        inspection_page=page.relative_to(study.root).as_posix() if inputs.inspect else None,
    )


def with_recipe(inputs: Inputs) -> Inputs:
    """Return the inputs with the values of their recipe where nothing else was given.

    Raises
    ------
    InputError
        When the recipe has a name or value that is no input, or wants one that is missing.
    """
    if inputs.recipe is None:
        return inputs
    values = load_pair_recipe(inputs.recipe, inputs.objective)
    given = inputs.model_dump(include=inputs.model_fields_set)
    if given.get("quota") is not None:
        values.pop("size", None)  # so many for each polygon says the same
    if missing := [name for name, value in values.items() if value == "required" and given.get(name) is None]:
        raise InputError(f"{missing[0]}: the recipe '{inputs.recipe}' needs this input for {inputs.objective} pairs.")
    return cast("Inputs", PROCESS.parse({**values, **given}))


def rule_of(inputs: Inputs) -> PairRule:
    """Return the rule that inputs describe; values that belong to another objective are left out."""
    match inputs.objective:
        case "temporal":
            return PairRule(
                objective="temporal",
                same_place_m=inputs.same_place,
                heading_tolerance_deg=inputs.heading_tolerance,
                min_months=inputs.min_months,
            )
        case "spatial":
            return PairRule(
                objective="spatial",
                buffer_m=None if inputs.units else inputs.buffer,
                units=inputs.units,
                max_month_gap=inputs.max_month_gap,
            )
        case "self":
            return PairRule(objective="self")


def selection_of(inputs: Inputs) -> Selection:
    """Return what inputs leave out."""
    return Selection(
        since=inputs.since,
        until=inputs.until,
        hold_out=inputs.hold_out,
        hold_out_block_m=inputs.hold_out_block,
        hold_out_area=inputs.hold_out_area,
        quotas=inputs.quotas,
        quota_column=inputs.quota_column,
        quota=inputs.quota,
        unit_column=inputs.unit_column,
    )


def _median(values: Any) -> float:  # noqa: ANN401 - an array, imported in run
    import numpy as np

    distance = float(np.median(values))
    return round(distance, 2) if np.isfinite(distance) else 0.0


PROCESS = Process(
    id="pair",
    title="Pair views",
    description="Draw pairs of views that should embed alike: the same view, the same place at another time, or the "
    "same neighbourhood.",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
)
