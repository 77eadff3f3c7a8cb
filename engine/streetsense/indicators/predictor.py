"""A predictor on disk and in memory: JSON for what people read, NPZ for the arrays, never pickle."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError

from streetsense.atomic import write_bytes, write_json
from streetsense.errors import InputError, StreetSenseError
from streetsense.indicators.conformal import Interval
from streetsense.indicators.linear_model import LinearModel, ModelName
from streetsense.indicators.novelty import NoveltyModel
from streetsense.indicators.validation import ProtocolScores

Floats = NDArray[np.float64]
SCHEMA_VERSION = 1


class PredictorRecord(BaseModel):
    """What ``predictor.json`` holds: everything about a predictor but its arrays."""

    schema_version: int = SCHEMA_VERSION
    name: str
    task: Literal["regress", "classify"]
    model: ModelName
    target: str = Field(description="the column of the labels that is predicted")
    target_unit: str | None = Field(default=None, description="what the target is measured in")
    classes: list[str] | None = Field(default=None, description="what class 0 and class 1 mean (classify)")
    samples: Literal["units", "views"] = Field(description="what one training sample was")
    encoder: str | None = Field(default=None, description="the encoder whose embeddings it takes")
    encoder_fingerprint: str | None = None
    features_source: str | None = Field(default=None, description="the file whose columns it takes instead")
    feature_names: list[str] | None = Field(default=None, description="names of those columns, in order")
    dimension: int
    n_samples: int
    intercept: float
    penalty: float = Field(description="alpha (lasso, ridge) or C (logistic), chosen by inner cross-validation")
    nonzero: int = Field(description="coefficients that are not zero")
    coverage: float | None = Field(default=None, description="promised coverage of the interval")
    interval: Interval | None = Field(
        default=None, description="widths of the intervals; null where none can be promised"
    )
    novelty_rest: float
    novelty_limit: float
    scores: list[ProtocolScores]
    labels_source: str = Field(description="name of the labels file")
    training: dict[str, int] = Field(description="counts of what was used and what was left out")
    extent: list[float] | None = Field(default=None, description="west, south, east, north of the samples (WGS84)")
    licence: str = Field(default="", description="licences of the photos and labels it was trained on")
    seed: int
    created: str
    software: str
    arrays: str = Field(default="", description="name of the file with the arrays; it carries their checksum")


@dataclass(frozen=True)
class Prediction:
    """What a predictor says about n samples.

    Attributes
    ----------
    value : ndarray of float64, shape (n,)
        The indicator in its unit, or the probability of class 1.
    lower, upper : ndarray of float64, shape (n,)
        Ends of the interval; NaN where there is none (classification, too few training samples).
    novelty : ndarray of float64, shape (n,)
        Distance to the training samples; 1 is the limit.
    outside : ndarray of bool, shape (n,)
        Whether the sample lies outside what the predictor was trained on.
    """

    value: Floats
    lower: Floats
    upper: Floats
    novelty: Floats
    outside: NDArray[np.bool_]


@dataclass(frozen=True)
class Predictor:
    """A fitted model from embeddings to an indicator.

    Attributes
    ----------
    record : PredictorRecord
        Where it comes from and how good it is.
    linear : LinearModel
        Standardisation, coefficients, intercept.
    familiar : NoveltyModel
        What the training samples look like.
    """

    record: PredictorRecord
    linear: LinearModel
    familiar: NoveltyModel

    def predict(self, features: NDArray[np.floating]) -> Prediction:
        """Predict the indicator of each row.

        Parameters
        ----------
        features : ndarray, shape (n, d)
            Raw embeddings (mean embeddings of units when it was trained on units).

        Raises
        ------
        InputError
            When the dimension is not the one it was trained with.
        """
        x = np.asarray(features, dtype=np.float64)
        if x.ndim != 2 or x.shape[1] != self.record.dimension:
            raise InputError(
                f"predictor: '{self.record.name}' takes {self.record.dimension} values a sample and was given "
                f"{x.shape[-1] if x.ndim else 0}; use the encoder or features it was trained with."
            )
        value = self.linear.predict(x)
        novelty = self.familiar.novelty(self.linear.standardise(x))
        width = np.full(len(value), np.nan)
        if self.record.interval is not None:
            # Nothing is promised outside the training data; there the interval grows with the distance to it.
            width = self.record.interval.half_widths(value) * np.maximum(novelty, 1.0)
        return Prediction(value, value - width, value + width, novelty, novelty > 1)

    def linear_weights(self) -> tuple[Floats, Floats]:
        """Return ``w`` (k, d) and ``b`` (k,) of the linear output ``x @ w.T + b`` in raw embedding space.

        k is 1: the indicator itself (regress) or the log-odds of class 1 (classify).
        """
        w = self.linear.coefficients / self.linear.scale
        return w[None, :], np.array([self.linear.intercept - float(self.linear.mean @ w)])

    def save(self, folder: Path) -> None:
        """Write ``predictor.json`` and its arrays; an older predictor in ``folder`` stays whole until the last moment.

        Raises
        ------
        InputError
            When the disk is full or cannot be written to.
        """
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            mean=self.linear.mean,
            scale=self.linear.scale,
            coefficients=self.linear.coefficients,
            novelty_directions=self.familiar.directions.astype(np.float32),
            novelty_deviations=self.familiar.deviations,
        )
        data = buffer.getvalue()
        name = f"arrays-{hashlib.sha256(data).hexdigest()[:16]}.npz"
        write_bytes(folder / name, data)
        write_json(folder / "predictor.json", self.record.model_copy(update={"arrays": name}).model_dump(mode="json"))
        for old in folder.glob("arrays-*.npz"):
            if old.name != name:
                old.unlink()


def read_record(folder: Path | str) -> PredictorRecord:
    """Read what ``predictor.json`` says, without the arrays.

    Raises
    ------
    InputError
        When ``folder`` holds no predictor, a damaged one, or one of a newer version.
    """
    folder = Path(folder)
    path = folder / "predictor.json"
    if not path.is_file():
        others = sorted(p.parent.name for p in folder.parent.glob("*/predictor.json"))
        raise InputError(
            f"predictor: there is no predictor '{folder.name}'; "
            + (f"there are {', '.join(others)}." if others else "make one with 'streetsense fit'.")
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = int(content["schema_version"])
        if version > SCHEMA_VERSION:
            raise InputError(
                f"predictor: '{folder.name}' was made by a newer StreetSense (schema {version}, this one reads up to "
                f"{SCHEMA_VERSION}); update StreetSense."
            )
        return PredictorRecord.model_validate(content)
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise InputError(f"predictor: {path} is damaged; run 'streetsense fit' again with --replace.") from error


def load_predictor(folder: Path | str) -> Predictor:
    """Read a predictor that `Predictor.save` wrote.

    Raises
    ------
    InputError
        When ``folder`` holds no predictor, a damaged one, or one of a newer version.
    StreetSenseError
        When its arrays are missing or damaged.
    """
    folder = Path(folder)
    record = read_record(folder)
    arrays = _read_arrays(folder, record)
    linear = LinearModel(
        record.model, arrays["mean"], arrays["scale"], arrays["coefficients"], record.intercept, record.penalty
    )
    directions = arrays["novelty_directions"].astype(np.float64)
    familiar = NoveltyModel(directions, arrays["novelty_deviations"], record.novelty_rest, record.novelty_limit)
    return Predictor(record, linear, familiar)


def _read_arrays(folder: Path, record: PredictorRecord) -> dict[str, Floats]:
    """Read the arrays, checking that they are the ones that the record was written with."""
    path = folder / Path(record.arrays).name
    damaged = f"{path}: the predictor's arrays are missing or damaged; run 'streetsense fit' again."
    if not path.is_file():
        raise StreetSenseError(damaged)
    data = path.read_bytes()
    if path.name != f"arrays-{hashlib.sha256(data).hexdigest()[:16]}.npz":
        raise StreetSenseError(damaged)
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    if any(arrays[name].shape != (record.dimension,) for name in ("mean", "scale", "coefficients")):
        raise StreetSenseError(damaged)
    return arrays
