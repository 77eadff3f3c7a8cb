"""``predict``: from embeddings and a predictor to a styled layer with intervals, and a surface."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from streetsense.errors import InputError
from streetsense.processes.appearance import appearance_layer
from streetsense.processes.forms import ADVANCED, ColumnOf, NameOf
from streetsense.processes.process import Process, ProcessInputs
from streetsense.processes.reads import Reads, UnitsSource
from streetsense.processes.resultlayer import LayerOutputs, ResultLayer, placed_views
from streetsense.progress import Progress, Stage
from streetsense.study import Study, checked_name

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from streetsense.indicators import Prediction, Predictor
    from streetsense.maps.layers import LayerMetadata
    from streetsense.maps.styles import LayerStyle


class Inputs(ProcessInputs):
    """What to predict, and where."""

    name: str = Field(description="what to call the result layer")
    predictor: Annotated[str, NameOf("predictor")] | None = Field(default=None, description="the predictor's name")
    encoder: Annotated[str, NameOf("encoder")] | None = Field(
        default=None,
        description="without a predictor: show where units look alike, by the principal components of the mean "
        "embeddings of this encoder",
    )
    units: UnitsSource | None = Field(
        default=None,
        description="areal units: a polygon layer, h3:RESOLUTION or square:METRES; a predictor of views can do without",
    )
    features: Annotated[Path, Reads(kind="table"), ADVANCED] | None = Field(
        default=None, description="instead of embeddings: a table with an id column and the predictor's columns"
    )
    id_column: Annotated[str, ColumnOf("units")] | None = Field(
        default=None, description="the column that identifies a row in units and features"
    )
    resolution: float | None = Field(
        default=None,
        gt=0,
        description="cell size of the surface (metres); chosen from the units' size by default",
        json_schema_extra={"unit": "m"},
    )

    @model_validator(mode="after")
    def _consistent(self) -> Inputs:
        if (self.predictor is None) == (self.encoder is None):
            raise ValueError("give either a predictor, or an encoder to map appearance without one")
        if self.encoder is not None and self.units is None:
            raise ValueError("appearance is mapped by units; give a polygon layer, h3:RESOLUTION or square:METRES")
        if self.features is not None and self.units is None:
            raise ValueError("features have no places of their own; give units, the polygon layer they belong to")
        return self


def run(study: Study, inputs: Inputs, job: Progress) -> LayerOutputs:
    """Predict and write ``results/<name>.gpkg`` and ``results/<name>.tif``."""
    from streetsense.indicators import load_predictor

    _check_name(inputs.name)
    if inputs.encoder is not None:
        alike = appearance_layer(study, inputs.encoder, inputs.units or "", inputs.id_column, Stage(job, 0.0, 0.8))
        return alike.write(study, inputs.name, inputs.resolution, job)
    predictor = load_predictor(study.predictors_dir / checked_name(inputs.predictor or "", "predictor"))
    frame = _predictions(study, inputs, predictor, Stage(job, 0.0, 0.8))
    record = predictor.record
    layer = ResultLayer(
        frame,
        "prediction",
        f"predicted {record.target}",
        record.target_unit or "",
        _styles(predictor, frame),
        _metadata(predictor, inputs),
    )
    return layer.write(study, inputs.name, inputs.resolution, job)


def _check_name(name: str) -> None:
    """Raise `InputError` for a name that cannot be a file's, or that the study's own layers have."""
    checked_name(name, "name")
    if name.casefold() == "roads" or name.casefold().startswith("democity_"):
        raise InputError(f"name: '{name}' is the study's own layer; choose another name.")


def _predictions(study: Study, inputs: Inputs, predictor: Predictor, job: Progress) -> gpd.GeoDataFrame:
    """Return the features of the layer, EPSG:4326."""
    record = predictor.record
    if record.encoder is None and inputs.features is None:
        raise InputError(
            f"features: '{record.name}' was trained on the columns of {record.features_source}; give a table with them."
        )
    if record.samples == "units" and inputs.units is None:
        raise InputError(f"units: '{record.name}' was trained on units; give units.")
    if inputs.features is not None:
        return _of_table(study, inputs, inputs.features, predictor)
    if record.samples == "units":
        return _of_units(study, inputs, predictor, job)
    return _of_views(study, inputs, predictor, job)


def _of_table(study: Study, inputs: Inputs, path: Path, predictor: Predictor) -> gpd.GeoDataFrame:
    from streetsense.indicators.features import read_features
    from streetsense.units import read_units

    record = predictor.record
    if record.feature_names is None:
        raise InputError(f"features: '{record.name}' takes embeddings by '{record.encoder}'; leave features out.")
    features = read_features(path, inputs.id_column, record.feature_names)
    units = read_units(inputs.units or "", study.area, study.crs, id_column=inputs.id_column)
    return _with_units(units, features.ids, features.n_views, predictor.predict(features.values))


def _of_units(study: Study, inputs: Inputs, predictor: Predictor, job: Progress) -> gpd.GeoDataFrame:
    from streetsense.indicators.features import mean_features
    from streetsense.indicators.labelled import units_of_views
    from streetsense.units import read_units

    views = placed_views(study)
    units = read_units(inputs.units or "", views, study.crs, id_column=inputs.id_column)
    encoder = predictor.record.encoder or ""
    sample_of_view = units_of_views(views, units, study.crs)
    features = mean_features(study.embeddings_table(encoder), encoder, sample_of_view, job)
    if len(features.ids) == 0:
        raise InputError("units: no embedded view lies inside any unit; check the layer or run 'streetsense embed'.")
    _check_fingerprint(predictor, features.fingerprint)
    return _with_units(units, features.ids, features.n_views, predictor.predict(features.values))


def _of_views(study: Study, inputs: Inputs, predictor: Predictor, job: Progress) -> gpd.GeoDataFrame:
    """Predict every view; with units, average by unit, without the interval, which is one for single views."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    from streetsense.indicators.features import embedding_batches
    from streetsense.indicators.labelled import units_of_views
    from streetsense.units import read_units

    encoder = predictor.record.encoder or ""
    tables: list[pd.DataFrame] = []
    for batch in embedding_batches(study.embeddings_table(encoder), encoder, job):
        _check_fingerprint(predictor, batch.fingerprint)
        ones = np.ones(len(batch.view_ids), dtype=np.int64)
        tables.append(_columns(batch.view_ids, ones, predictor.predict(batch.values)))
    predicted: pd.DataFrame = pd.concat(tables).rename(columns={"unit_id": "view_id"})
    views = placed_views(study)
    frame = gpd.GeoDataFrame(views[["view_id", "geometry"]].merge(predicted, on="view_id"), crs=views.crs)
    if len(frame) == 0:
        raise InputError("views: none has an embedding; run 'streetsense embed' first.")
    if inputs.units is None:
        return frame.rename(columns={"view_id": "unit_id"})
    units = read_units(inputs.units or "", views, study.crs, id_column=inputs.id_column)
    frame["unit_id"] = units_of_views(frame, units, study.crs).to_numpy()
    means = frame.groupby("unit_id", as_index=False).agg(
        prediction=("prediction", "mean"), n_views=("n_views", "sum"), novelty=("novelty", "mean")
    )
    if len(means) == 0:
        raise InputError("units: no embedded view lies inside any unit; check the layer.")
    means = means.assign(lower=np.nan, upper=np.nan, outside=(means["novelty"] > 1).astype("int32"))
    columns = ["unit_id", "prediction", "lower", "upper", "n_views", "outside", "novelty"]
    return units[["unit_id", "geometry"]].merge(means[columns], on="unit_id")


