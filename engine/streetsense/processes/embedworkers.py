"""What runs on the nodes of a cluster that embeds: tasks that decode shards, and actors that embed and write them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streetsense.atomic import UNFINISHED, atomic_path
from streetsense.errors import StreetSenseError
from streetsense.processes.embedparts import embedding_rows
from streetsense.study import Study

if TYPE_CHECKING:
    import pyarrow as pa

    from streetsense.encoders import Encoder

#: Where the shards are listed while they are worked on: a row group each. The dot keeps it out of the table.
LIST = ".shards.parquet"
#: How often a shard may be begun. One that ends every worker must end the job.
_ATTEMPTS = 4


@dataclass(frozen=True)
class ShardOrder:
    """What every worker is told.

    Attributes
    ----------
    study : str
        The study's folder, by the path that all nodes know it under.
    encoder, fingerprint : str
        The encoder's name in the study, and which one it must be.
    device, precision : str
        See `streetsense.encoders.Encoder`; the device is ``cpu`` or ``cuda``.
    batch_size : int
        Photos that are encoded together.
    workers : int
        Threads of a task that decodes.
    """

    study: str
    encoder: str
    fingerprint: str
    device: str
    precision: Any
    batch_size: int
    workers: int

    def opened(self) -> Study:
        """Return the study."""
        return Study.open(self.study)

    def views_of(self, shard: int) -> pa.Table:
        """Return ``view_id``, ``path`` and ``sha256`` of a shard's views."""
        import pyarrow.parquet as pq

        folder = self.opened().embeddings_table(self.encoder).folder
        with pq.ParquetFile(folder / LIST) as listed:
            return listed.read_row_group(shard)


def decode_shard(batch: pa.Table, order: ShardOrder) -> pa.Table:
    """Read and decode a shard's photos (a task of the cluster).

    Returns
    -------
    pyarrow.Table
        One row: the shard, all its squares as bytes, why photos have none (null where they have one), the decoder.
    """
    import numpy as np
    import pyarrow as pa

    from streetsense.embedding import decode_photos
    from streetsense.encoders import read_config
    from streetsense.images import DECODER

    study, views = order.opened(), order.views_of(batch["shard"][0].as_py())
    preprocess = read_config(study.encoders_dir / order.encoder).preprocess
    paths = views["path"].to_pylist()
    photos = [(str(number), study.photo_path(path)) for number, path in enumerate(paths)]
    # Not empty ones: bytes of photos that cannot be used travel too, and must not be what was in memory.
    squares = np.zeros((len(photos), preprocess.size, preprocess.size, 3), np.uint8)
    reasons: list[str | None] = [None] * len(photos)
    for number, (_, square) in enumerate(decode_photos(photos, preprocess, ahead=8, workers=order.workers)):
        if isinstance(square, str):
            reasons[number] = square
        else:
            squares[number] = square
    offsets = pa.py_buffer(np.array([0, squares.nbytes], np.int64))
    content = pa.LargeBinaryArray.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(squares)])
    columns = {"squares": content, "reasons": [reasons], "decoder": [DECODER]}
    return pa.table({"shard": batch["shard"], "name": batch["name"], **columns})


class ShardEmbedder:
    """Embeds shards and writes their parts (an actor of the cluster)."""

    def __init__(self, order: ShardOrder) -> None:
        self.order = order
        self.table = order.opened().embeddings_table(order.encoder)

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder, loaded for the first shard: what is wrong with it is then an error of the work, told as such.

        Raises
        ------
        StreetSenseError
            When it cannot be loaded, or is another one than the job began with.
        """
        from streetsense.encoders import load_encoder

        order = self.order
        encoder = load_encoder(order.opened().encoders_dir / order.encoder, order.device, order.precision)
        if encoder.fingerprint != order.fingerprint:
            raise StreetSenseError(f"encoder: '{order.encoder}' was replaced while it was used; run 'embed' again.")
        return encoder

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Embed one shard; return what became of it.

        Ray carries texts of errors, not the errors themselves, so one of ours is a result like another.
        """
        import pyarrow as pa

        told = {"embedded": 0, "failed": "{}", "precision": "", "device": "", "error": "", "exit_code": 0}
        try:
            told |= self._embed(batch)
        except StreetSenseError as error:
            told |= {"error": str(error), "exit_code": error.exit_code}
        return pa.table({name: [value] for name, value in told.items()})

    def _embed(self, batch: pa.Table) -> dict[str, Any]:
        import numpy as np
        import pyarrow.parquet as pq

        from streetsense.embedding import embed_squares

        name = batch["name"][0].as_py()
        attempts = self._begin(name)
        views, side = self.order.views_of(batch["shard"][0].as_py()), self.encoder.preprocess.size
        content = batch["squares"].combine_chunks()
        start = np.frombuffer(content.buffers()[1], np.int64)[content.offset]
        pixels = np.frombuffer(content.buffers()[2], np.uint8, views.num_rows * side * side * 3, start)
        squares = pixels.reshape(-1, side, side, 3)
        reasons = batch["reasons"][0].as_py()
        sequence = zip(
            views["view_id"].to_pylist(),
            (reason or square for reason, square in zip(reasons, squares, strict=True)),
            strict=True,
        )
        batches = list(embed_squares(self.encoder, sequence, batch_size=self.order.batch_size))
        rows = embedding_rows(batches, views, self.encoder, batch["decoder"][0].as_py())
        if rows.num_rows:
            with atomic_path(self.table.folder / name) as temporary:
                pq.write_table(rows, temporary, compression="zstd")
        attempts.unlink(missing_ok=True)
        failed = Counter(reason for part in batches for _, reason in part.failures)
        told = {"embedded": rows.num_rows, "failed": json.dumps(failed)}
        return {**told, "precision": self.encoder.precision, "device": str(self.encoder.device)}

    def _begin(self, name: str) -> Path:
        """Count that a shard is begun, where it is remembered when this process dies; return the file that counts."""
        attempts = self.table.folder / f"{UNFINISHED}{name}.attempts"
        with attempts.open("ab") as file:
            file.write(b".")
        if attempts.stat().st_size > _ATTEMPTS:
            raise StreetSenseError(
                f"embed: the shard {name} has ended its worker {_ATTEMPTS} times, perhaps for want of memory; "
                "finished shards are kept, run it again with a smaller part_size or batch_size."
            )
        return attempts
