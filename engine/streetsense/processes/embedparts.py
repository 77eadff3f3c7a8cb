"""The rows of an embeddings table, whoever makes them: this process or a worker of a cluster."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streetsense.study import embedding_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from streetsense.embedding import EmbeddedBatch
    from streetsense.encoders import Encoder


@dataclass
class Totals:
    """What was done in a run, wherever it ran.

    Attributes
    ----------
    precision, device : str
        Number format that the encoder used, and where it ran.
    embedded : int
        Views.
    failed : Counter
        Why photos could not be used, and how many.
    """

    precision: str
    device: str
    embedded: int = 0
    failed: Counter[str] = field(default_factory=Counter)


def embedding_rows(batches: list[EmbeddedBatch], views: pa.Table, encoder: Encoder, decoder: str) -> pa.Table:
    """Return batches as rows of an embeddings table; decoder and precision are in its metadata.

    Parameters
    ----------
    batches : list of EmbeddedBatch
        What was embedded.
    views : pyarrow.Table
        ``view_id`` and ``sha256`` of at least these views.
    encoder : Encoder
        What embedded them.
    decoder : str
        What decoded their photos.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    schema = embedding_schema(encoder.dimension).with_metadata({"decoder": decoder, "precision": encoder.precision})
    view_ids = pa.array(
        [view_id for batch in batches for view_id in batch.view_ids], views.schema.field("view_id").type
    )
    vectors = [batch.embeddings for batch in batches] or [np.empty((0, encoder.dimension), np.float32)]
    photos = views["sha256"].take(pc.index_in(view_ids, value_set=views["view_id"]))
    columns: list[Any] = [
        view_ids.cast(pa.string()),
        pa.FixedSizeListArray.from_arrays(pa.array(np.concatenate(vectors).ravel(), pa.float32()), encoder.dimension),
        pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(view_ids), np.int32)), pa.array([encoder.fingerprint])),
        photos.cast(pa.string()),
    ]
    return pa.table(columns, schema=schema)
