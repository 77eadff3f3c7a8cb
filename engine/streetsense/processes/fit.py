"""``fit``: from embeddings and labels of units or views to a predictor with honest scores and intervals."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator, model_validator

from streetsense.errors import InputError
from streetsense.processes.forms import ADVANCED, ColumnOf, NameOf
from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.processes.reads import Reads, UnitsSource
from streetsense.progress import Progress, Stage
from streetsense.study import Study
from streetsense.study.folder import checked_name

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from streetsense.indicators.labelled import Labelled
    from streetsense.indicators.labels import Classes
    from streetsense.indicators.predictor import Predictor
    from streetsense.indicators.training import Trained
    from streetsense.indicators.validation import ProtocolScores


class Inputs(ProcessInputs):
    """What a predictor is made from."""

    name: str = Field(description="what to call the predictor")
    labels: Annotated[Path, Reads(kind="table")] = Field(
        description="what is known: a polygon layer with the indicator, a table with unit ids, or a table of labelled "
        "views (view_id, source_id or file column, or points)"
    )
    target: Annotated[str, ColumnOf("labels")] = Field(description="the column of the labels to predict")
    encoder: Annotated[str, NameOf("encoder")] | None = Field(
        default=None, description="the encoder whose embeddings to learn from"
    )
    features: Annotated[Path, Reads(kind="table"), ADVANCED] | None = Field(
        default=None, description="instead of an encoder: a table with an id column and numeric columns, one row a unit"
    )
    units: UnitsSource | None = Field(
        default=None,
        description="areal units: a polygon layer, h3:RESOLUTION or square:METRES; the label polygons by default",
    )
    id_column: Annotated[str, ColumnOf("labels")] | None = Field(
        default=None, description="the column that identifies a row in labels, units and features (GEOID, ...)"
    )
    task: Literal["regress", "classify"] = Field(default="regress", description="a number, or one of two classes")
    model: Literal["lasso", "ridge", "logistic"] | None = Field(
        default=None, description="the linear model: lasso (regress) or logistic (classify) by default"
    )
    threshold_low: Annotated[float | None, ADVANCED] = Field(
        default=None, description="classify a score: below this it is class 0 (Place Pulse: 3.5)"
    )
    threshold_high: Annotated[float | None, ADVANCED] = Field(
        default=None, description="classify a score: above this it is class 1 (Place Pulse: 6.5); between is dropped"
    )
    coverage: float = Field(default=0.9, ge=0.5, le=0.99, description="promised coverage of the intervals")
    test_size: Annotated[float, ADVANCED] = Field(
        default=0.3, ge=0.1, le=0.6, description="test share of the random split"
    )
    block_size: Annotated[str, ADVANCED] = Field(
        default="auto",
        description="side of the spatial blocks that are held out together (metres), or auto",
        json_schema_extra={"unit": "m"},
    )
    protocol: Annotated[Literal["default", "urbanstcl"], ADVANCED] = Field(
        default="default",
        description="urbanstcl adds the published protocol, which leaks, for comparison; the predictor is the same",
    )
    penalties: Annotated[int, ADVANCED] = Field(
        default=100, ge=5, le=1000, description="how many penalties LASSO tries"
    )
    match_distance: Annotated[float, ADVANCED] = Field(
        default=20.0, gt=0, description="how far the nearest view of a labelled point may be (metres)",
        json_schema_extra={"unit": "m"},
    )  # fmt: skip
    target_unit: str | None = Field(default=None, description="what the target is measured in (%, USD, ...)")
    licence: Annotated[str | None, ADVANCED] = Field(
        default=None, description="licence of the labels, kept with the predictor"
    )
    seed: Annotated[int, ADVANCED] = Field(default=42, ge=0, description="random seed of every split")
    replace: bool = Field(default=False, description="replace a predictor of this name that was made from other inputs")

    @field_validator("block_size")
    @classmethod
    def _metres_or_auto(cls, value: str) -> str:
        if value != "auto":
            try:
                metres = float(value)
            except ValueError:
                raise ValueError(f"'{value}' is neither a number of metres nor 'auto'") from None
            if not 1 <= metres < 1e7:
                raise ValueError(f"'{value}' must be between 1 and 10,000,000 metres")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Inputs:
        if (self.encoder is None) == (self.features is None):
            raise ValueError("give either an encoder or a features file, one of the two")
        if self.model is None:
            self.model = "logistic" if self.task == "classify" else "lasso"
        if (self.model == "logistic") != (self.task == "classify"):
            raise ValueError(
                f"the model '{self.model}' cannot {self.task}; use lasso or ridge to regress, else logistic"
            )
        if self.protocol == "urbanstcl" and self.model != "lasso":
            raise ValueError("the protocol urbanstcl is a LASSO regression; use --task regress --model lasso")
        return self


class Outputs(ProcessOutputs):
    """What the predictor is worth."""

    predictor: str = Field(description="its name")
    samples: Literal["units", "views"] = Field(description="what one sample was")
    n_samples: int = Field(description="samples that it was fitted on")
    counts: dict[str, int] = Field(description="what was left out, and why")
    model: str = Field(description="the linear model")
    penalty: float = Field(description="chosen by inner cross-validation")
    nonzero: int = Field(description="coefficients that are not zero")
    interval_half_width: float | None = Field(
        description="at the mean prediction, in the target's unit; null for classes"
    )
    scores: dict[str, dict[str, int | float | None]] = Field(
        description="by protocol, most telling first; low and high are 95 % confidence limits; predictor.json has "
        "everything"
    )


def run(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    """Fit a predictor, judge it by all protocols and write it to ``predictors/<name>``."""
    import numpy as np

    from streetsense.indicators.labels import classes_from, numeric_target
    from streetsense.indicators.published import urbanstcl_protocol
    from streetsense.indicators.training import train
    from streetsense.indicators.validation import Recipe, Samples
    from streetsense.vectors import read_table

    _check_name(study, inputs)
    labels = read_table(inputs.labels, "labels")
    values = numeric_target(labels, inputs.target)
    classes = None
    if inputs.task == "classify":
        classes = classes_from(values, inputs.threshold_low, inputs.threshold_high)
        values = classes.values
    labelled, of_views = _gather(study, inputs, labels, Stage(job, 0.0, 0.2))
    known = np.isfinite(values[labelled.label_rows])
    counts = {
        "without_label": labelled.without_label,
        "without_features": labelled.without_features,
        "null_or_between_labels": int((~known).sum()),
    }
    labelled = labelled.keep(known)
    samples = Samples(
        labelled.features.values, values[labelled.label_rows], labelled.positions(), labelled.shared_places()
    )
    recipe = Recipe(
        kind=inputs.model or "lasso",
        seed=inputs.seed,
        penalties=inputs.penalties,
        coverage=inputs.coverage,
        test_size=inputs.test_size,
        block_size=None if inputs.block_size == "auto" else float(inputs.block_size),
    )
    trained = train(samples, recipe, Stage(job, 0.2, 0.9))
    if inputs.protocol == "urbanstcl":
        job.warn("the published protocol lets test rows influence the features; read its scores as a comparison only")
        published = urbanstcl_protocol(samples, Stage(job, 0.9, 1.0), penalties=inputs.penalties, seed=inputs.seed)
        trained.scores.append(published)
    predictor = _predictor(study, inputs, labelled, trained, classes, counts, of_views=of_views)
    predictor.save(study.predictors_dir / inputs.name)
    record = predictor.record
    return Outputs(
        predictor=inputs.name,
        samples=record.samples,
        n_samples=record.n_samples,
        counts=counts,
        model=record.model,
        penalty=record.penalty,
        nonzero=record.nonzero,
        interval_half_width=None if record.interval is None else record.interval.typical,
        scores={scores.protocol: _flat(scores) for scores in record.scores},
    )


def _check_name(study: Study, inputs: Inputs) -> None:
    """Raise `InputError` when the name is taken by a predictor that these inputs would not make again."""
    from streetsense.indicators.predictor import read_record

    folder = study.predictors_dir / checked_name(inputs.name, "name")
    if inputs.replace or not (folder / "predictor.json").is_file():
        return
    choose = "choose another name, or say --replace"
    try:
        old = read_record(folder)
    except InputError as error:
        raise InputError(
            f"name: there is a predictor '{inputs.name}' already that cannot be read; {choose}."
        ) from error
    before = (old.target, old.task, old.model, old.encoder, old.features_source, old.labels_source)
    features = None if inputs.features is None else inputs.features.name
    if before != (inputs.target, inputs.task, inputs.model, inputs.encoder, features, inputs.labels.name):
        source = f"embeddings by {old.encoder}" if old.encoder else old.features_source
        raise InputError(
            f"name: there is a predictor '{inputs.name}' already (of {old.target} by {old.model}, from {source} and "
            f"{old.labels_source}); {choose}."
        )


def _gather(study: Study, inputs: Inputs, labels: pd.DataFrame, job: Progress) -> tuple[Labelled, bool]:
    """Bring features and labels together; tell whether the samples are views."""
    from streetsense.indicators.features import read_features
    from streetsense.indicators.labelled import label_features, label_units, label_views

    if inputs.features is not None:
        units = None if inputs.units is None else _units(study, inputs, labels, study.area)
        features = read_features(inputs.features, inputs.id_column)
        return label_features(features, labels, inputs.id_column, units), False
    encoder = checked_name(inputs.encoder or "", "encoder")
    table = study.embeddings_table(encoder)
    views = study.views(columns=["view_id", "source_id", "pano_id", "point_id", "geometry"])
    if len(views) == 0:
        raise InputError("views: the study has no photos; run 'streetsense fetch' first.")
    if inputs.units is None and not _has_polygons(labels):
        return label_views(table, encoder, views, labels, inputs.id_column, inputs.match_distance, job), True
    units = _units(study, inputs, labels, views)
    return label_units(table, encoder, views, units, labels, inputs.id_column, study.crs, job), False


def _units(study: Study, inputs: Inputs, labels: pd.DataFrame, cover: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the units: those that were asked for (cells cover ``cover``), or the polygons of the labels."""
    from streetsense.indicators.labels import identifier_column, text_ids
    from streetsense.units import read_units

    if inputs.units is not None:
        return read_units(inputs.units, cover, study.crs, id_column=inputs.id_column)
    column = identifier_column(labels, inputs.id_column, "labels")
    units = labels[["geometry"]].assign(unit_id=text_ids(labels[column]))
    return units[units["unit_id"].notna()].reset_index(drop=True)


