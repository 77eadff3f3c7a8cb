"""Attention pictures over HTTP against the bare forward and backward pass of the same encoder, taken in turns.

A server of its own answers on loopback, over one kept-alive connection; every request asks about another view, so that
nothing comes from the cache. The bare pass has the decoded and normalised photo already, uses as many threads, and
takes the gradient of the embedding's largest value with respect to the image, with the fused attention.
Run ``python benchmarks/bench_attention_http.py [--quick]``; it prints JSON.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path
from typing import Any

import geopandas as gpd
import torch
from bench_embedding import photo
from report import report
from shapely import Point, box

from streetsense.attention import answer, relevance, see_photo
from streetsense.encoders import create_random_encoder, load_encoder
from streetsense.processes.question import Asked, pose
from streetsense.study import Study
from streetsense.study.photos import store_photo

TOKEN = "a-token-for-this-measurement-only"
SIDE, SIZE = 640, 512


def make_study(root: Path, photos: list[bytes]) -> Study:
    study = Study.create(root, gpd.GeoDataFrame(geometry=[box(-1.2, 44.6, -1.0, 44.8)], crs=4326))
    rows = [
        {"view_id": f"v{number:04d}", "path": store_photo(study, data)[0], "status": "ok"}
        for number, data in enumerate(photos)
    ]
    study.views_table.append_frame(gpd.GeoDataFrame(rows, geometry=[Point(-1.1, 44.7)] * len(rows), crs=4326))
    return study


def milliseconds(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "median_ms": round(1000 * statistics.median(ordered), 1),
        "p90_ms": round(1000 * ordered[int(0.9 * (len(ordered) - 1))], 1),
        "best_ms": round(1000 * ordered[0], 1),
    }


def compare(study: Study, architecture: str, photos: list[bytes], port: int) -> dict[str, Any]:
    name = architecture.split("_patch")[0]
    create_random_encoder(study.encoders_dir / name, architecture)
    encoder = load_encoder(study.encoders_dir / name)
    question = pose(Asked(encoder=name), encoder, None)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    times: dict[str, list[float]] = {"bare": [], "relevance": [], "answer": [], "http": []}
    size = 0
    for number, data in enumerate(photos):
        square = torch.from_numpy(encoder.preprocess.from_bytes(data)[None].copy())
        image = encoder.normalise(square).requires_grad_()
        begun = time.perf_counter()
        torch.autograd.grad(encoder.model(image).amax(), image)
        bare = time.perf_counter()
        relevance(encoder.model, image.detach())
        mapped = time.perf_counter()
        answer(encoder, question, [see_photo(data, encoder.preprocess, SIZE)], [{}], compression=1)
        answered = time.perf_counter()
        address = f"/studies/town/views/v{number:04d}/attention?encoder={name}&size={SIZE}"
        connection.request("GET", address, headers={"Authorization": f"Bearer {TOKEN}"})
        response = connection.getresponse()
        png = response.read()
        served = time.perf_counter()
        assert response.status == 200, png
        if number < 3:  # loading and warming up
            continue
        size += len(png)
        times["bare"].append(bare - begun)
        times["relevance"].append(mapped - bare)
        times["answer"].append(answered - mapped)
        times["http"].append(served - answered)
    return {
        "architecture": architecture,
        "pictures": len(times["http"]),
        "kilobytes_per_picture": round(size / len(times["http"]) / 1000),
        "bare_forward_backward": milliseconds(times["bare"]),
        "relevance_in_process": milliseconds(times["relevance"]),
        "picture_in_process": milliseconds(times["answer"]),
        "picture_over_http": milliseconds(times["http"]),
        "ratio_of_medians": round(statistics.median(times["http"]) / statistics.median(times["bare"]), 2),
        "median_of_ratios": round(
            statistics.median(http / bare for http, bare in zip(times["http"], times["bare"], strict=True)), 2
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer photos and encoders")
    quick = parser.parse_args().quick
    photos = [photo(SIDE, SIDE, seed) for seed in range(11 if quick else 60)]
    architectures = ["vit_tiny_patch16_224", "vit_small_patch16_224"] + ([] if quick else ["vit_base_patch16_224"])
    with tempfile.TemporaryDirectory() as folder:
        study = make_study(Path(folder) / "town", photos)
        command = [
            sys.executable,
            "-m",
            "streetsense",
            "serve",
            "--studies",
            folder,
            "--port",
            "0",
            "--json",
            "--stop-with-parent",
        ]
        environment = {**os.environ, "STREETSENSE_TOKEN": TOKEN}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
            try:
                port = listening_port(server)
                compared = [compare(study, architecture, photos, port) for architecture in architectures]
            finally:
                server.terminate()
    figures = {"threads": torch.get_num_threads(), "photo_side": SIDE, "picture_side": SIZE, "encoders": compared}
    report("attention_http", figures, ["torch", "timm", "Pillow", "fastapi", "uvicorn"])


def listening_port(server: subprocess.Popen[str]) -> int:
    """Return the port that the server says it listens at."""
    assert server.stdout is not None
    port = urllib.parse.urlsplit(json.loads(server.stdout.readline())["url"]).port
    assert port is not None
    return port


if __name__ == "__main__":
    main()
