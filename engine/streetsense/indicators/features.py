"""Features: one vector a sample, averaged from the embeddings of its views or read from a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError, StreetSenseError
from streetsense.indicators.labels import identifier_column, text_ids
from streetsense.progress import Progress
from streetsense.units import MeanByUnit
from streetsense.vectors import read_table, require_columns

if TYPE_CHECKING:
    import pandas as pd


class EmbeddingTable(Protocol):
    """Where embeddings lie: `streetsense.study.PartTable` is one."""

    def parts(self) -> list[Path]:
        """Return the finished Parquet parts, oldest first."""
        ...


@dataclass(frozen=True)
class Features:
    """One vector a sample.

    Attributes
    ----------
    ids : ndarray of str, shape (n,)
        What the samples are called.
    values : ndarray of float64, shape (n, d)
        The vectors.
    n_views : ndarray of int64, shape (n,)
        How many views each was averaged from (0: read from a table).
    names : list of str or None
        Names of the columns, when read from a table.
    fingerprint : str or None
        The encoder's, when averaged from embeddings.
    """

    ids: NDArray[np.object_]
    values: NDArray[np.float64]
    n_views: NDArray[np.int64]
    names: list[str] | None = None
    fingerprint: str | None = None


@dataclass(frozen=True)
class EmbeddingBatch:
    """Some embeddings.

    Attributes
    ----------
    view_ids : ndarray of str, shape (n,)
        Whose they are.
    values : ndarray of float32, shape (n, d)
        The vectors.
    fingerprint : str or None
        The encoder that made all of them.
    """

    view_ids: NDArray[np.object_]
    values: NDArray[np.float32]
    fingerprint: str | None


def embedding_batches(table: EmbeddingTable, encoder: str, progress: Progress) -> Iterator[EmbeddingBatch]:
    """Read embeddings part by part, so that memory does not grow with their number; of each view the newest row.

    Parameters
    ----------
    table : EmbeddingTable
        Parquet parts with ``view_id``, ``embedding`` and ``fingerprint``.
    encoder : str
        What errors call the encoder.
    progress : Progress
        Told after every part.

    Raises
    ------
    InputError
        When there are none, or two versions of the encoder made them.
    StreetSenseError
        When a part is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = table.parts()
    newest = _newest_rows(parts)
    if not newest:
        raise InputError(f"encoder: there are no embeddings by '{encoder}'; run 'streetsense embed' first.")
    seen: str | None = None
    for number, (part, rows) in enumerate(zip(parts, newest, strict=True)):
        progress.report(number, len(parts), "reading embeddings")
        if len(rows) == 0:
            continue
        try:
            content = pq.read_table(part, columns=["view_id", "embedding", "fingerprint"], partitioning=None).take(rows)
        except (pa.ArrowInvalid, OSError) as error:
            raise _damaged(part) from error
        prints = set(content["fingerprint"].unique().to_pylist()) | ({seen} if seen else set())
        if len(prints) > 1:
            raise InputError(
                f"encoder: two versions of '{encoder}' made its embeddings; run 'streetsense embed' again."
            )
        seen = prints.pop()
        vectors = content["embedding"].combine_chunks()
        values = vectors.flatten().to_numpy(zero_copy_only=False).reshape(len(content), -1)
        yield EmbeddingBatch(content["view_id"].to_numpy(), values, seen)


def mean_features(table: EmbeddingTable, encoder: str, sample_of_view: pd.Series, progress: Progress) -> Features:
    """Average the embeddings of each sample's views.

    Parameters
    ----------
    table, encoder, progress
        As `embedding_batches` takes them.
    sample_of_view : Series
        Sample identifier by view id; views that are not in it, or belong to no sample, are left out.

    Returns
    -------
    Features
        Only samples with at least one embedded view.
    """
    import pandas as pd

    means = MeanByUnit()
    fingerprint = None
    for batch in embedding_batches(table, encoder, progress):
        samples = sample_of_view.reindex(batch.view_ids).to_numpy(dtype=object)
        known = ~pd.isna(samples)
        if known.any():
            means.add(samples[known].astype(str), batch.values[known])
        fingerprint = batch.fingerprint
    ids, values, n_views = means.result()
    return Features(
        np.asarray(ids, dtype=object), np.asarray(values, dtype=np.float64), n_views.astype(np.int64), None, fingerprint
    )


def read_features(path: Path | str, id_column: str | None, names: list[str] | None = None) -> Features:
    """Read features of units from a table, such as published embeddings.

    Parameters
    ----------
    path : Path or str
        An identifier column and numeric columns.
    id_column : str, optional
        The identifier column; guessed by its name otherwise.
    names : list of str, optional
        Only these columns, in this order (those a predictor was trained with); all numeric columns by default.

    Raises
    ------
    InputError
        When the file, the identifier, a column or all numbers are missing, a value is missing, or a row repeats.
    """
    table = read_table(path, "features")
    column = identifier_column(table, id_column, "features")
    if names is None:
        names = [str(c) for c in table.select_dtypes("number").columns if c != column]
    require_columns(table, names, "features")
    if not names:
        raise InputError(f"features: {path} has no numeric column beside '{column}'; give a table of features.")
    ids = text_ids(table[column])
    if ids.isna().any() or ids.duplicated().any():
        raise InputError(f"features: '{column}' is empty or repeated in some rows; keep one row a unit.")
    values = table[names].apply(_numbers).to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        bad = names[int(np.flatnonzero(~np.isfinite(values).all(axis=0))[0])]
        raise InputError(f"features: '{bad}' has missing or infinite values; remove these rows or fill them.")
    return Features(ids.to_numpy(dtype=object), values, np.zeros(len(ids), dtype=np.int64), names)


def _numbers(column: pd.Series) -> pd.Series:
    import pandas as pd

    return pd.to_numeric(column, errors="coerce")


def _newest_rows(parts: list[Path]) -> list[NDArray[np.int64]]:
    """Return, for every part, the rows that no later part replaces."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    keys = []
    for part in parts:
        try:
            keys.append(pq.read_table(part, columns=["view_id"], partitioning=None)["view_id"].to_numpy())
        except (pa.ArrowInvalid, OSError) as error:
            raise _damaged(part) from error
    if not keys or not any(map(len, keys)):
        return []
    kept = ~pd.Series(np.concatenate(keys)).duplicated(keep="last").to_numpy()
    ends = np.cumsum([len(part) for part in keys])
    return [np.flatnonzero(chunk) for chunk in np.split(kept, ends[:-1])]


def _damaged(part: Path) -> StreetSenseError:
    return StreetSenseError(
        f"{part}: this part of the embeddings is damaged; delete the file and run 'streetsense embed' again."
    )