def _has_polygons(labels: pd.DataFrame) -> bool:
    import geopandas as gpd

    return isinstance(labels, gpd.GeoDataFrame) and bool(
        labels.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).any()
    )


def _predictor(
    study: Study,
    inputs: Inputs,
    labelled: Labelled,
    trained: Trained,
    classes: Classes | None,
    counts: dict[str, int],
    *,
    of_views: bool,
) -> Predictor:
    """Put together what is saved."""
    from streetsense import __version__
    from streetsense.indicators.predictor import Predictor, PredictorRecord

    linear, features = trained.linear, labelled.features
    bounds = None if labelled.places is None else [round(float(v), 6) for v in labelled.places.total_bounds]
    record = PredictorRecord(
        name=inputs.name,
        task=inputs.task,
        model=linear.kind,
        target=inputs.target,
        target_unit=inputs.target_unit if classes is None else "probability",
        classes=None if classes is None else list(classes.names),
        samples="views" if of_views else "units",
        encoder=inputs.encoder,
        encoder_fingerprint=features.fingerprint,
        features_source=None if inputs.features is None else inputs.features.name,
        feature_names=features.names,
        dimension=features.values.shape[1],
        n_samples=len(features.ids),
        intercept=linear.intercept,
        penalty=linear.penalty,
        nonzero=int((linear.coefficients != 0).sum()),
        coverage=None if trained.interval is None else inputs.coverage,
        interval=trained.interval,
        novelty_rest=trained.familiar.rest,
        novelty_limit=trained.familiar.limit,
        scores=trained.scores,
        labels_source=inputs.labels.name,
        training=counts,
        extent=bounds,
        licence=_licences(study, inputs),
        seed=inputs.seed,
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        software=f"StreetSense {__version__}",
    )
    return Predictor(record, linear, trained.familiar)