def _with_units(
    units: gpd.GeoDataFrame, ids: NDArray[np.object_], n_views: NDArray[np.int64], prediction: Prediction
) -> gpd.GeoDataFrame:
    frame = units[["unit_id", "geometry"]].merge(_columns(ids, n_views, prediction), on="unit_id")
    if len(frame) == 0:
        here, there = ", ".join(map(str, units["unit_id"][:3])), ", ".join(map(str, ids[:3]))
        raise InputError(f"features: they match no unit; units are called {here} and features {there}.")
    return frame


def _columns(ids: NDArray[np.object_], n_views: NDArray[np.int64], prediction: Prediction) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "unit_id": ids.astype(str),
            "prediction": prediction.value,
            "lower": prediction.lower,
            "upper": prediction.upper,
            "n_views": n_views.astype("int32"),
            "outside": prediction.outside.astype("int32"),
            "novelty": prediction.novelty,
        }
    )


def _check_fingerprint(predictor: Predictor, fingerprint: str | None) -> None:
    record = predictor.record
    if record.encoder_fingerprint is not None and fingerprint != record.encoder_fingerprint:
        raise InputError(
            f"predictor: '{record.name}' was trained on embeddings by another version of '{record.encoder}'; run "
            "'streetsense fit' again."
        )


def _styles(predictor: Predictor, frame: gpd.GeoDataFrame) -> list[LayerStyle]:
    """Return the prediction style and, where there are intervals, the style that shows their width."""
    import numpy as np

    from streetsense.maps.styles import CIVIDIS, GeometryKind, graduated_style

    record = predictor.record
    unit = record.target_unit or ""
    kind: GeometryKind = "point" if (frame.geometry.geom_type == "Point").all() else "polygon"
    hatch = "units outside what the predictor was trained on are marked"
    styles = [
        graduated_style(
            "prediction",
            "prediction",
            frame["prediction"].to_numpy(),
            geometry=kind,
            unit=unit,
            description=f"predicted {record.target}; {hatch}",
        )
    ]
    width = (frame["upper"] - frame["lower"]).to_numpy()
    if np.isfinite(width).any():
        styles.append(
            graduated_style(
                "interval width",
                '"upper" - "lower"',
                width,
                geometry=kind,
                unit=unit,
                colours=CIVIDIS,
                description=f"width of the interval of {record.target}; {hatch}",
            )
        )
    return styles


