"""``embed``: from views and an encoder to embeddings."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from streetsense.errors import InputError
from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.progress import Progress
from streetsense.study import PartTable, Study, checked_name, embedding_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from streetsense.embedding import EmbeddedBatch
    from streetsense.encoders import Encoder

#: A part is written when its first row is this old, so that a kill on a slow machine loses little.
_PART_SECONDS = 60.0


class Inputs(ProcessInputs):
    """What to embed, with what, and how."""

    encoder: str = Field(description="name of the encoder in the study")
    batch_size: int = Field(32, ge=1, le=4096, description="photos that are encoded at once (more need more memory)")
    workers: int | None = Field(None, ge=1, le=256, description="threads that decode; one a processor unless given")
    device: str = Field("auto", description="cpu, cuda, cuda:N or auto")
    precision: Literal["auto", "bf16", "fp32"] = Field(
        "auto", description="number format of the encoder: bf16 where it is faster (auto), always, or never (fp32)"
    )
    part_size: int = Field(2048, ge=1, description="rows that are written at once; a kill loses at most so many")
    again: bool = Field(False, description="embed what is embedded already once more")


class Outputs(ProcessOutputs):
    """What was embedded."""

    embedded: int = Field(description="views that this run embedded")
    skipped: int = Field(description="views that were embedded already by this encoder")
    failed: dict[str, int] = Field(description="why photos could not be used, and how many")
    dimension: int = Field(description="numbers in an embedding")
    images_per_second: float = Field(description="of this run, decoding included", json_schema_extra={"unit": "1/s"})
    precision: str = Field(description="number format that was used")
    device: str = Field(description="where the encoder ran")


def run(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    """Embed the study's views; views that the same encoder has embedded are left alone.

    Raises
    ------
    InputError
        When the encoder is unknown, the study has no photos, or the device is not there.
    """
    import pyarrow.compute as pc

    from streetsense.embedding import embed_photos
    from streetsense.encoders import load_encoder
    from streetsense.images import DECODER

    folder = study.encoders_dir / checked_name(inputs.encoder, "encoder")
    encoder = load_encoder(folder, inputs.device, inputs.precision)
    table = study.embeddings_table(inputs.encoder)
    views = study.views_table.read(["view_id", "path", "sha256", "status"])
    views = views.filter(pc.equal(views["status"], "ok")).sort_by("view_id")
    if views.num_rows == 0:
        raise InputError("views: the study has no photos; run 'streetsense fetch' first.")
    usable = views.num_rows
    job.report(0, usable, "looking for what is embedded already")
    if removed := _remove_foreign_parts(table, encoder.fingerprint):
        job.warn(f"{removed} embeddings of an earlier encoder called '{inputs.encoder}' were removed.")
    if not inputs.again and not table.is_empty():
        done = _photo_keys(table.read(["view_id", "sha256"]))
        views = views.filter(pc.invert(pc.is_in(_photo_keys(views), value_set=done)))
    started, number, failed = time.monotonic(), 0, Counter[str]()
    photos = _photos(study, views)
    batches = embed_photos(
        encoder, photos, batch_size=inputs.batch_size, workers=inputs.workers, progress=job, total=views.num_rows
    )
    with _Writer(table, encoder, views, inputs.part_size, DECODER) as writer:
        for batch in batches:
            writer.add(batch)
            number += len(batch.view_ids)
            failed.update(reason for _, reason in batch.failures)
    if failed:
        job.warn(f"{sum(failed.values())} photos could not be used; their views have no embedding.")
    return Outputs(
        embedded=number,
        skipped=usable - views.num_rows,
        failed=dict(failed),
        dimension=encoder.dimension,
        images_per_second=round(number / max(time.monotonic() - started, 1e-9), 2) if number else 0.0,
        precision=encoder.precision,
        device=str(encoder.device),
    )


class _Writer:
    """Gathers batches and writes them as parts of the table, also what is gathered when something goes wrong."""

    def __init__(self, table: PartTable, encoder: Encoder, views: pa.Table, part_size: int, decoder: str) -> None:
        self._table, self._encoder, self._views, self._part_size = table, encoder, views, part_size
        self._schema = embedding_schema(encoder.dimension).with_metadata(
            {"decoder": decoder, "precision": encoder.precision}
        )
        self._gathered: list[EmbeddedBatch] = []
        self._rows, self._begun = 0, time.monotonic()

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()

    def add(self, batch: EmbeddedBatch) -> None:
        """Take a batch; write a part when it is full or old."""
        self._gathered.append(batch)
        self._rows += len(batch.view_ids)
        if self._rows >= self._part_size or time.monotonic() - self._begun > _PART_SECONDS:
            self._write()

    def _write(self) -> None:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        view_ids = [view_id for batch in self._gathered for view_id in batch.view_ids]
        if view_ids:
            values = np.concatenate([batch.embeddings for batch in self._gathered]).ravel()
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(values, pa.float32()), self._encoder.dimension)
            fingerprints = pa.DictionaryArray.from_arrays(
                pa.array(np.zeros(len(view_ids), np.int32)), pa.array([self._encoder.fingerprint])
            )
            photos = self._views["sha256"].take(pc.index_in(pa.array(view_ids), value_set=self._views["view_id"]))
            columns = [pa.array(view_ids), vectors, fingerprints, photos]
            self._table.append(pa.table(columns, schema=self._schema))
        self._gathered, self._rows, self._begun = [], 0, time.monotonic()


def _photos(study: Study, views: pa.Table) -> Iterator[tuple[str, Path]]:
    """Yield view and photo file, turning a few thousand rows at a time into Python objects."""
    for rows in views.to_batches(max_chunksize=4096):
        for view_id, path in zip(rows["view_id"].to_pylist(), rows["path"].to_pylist(), strict=True):
            yield view_id, study.photo_path(path)


def _photo_keys(rows: pa.Table) -> pa.ChunkedArray:
    """Return view and photo as one text: a view whose photo has been replaced is another one."""
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(rows["view_id"], rows["sha256"].fill_null(""), " ")


def _remove_foreign_parts(table: PartTable, fingerprint: str) -> int:
    """Delete the parts that another encoder of the same name made; return how many rows they had.

    Nothing can use them any more, and a view whose photo has gone since would keep such a row for ever. A part comes
    from one run, so from one encoder.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    removed = 0
    for part in table.parts():
        try:
            column = pq.read_table(part, columns=["fingerprint"], partitioning=None)["fingerprint"]
        except (pa.ArrowInvalid, OSError):
            continue  # Damaged: reading the table says so, with the name of the part.
        if not pc.all(pc.equal(column.cast("string"), fingerprint)).as_py():
            removed += len(column)
            part.unlink()
    return removed


PROCESS = Process(
    id="embed",
    title="Embed views",
    description="Turn the photos of the study's views into embeddings with an encoder.",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
)
