"""``embed`` on a Ray cluster: photos are decoded by tasks, embedded by actors, and written a shard at a time.

A shard is a part of the embeddings table, and it is done when its file is there. Whoever dies on the way costs the
shards that it was working on, nothing else. Driver and workers see the study on storage that they share.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streetsense.atomic import atomic_path, remove_unfinished
from streetsense.errors import InputError, StreetSenseError
from streetsense.processes.cluster import connected, on_this_node
from streetsense.processes.embedparts import Totals
from streetsense.processes.embedworkers import LIST, ShardEmbedder, ShardOrder, decode_shard
from streetsense.progress import Progress
from streetsense.study import PartTable

if TYPE_CHECKING:
    import pyarrow as pa


#: Seconds between two reports, and so the longest that a cancellation waits.
_REPORT_EVERY = 0.5


def embed_on_cluster(
    address: str, order: ShardOrder, views: pa.Table, pending: pa.ChunkedArray, size: int, job: Progress
) -> Totals:
    """Embed views on a cluster.

    Parameters
    ----------
    address : str
        See `streetsense.processes.cluster.connected`.
    order : ShardOrder
        What to do. Its device may still be ``auto``.
    views : pyarrow.Table
        ``view_id``, ``path``, ``sha256`` of all views with photos, sorted.
    pending : pyarrow.ChunkedArray
        Which of them have no embedding yet.
    size : int
        Views of a shard. Shards are cut from all views, so that a run that goes on has the same ones.
    job : Progress
        Told several times a second; it can end the work.

    Raises
    ------
    InputError
        When the cluster cannot be reached or cannot run this.
    StreetSenseError
        When workers die again and again on one shard. Those that are finished stay.
    """
    import pyarrow.compute as pc

    table, totals = order.opened().embeddings_table(order.encoder), Totals(order.precision, order.device)
    remove_unfinished(table.folder)
    listed = table.folder / LIST
    try:
        names = list_shards(listed, views, pending, size, first=_next_number(table), salt=order.fingerprint)
        if names:
            with connected(address):
                _work(order, names, size, int(pc.sum(pending).as_py()), totals, job)
    finally:
        listed.unlink(missing_ok=True)
    return totals


def list_shards(
    path: Path, views: pa.Table, pending: pa.ChunkedArray, size: int, *, first: int, salt: str
) -> list[str]:
    """Write what is pending of every shard as a row group of one file; return the names of the parts to make.

    A name ends with what the shard is made of, so that two workers that do the same shard write the same file.
    """
    import pyarrow.parquet as pq

    names: list[str] = []
    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, views.schema, compression="zstd") as writer:
        for start in range(0, views.num_rows, size):
            rows = views.slice(start, size).filter(pending.slice(start, size))
            if rows.num_rows:
                names.append(f"part-{first + len(names):06d}-{_content(rows, salt)}.parquet")
                writer.write_table(rows, row_group_size=size)
    return names


def _content(rows: pa.Table, salt: str) -> str:
    """Return a short digest of encoder, views and photos."""
    import numpy as np

    digest = hashlib.sha256(salt.encode())
    for name in ("view_id", "sha256"):
        texts = rows[name].fill_null("").cast("large_string").combine_chunks()
        lengths, data = np.frombuffer(texts.buffers()[1], np.int64), texts.buffers()[2]
        offsets = lengths[texts.offset : texts.offset + len(texts) + 1]
        digest.update(np.diff(offsets).tobytes())
        if data is not None:
            digest.update(memoryview(data)[offsets[0] : offsets[-1]])
    return digest.hexdigest()[:16]


def _next_number(table: PartTable) -> int:
    parts = table.parts()
    return int(parts[-1].stem.split("-")[1]) + 1 if parts else 1


def _work(order: ShardOrder, names: list[str], size: int, views: int, totals: Totals, job: Progress) -> None:
    """Have the shards done and add up what the workers say, until all are done or the job is stopped."""
    import ray

    device, actors, share = _places(ray.cluster_resources(), order.device)
    pipeline = on_this_node(_pipeline, num_returns="streaming", max_retries=0)
    results = pipeline.remote(replace(order, device=device), names, _memory(order, size), actors, share)
    started, shards, dealt_with = time.monotonic(), 0, 0
    places: set[str] = set()
    precisions: set[str] = set()
    while shards < len(names):
        rate = dealt_with / max(time.monotonic() - started, 1e-3)
        job.report(dealt_with, views, f"{shards:,} of {len(names):,} shards, {rate:.1f} views/s")
        if not ray.wait([results], timeout=_REPORT_EVERY)[0]:
            continue
        try:
            result = ray.get(next(results))
        except (ray.exceptions.RayError, StopIteration) as error:
            raise StreetSenseError(
                f"embed: the cluster has gone, or its workers die again and again ({type(error).__name__}); finished "
                "shards are kept, run the same command again to go on."
            ) from error
        if result["error"]:
            raise (InputError if result["exit_code"] == InputError.exit_code else StreetSenseError)(result["error"])
        failed = json.loads(result["failed"])
        totals.embedded += result["embedded"]
        totals.failed.update(failed)
        places.add(result["device"])
        precisions.add(result["precision"])
        shards += 1
        dealt_with += result["embedded"] + sum(failed.values())
    totals.device, totals.precision = f"cluster, {' and '.join(sorted(places))}", " and ".join(sorted(precisions))


def _pipeline(
    order: ShardOrder, names: list[str], memory: int, actors: int, share: dict[str, float]
) -> Iterator[dict[str, Any]]:
    """Decode and embed the shards; yield what became of each."""
    import ray.data

    ray.data.DataContext.get_current().enable_progress_bars = False
    items = [{"shard": number, "name": name} for number, name in enumerate(names)]
    told = {"order": order}
    # A task a shard: blocks of several shards would be lost, and held in memory, together.
    shards = ray.data.from_items(items, override_num_blocks=len(items))
    decoded = shards.map_batches(
        decode_shard, batch_size=1, batch_format="pyarrow", fn_kwargs=told, num_cpus=1, memory=memory
    )
    embedded = decoded.map_batches(
        ShardEmbedder,
        batch_size=1,
        batch_format="pyarrow",
        fn_constructor_kwargs=told,
        # Two on the way to each actor: one that it embeds and one that is fetched meanwhile. Actors that die are
        # restarted and get their shard again, without end: `ShardEmbedder` counts.
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=actors, max_tasks_in_flight_per_actor=2),
        **share,
    )
    yield from embedded.iter_rows()


def _memory(order: ShardOrder, size: int) -> int:
    """Return the bytes that a task needs to decode a shard: its squares, and once more while they are handed over."""
    from streetsense.encoders import read_config

    side = read_config(order.opened().encoders_dir / order.encoder).preprocess.size
    return 2 * size * side * side * 3


def _places(resources: dict[str, float], device: str) -> tuple[str, int, dict[str, float]]:
    """Return the device, the number of actors, and what each of them takes of the cluster.

    Raises
    ------
    InputError
        When the cluster lacks GPUs that were asked for, or has no processor left to decode with.
    """
    processors, gpus = int(resources.get("CPU", 0)), int(resources.get("GPU", 0))
    if device not in ("auto", "cpu", "cuda"):
        raise InputError(f"device: '{device}' is one of this computer; with a cluster give auto, cpu or cuda.")
    if device == "cuda" and not gpus:
        raise InputError("device: no GPU is in the cluster; use auto or cpu.")
    if gpus and device != "cpu":
        return "cuda", gpus, {"num_gpus": 1, "num_cpus": 0}
    if processors < 2:
        raise InputError("cluster: it has fewer than 2 processors, one to decode and one to embed; add a node.")
    # Decoding takes a tenth of what a small encoder takes, so one processor of eight is kept for it.
    return "cpu", processors - max(1, processors // 8), {"num_cpus": 1}
