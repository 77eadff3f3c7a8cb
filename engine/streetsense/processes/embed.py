"""``embed``: from views and an encoder to embeddings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from streetsense.errors import InputError
from streetsense.processes.cluster import ADDRESS_PATTERN
from streetsense.processes.embedparts import Totals, embedding_rows
from streetsense.processes.forms import ADVANCED, NameOf
from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.processes.reads import HostDecides
from streetsense.progress import Progress
from streetsense.study import PartTable, Study, checked_name

if TYPE_CHECKING:
    import pyarrow as pa

    from streetsense.embedding import EmbeddedBatch
    from streetsense.encoders import Encoder

#: A part is written when its first row is this old, so that a kill on a slow machine loses little.
_PART_SECONDS = 60.0


class Inputs(ProcessInputs):
    """What to embed, with what, and how."""

    encoder: Annotated[str, NameOf("encoder")] = Field(description="name of the encoder in the study")
    batch_size: Annotated[int, ADVANCED] = Field(
        32, ge=1, le=4096, description="photos that are encoded at once (more need more memory)"
    )
    workers: Annotated[int | None, ADVANCED] = Field(
        None, ge=1, le=256, description="threads that decode; one a processor unless given"
    )
    device: Annotated[str, ADVANCED] = Field("auto", description="cpu, cuda, cuda:N or auto")
    precision: Annotated[Literal["auto", "bf16", "fp32"], ADVANCED] = Field(
        "auto", description="number format of the encoder: bf16 where it is faster (auto), always, or never (fp32)"
    )
    part_size: Annotated[int, ADVANCED] = Field(
        2048, ge=1, description="rows that are written at once; a kill loses at most so many (on a cluster: a shard)"
    )
    cluster: Annotated[str, HostDecides(allowed=("auto",)), ADVANCED] | None = Field(
        None,
        pattern=ADDRESS_PATTERN,
        description="Ray cluster that embeds, a shard of part_size views at a time: auto for the one that this "
        "computer is a node of, or HOST:PORT; this computer alone unless given",
    )
    again: Annotated[bool, ADVANCED] = Field(False, description="embed what is embedded already once more")


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

    from streetsense.encoders import load_encoder, read_config

    folder = study.encoders_dir / checked_name(inputs.encoder, "encoder")
    encoder = load_encoder(folder, inputs.device, inputs.precision) if inputs.cluster is None else None
    config = read_config(folder) if encoder is None else encoder.config
    table = study.embeddings_table(inputs.encoder)
    views = _usable_views(study)
    job.report(0, views.num_rows, "looking for what is embedded already")
    if removed := _remove_foreign_parts(table, config.fingerprint):
        job.warn(f"{removed} embeddings of an earlier encoder called '{inputs.encoder}' were removed.")
    pending = _pending(table, views, again=inputs.again)
    started = time.monotonic()
    if encoder is None:
        made = _embed_on_cluster(study, inputs, config.fingerprint, views, pending, job)
    else:
        made = _embed_here(study, inputs, encoder, views.filter(pending), job)
    if made.failed:
        job.warn(f"{made.failed.total()} photos could not be used; their views have no embedding.")
    return Outputs(
        embedded=made.embedded,
        skipped=views.num_rows - int(pc.sum(pending).as_py()),
        failed=dict(made.failed),
        dimension=config.dimension,
        images_per_second=round(made.embedded / max(time.monotonic() - started, 1e-9), 2) if made.embedded else 0.0,
        precision=made.precision,
        device=made.device,
    )


def _embed_here(study: Study, inputs: Inputs, encoder: Encoder, views: pa.Table, job: Progress) -> Totals:
    """Embed views in this process."""
    from streetsense.embedding import embed_photos

    made = Totals(encoder.precision, str(encoder.device))
    batches = embed_photos(
        encoder,
        _photos(study, views),
        batch_size=inputs.batch_size,
        workers=inputs.workers,
        progress=job,
        total=views.num_rows,
    )
    with _Writer(study.embeddings_table(inputs.encoder), encoder, views, inputs.part_size) as writer:
        for batch in batches:
            writer.add(batch)
            made.embedded += len(batch.view_ids)
            made.failed.update(reason for _, reason in batch.failures)
    return made


def _embed_on_cluster(
    study: Study, inputs: Inputs, fingerprint: str, views: pa.Table, pending: pa.ChunkedArray, job: Progress
) -> Totals:
    """Embed those of the views that are pending on a cluster."""
    from streetsense.processes.embedshards import embed_on_cluster
    from streetsense.processes.embedworkers import ShardOrder

    order = ShardOrder(
        study=str(study.root.resolve()),
        encoder=inputs.encoder,
        fingerprint=fingerprint,
        device=inputs.device,
        precision=inputs.precision,
        batch_size=inputs.batch_size,
        workers=inputs.workers or 2,
    )
    # Whole batches: then a shard's photos are encoded in the company that they have in one process.
    size = -(-inputs.part_size // inputs.batch_size) * inputs.batch_size
    return embed_on_cluster(str(inputs.cluster), order, views, pending, size, job)


class _Writer:
    """Gathers batches and writes them as parts of the table, also what is gathered when something goes wrong."""

    def __init__(self, table: PartTable, encoder: Encoder, views: pa.Table, part_size: int) -> None:
        self._table, self._encoder, self._views, self._part_size = table, encoder, views, part_size
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
        from streetsense.images import DECODER

        self._table.append(embedding_rows(self._gathered, self._views, self._encoder, DECODER))
        self._gathered, self._rows, self._begun = [], 0, time.monotonic()


def _usable_views(study: Study) -> pa.Table:
    """Return ``view_id``, ``path`` and ``sha256`` of the views with photos, by ``view_id``.

    Raises
    ------
    InputError
        When there is none.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    views = study.views_table.read(["view_id", "path", "sha256", "status"])
    views = views.filter(pc.equal(views["status"], "ok")).drop_columns(["status"])
    if views.num_rows == 0:
        raise InputError("views: the study has no photos; run 'streetsense fetch' first.")
    # Text columns of Arrow hold 2 GiB in a piece, and sorting makes one piece: some thirty million paths.
    return views.cast(pa.schema([(name, pa.large_string()) for name in views.column_names])).sort_by("view_id")


def _pending(table: PartTable, views: pa.Table, *, again: bool) -> pa.ChunkedArray:
    """Tell which views have no embedding of their present photo."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if again or table.is_empty():
        return pa.chunked_array([pa.array(np.ones(views.num_rows, bool))])
    done = _photo_keys(table.read(["view_id", "sha256"]))
    return pc.invert(pc.is_in(_photo_keys(views), value_set=done))


def _photos(study: Study, views: pa.Table) -> Iterator[tuple[str, Path]]:
    """Yield view and photo file, turning a few thousand rows at a time into Python objects."""
    for rows in views.to_batches(max_chunksize=4096):
        for view_id, path in zip(rows["view_id"].to_pylist(), rows["path"].to_pylist(), strict=True):
            yield view_id, study.photo_path(path)


def _photo_keys(rows: pa.Table) -> pa.ChunkedArray:
    """Return view and photo as one text: a view whose photo has been replaced is another one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    view_ids, photos = (rows[name].cast("large_string") for name in ("view_id", "sha256"))
    return pc.binary_join_element_wise(view_ids, photos.fill_null(""), pa.scalar(" ", pa.large_string()))


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