def _licences(study: Study, inputs: Inputs) -> str:
    """Name the licences of the labels and of the photos behind the embeddings."""
    named = [f"labels: {inputs.licence}"] if inputs.licence else []
    if inputs.encoder is not None:
        photos = study.photo_licences()
        named += [f"photos: {', '.join(photos)}"] if photos else []
    return "; ".join(named)


def _flat(scores: ProtocolScores) -> dict[str, int | float | None]:
    """Return the numbers of one protocol, those that a person compares first at the front.

    The first score has its confidence limits beside it; the limits and baselines of the others follow at the end.
    """
    row: dict[str, int | float | None] = {"n_test": scores.n_test}
    rest: dict[str, int | float | None] = {}
    for name in sorted(scores.scores, key=lambda name: name not in ("r2", "auc")):
        estimate = scores.scores[name]
        beside = row if len(row) == 1 else rest
        row[name] = estimate.value
        beside |= {f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        rest[f"{name}_baseline"] = scores.baseline.get(name)
    if (coverage := scores.coverage) is not None:
        row |= {"coverage": coverage.value, "coverage_low": coverage.low, "coverage_high": coverage.high}
    if scores.moran is not None:
        row |= {"moran_i": scores.moran.i, "moran_p": scores.moran.p}
    rest |= {"places": scores.places, "block_size_m": scores.block_size_m}
    return row | {key: value for key, value in rest.items() if value is not None}


PROCESS = Process(
    id="fit",
    title="Fit a predictor",
    description="Learn an indicator from embeddings and labels of units or views; report honest scores (70/30, 5-fold, "
    "spatially blocked) and intervals with their measured coverage.",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
)