def _metadata(predictor: Predictor, inputs: Inputs) -> LayerMetadata:
    from streetsense.maps.layers import LayerMetadata

    record = predictor.record
    source = f"embeddings by {record.encoder}" if record.encoder else f"columns of {record.features_source}"
    blocked = next((s for s in record.scores if s.protocol == "blocked"), None) or record.scores[0]
    interval = "There is no interval."
    if record.interval is not None:
        interval = f"Lower and upper are meant to hold the truth in {100 * (record.coverage or 0):.0f} % of cases"
        measured = blocked.coverage and blocked.coverage.value
        interval += f"; measured: {100 * measured:.0f} %." if measured else "."
    judged = ", ".join(f"{key} {e.value:.3f}" for key, e in blocked.scores.items() if e.value is not None)
    return LayerMetadata(
        title=f"Predicted {record.target}",
        abstract=f"{record.target} predicted from street views by a linear model ({source}). {interval} "
        f"Scores ({blocked.protocol.replace('_', '-')} validation, {blocked.n_test} samples): {judged}. "
        "Marked features lie outside what the model was trained on: do not rely on them.",
        facts={
            "predictor": record.name,
            "encoder": record.encoder or "",
            "encoder fingerprint": record.encoder_fingerprint or "",
            "features": inputs.features.name if inputs.features else "",
            "trained on": f"{record.n_samples} {record.samples}, labels {record.labels_source}, column {record.target}",
            "predictor made": record.created,
            "layer made": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "software": record.software,
        },
        licence=record.licence,
        keywords=["street view", record.target, "prediction"],
    )


PROCESS = Process(
    id="predict",
    title="Predict and map",
    description="Predict an indicator for units or views, or map where units look alike; write a styled GeoPackage "
    "layer (predictions with intervals) and a Cloud Optimized GeoTIFF.",
    inputs=Inputs,
    outputs=LayerOutputs,
    run=run,
    short=True,
)
