"""A Ray cluster of two nodes on this computer's loopback, and small studies to run on it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import psutil
import pytest
from PIL import Image
from shapely import Point, box

from streetsense.encoders import create_random_encoder
from streetsense.images import encode_jpeg
from streetsense.study import Study
from streetsense.study.photos import store_photo

#: Ray takes 127.0.0.1 for "wherever this computer can be reached"; any other loopback address it leaves alone.
LOOPBACK = "127.0.0.2"


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """Start two nodes of one processor each; return the address of the first."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed (the extra 'cluster')")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "num_gpus": 0, "object_store_memory": 200_000_000, "node_ip_address": LOOPBACK}
    nodes = Cluster(
        initialize_head=True,
        head_node_args={**node, "include_dashboard": True, "dashboard_host": "127.0.0.1", "dashboard_port": 0},
    )
    try:
        nodes.add_node(**node)
        yield nodes.address
    finally:
        nodes.shutdown()


def make_study(folder: Path, views: int) -> Study:
    """Make a study of small synthetic photos, one of them missing, with an encoder of random weights called 'tiny'."""
    study = Study.create(folder, gpd.GeoDataFrame(geometry=[box(-1.2, 44.6, -1.0, 44.8)], crs="EPSG:4326"))
    noise = np.random.default_rng(0)
    stored = []
    for _ in range(views):
        coarse = Image.fromarray(noise.integers(0, 255, (5, 5, 3), dtype=np.uint8))
        stored.append(store_photo(study, encode_jpeg(np.asarray(coarse.resize((80, 80), Image.Resampling.BICUBIC)))))
    paths, digests = zip(*stored, strict=True)
    columns = {"view_id": [f"v{n:04d}" for n in range(views)], "path": paths, "sha256": digests, "status": "ok"}
    study.views_table.append_frame(gpd.GeoDataFrame(columns, geometry=[Point(-1.1, 44.7)] * views, crs=4326))
    study.photo_path(paths[5]).unlink()
    create_random_encoder(study.encoders_dir / "tiny", "vit_tiny_patch16_224", 0, image_size=64, depth=2)
    return study


def embedders() -> list[psutil.Process]:
    """Return the processes of this computer's Ray actors that embed."""
    found = psutil.process_iter(["cmdline"])
    return [process for process in found if "ShardEmbedder" in " ".join(process.info["cmdline"] or [])]
