"""``predict``: from embeddings and a predictor to a styled layer with intervals, and a surface."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from streetsense.errors import InputError
from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.progress import Progress, Stage
from streetsense.study import Study
from streetsense.study.folder import checked_name

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

    predictor: str = Field(description="the predictor's name")
    name: str = Field(description="what to call the result layer")
    units: str | None = Field(
        default=None,
        description="areal units: a polygon layer, h3:RESOLUTION or square:METRES; a predictor of views can do without",
    )
    features: Path | None = Field(
        default=None, description="instead of embeddings: a table with an id column and the predictor's columns"
    )
    id_column: str | None = Field(default=None, description="the column that identifies a row in units and features")
    resolution: float | None = Field(
        default=None,
        gt=0,
        description="cell size of the surface (metres); chosen from the units' size by default",
        json_schema_extra={"unit": "m"},
    )

    @model_validator(mode="after")
    def _consistent(self) -> Inputs:
        if self.features is not None and self.units is None:
            raise ValueError("features have no places of their own; give units, the polygon layer they belong to")
        return self


class Outputs(ProcessOutputs):
    """What was made."""

    layer: str = Field(description="GeoPackage inside the study")
    surface: str = Field(description="Cloud Optimized GeoTIFF inside the study")
    features: int = Field(description="units or views with a prediction")
    outside: int = Field(description="of these, how many lie outside what the predictor was trained on")
    lowest: float
    highest: float
    resolution: float = Field(description="cell size of the surface", json_schema_extra={"unit": "m"})


def run(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    """Predict and write ``results/<name>.gpkg`` and ``results/<name>.tif``."""
    import numpy as np

    from streetsense.indicators import load_predictor
    from streetsense.maps.layers import write_layer
    from streetsense.maps.surface import burn, sensible_resolution, write_surface

    checked_name(inputs.name, "name")
    predictor = load_predictor(study.predictors_dir / checked_name(inputs.predictor, "predictor"))
    frame = _predictions(study, inputs, predictor, Stage(job, 0.0, 0.8))
    job.report(0.8, 1.0, "writing the layer")
    metadata = _metadata(predictor, inputs)
    layer = study.results_dir / f"{inputs.name}.gpkg"
    write_layer(layer, frame, inputs.name, _styles(predictor, frame), metadata)
    job.report(0.9, 1.0, "writing the surface")
    metres = frame.to_crs(study.crs)
    resolution = inputs.resolution or sensible_resolution(metres)
    surface = burn(metres, frame["prediction"].to_numpy(dtype=np.float64), resolution)
    path = study.results_dir / f"{inputs.name}.tif"
    write_surface(
        path,
        surface,
        description=f"predicted {predictor.record.target}",
        unit=predictor.record.target_unit or "",
        tags={"TITLE": metadata.title, **metadata.facts, "licence": metadata.licence},
    )
    return Outputs(
        layer=layer.relative_to(study.root).as_posix(),
        surface=path.relative_to(study.root).as_posix(),
        features=len(frame),
        outside=int(frame["outside"].sum()),
        lowest=float(frame["prediction"].min()),
        highest=float(frame["prediction"].max()),
        resolution=resolution,
    )


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

    record = predictor.record
    if record.feature_names is None:
        raise InputError(f"features: '{record.name}' takes embeddings by '{record.encoder}'; leave features out.")
    features = read_features(path, inputs.id_column, record.feature_names)
    return _with_units(
        _units(study, inputs, study.area), features.ids, features.n_views, predictor.predict(features.values)
    )


def _of_units(study: Study, inputs: Inputs, predictor: Predictor, job: Progress) -> gpd.GeoDataFrame:
    from streetsense.indicators.features import mean_features
    from streetsense.indicators.labelled import units_of_views

    views = _views(study)
    units = _units(study, inputs, views)
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

    encoder = predictor.record.encoder or ""
    tables: list[pd.DataFrame] = []
    for batch in embedding_batches(study.embeddings_table(encoder), encoder, job):
        _check_fingerprint(predictor, batch.fingerprint)
        ones = np.ones(len(batch.view_ids), dtype=np.int64)
        tables.append(_columns(batch.view_ids, ones, predictor.predict(batch.values)))
    predicted: pd.DataFrame = pd.concat(tables).rename(columns={"unit_id": "view_id"})
    views = _views(study)
    frame = gpd.GeoDataFrame(views[["view_id", "geometry"]].merge(predicted, on="view_id"), crs=views.crs)
    if len(frame) == 0:
        raise InputError("views: none has an embedding; run 'streetsense embed' first.")
    if inputs.units is None:
        return frame.rename(columns={"view_id": "unit_id"})
    units = _units(study, inputs, views)
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


def _units(study: Study, inputs: Inputs, cover: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    from streetsense.units import read_units

    return read_units(inputs.units or "", cover, study.crs, id_column=inputs.id_column)


def _views(study: Study) -> gpd.GeoDataFrame:
    views = study.views(columns=["view_id", "geometry"])
    if len(views) == 0:
        raise InputError("views: the study has no photos; run 'streetsense fetch' first.")
    return views


def _check_fingerprint(predictor: Predictor, fingerprint: str | None) -> None:
    record = predictor.record
    if record.encoder_fingerprint is not None and fingerprint != record.encoder_fingerprint:
        raise InputError(
            f"predictor: '{record.name}' was trained on embeddings by another version of '{record.encoder}'; run "
            "'streetsense fit' again."
        )


def _styles(predictor: Predictor, frame: gpd.GeoDataFrame) -> list[LayerStyle]:
    """Return the prediction style and, where there are intervals, the style that shows their width."""
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
    if record.half_width is not None:
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
    description="Predict an indicator for units or views; write a styled GeoPackage layer with intervals and a Cloud "
    "Optimized GeoTIFF.",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
)
