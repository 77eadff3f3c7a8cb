"""Embedding on a Ray cluster of two nodes on one computer, one worker killed on the way, against one process.

Says whether the vectors are the same, what the cluster costs, and how the driver's part grows with the number of views.
Photos are synthetic. Run ``python benchmarks/bench_cluster.py [--quick]``; it prints JSON. Needs the extra ``cluster``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ |= {"OMP_NUM_THREADS": "1", "RAY_USAGE_STATS_ENABLED": "0"}  # before torch and Ray are imported

import geopandas as gpd
import numpy as np
import psutil
from bench_embedding import photo
from ray.cluster_utils import Cluster
from report import report
from shapely import Point, box

from streetsense.encoders import create_random_encoder
from streetsense.processes.embed import PROCESS
from streetsense.progress import Silent
from streetsense.study import Study
from streetsense.study.photos import store_photo

#: Another loopback address than 127.0.0.1, which Ray replaces by this computer's address in its network.
NODE = {"num_cpus": 1, "num_gpus": 0, "object_store_memory": 300_000_000, "node_ip_address": "127.0.0.2"}
SIZES = {"part_size": 32, "batch_size": 16}


class KillsAWorker(Silent):
    """Kills one actor when a quarter of the views is done, and remembers when the first views were."""

    def __init__(self) -> None:
        self.killed, self.first = 0, 0.0

    def report(self, done: float, total: float, message: str = "") -> None:
        """Look how far it is."""
        if done and not self.first:
            self.first = time.perf_counter()
        if done < total / 4 or self.killed:
            return
        for process in psutil.process_iter(["cmdline"]):
            if "ShardEmbedder" in " ".join(process.info["cmdline"] or []):
                process.kill()
                self.killed += 1
                return


def make_study(folder: Path, views: int) -> Study:
    study = Study.create(folder, gpd.GeoDataFrame(geometry=[box(-1.2, 44.6, -1.0, 44.8)], crs=4326))
    stored = [store_photo(study, photo(640, 640, seed)) for seed in range(16)]
    columns = {
        "view_id": [f"v{n:05d}" for n in range(views)],
        "path": [stored[n % 16][0] for n in range(views)],
        "sha256": [stored[n % 16][1] for n in range(views)],
        "status": "ok",
    }
    study.views_table.append_frame(gpd.GeoDataFrame(columns, geometry=[Point(-1.1, 44.7)] * views, crs=4326))
    create_random_encoder(study.encoders_dir / "e", "vit_small_patch16_224")
    return study


def vectors(study: Study) -> np.ndarray[Any, Any]:
    table = study.embeddings_table("e").read().sort_by("view_id")
    return np.stack(table["embedding"].to_pylist())


def embed(study: Study, job: Silent, **inputs: object) -> tuple[float, str]:
    begun = time.perf_counter()
    made = PROCESS.run(study, PROCESS.parse({"encoder": "e", **SIZES, **inputs}), job)
    return time.perf_counter() - begun, made.precision


def on_a_cluster(views: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        alone = make_study(Path(folder) / "alone", views)
        spread = Study.open(shutil.copytree(alone.root, Path(folder) / "spread"))
        alone_seconds, precision = embed(alone, Silent())
        cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
        try:
            cluster.add_node(**NODE)
            job, begun = KillsAWorker(), time.perf_counter()
            seconds, _ = embed(spread, job, cluster=cluster.address)
        finally:
            cluster.shutdown()
        one, other = vectors(alone), vectors(spread)
        return {
            "views": views,
            "architecture": "vit_small_patch16_224",
            "precision": precision,
            **SIZES,
            "shards": len(spread.embeddings_table("e").parts()),
            "one_process_seconds": round(alone_seconds, 1),
            "cluster_seconds": round(seconds, 1),
            "of_these_until_the_first_shard": round(job.first - begun, 1),
            "workers_killed": job.killed,
            "same_views": len(one) == len(other),
            "largest_difference_of_a_number": float(np.abs(one - other).max()),
        }


DRIVER_SCRIPT = """
import re, sys, time
from pathlib import Path
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
from streetsense.processes.embed import _pending, _usable_views
from streetsense.processes.embedshards import list_shards
from streetsense.study import VIEW_SCHEMA, Study

folder, number, size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
study = Study.open(folder)
begun, begun_cpu = time.perf_counter(), time.process_time()
views = _usable_views(study)
read, read_cpu = time.perf_counter(), time.process_time()
pending = _pending(study.embeddings_table("e"), views, again=False)
names = list_shards(folder / "list", views, pending, size, first=1, salt="e")
done, done_cpu = time.perf_counter(), time.process_time()
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 2**20
times = (read - begun, done - read, read_cpu - begun_cpu, done_cpu - read_cpu)
print(*times, peak, len(names), (folder / "list").stat().st_size)
"""


def driver(number: int, size: int = 8192) -> dict[str, Any]:
    """Measure what the driver does before the first shard is handed out: read the views, sort them, list the shards."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    noise = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        study = Study.create(Path(folder) / "s", gpd.GeoDataFrame(geometry=[box(-1, 44, 0, 45)], crs=4326))
        (study.root / "views").mkdir()
        each = 250_000
        for part in range(number // each):
            digests = [noise.bytes(32).hex() for _ in range(each)]
            columns = {
                "view_id": [f"mapillary-{digest[:16]}" for digest in digests],
                "path": [f"photos/{digest[:2]}/{digest}.jpg" for digest in digests],
                "sha256": digests,
                "status": ["ok"] * each,
            }
            pq.write_table(pa.table(columns), study.root / "views" / f"part-{part + 1:06d}.parquet", compression="zstd")
        command = [sys.executable, "-c", DRIVER_SCRIPT, str(study.root), str(number), str(size)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    read, listed, read_cpu, listed_cpu, peak, shards, list_bytes = map(float, told)
    return {
        "views": number,
        "shard": size,
        "shards": int(shards),
        "reading_and_sorting_seconds": round(read, 1),
        "listing_seconds": round(listed, 1),
        "reading_and_sorting_processor_seconds": round(read_cpu, 1),
        "listing_processor_seconds": round(listed_cpu, 1),
        "list_megabytes": round(list_bytes / 1e6, 1),
        "peak_memory_gib": round(peak, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer photos and views")
    quick = parser.parse_args().quick
    figures = {
        "two_nodes": on_a_cluster(128 if quick else 256),
        "driver": [driver(number) for number in ((500_000,) if quick else (1_000_000, 4_000_000))],
    }
    report("cluster", figures, ["torch", "ray", "pyarrow"])


if __name__ == "__main__":
    main()
