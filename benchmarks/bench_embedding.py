"""Embedding measured side by side: the pipeline against a plain loop, the scaled decode against a full one, memory.

Every ratio is of two measurements of one run, taken in turns, each the best of its rounds. Photos are synthetic.
Run ``python benchmarks/bench_embedding.py [--quick]``; it prints JSON.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from report import report

from streetsense.embedding import embed_photos
from streetsense.encoders import create_model, create_random_encoder, load_encoder
from streetsense.images import DECODER, IMAGENET, Preprocess, encode_jpeg

SIZE = 224


def photo(width: int, height: int, seed: int) -> bytes:
    """Return a synthetic JPEG with edges, smooth areas and fine texture, about 2 bits a pixel as street photos have."""
    generator = np.random.default_rng(seed)
    layers = [(64, 90.0), (16, 40.0), (4, 16.0)]
    pixels = np.full((height, width, 3), 128.0)
    for cell, contrast in layers:
        coarse = generator.normal(0, contrast, (height // cell + 1, width // cell + 1, 3)).astype(np.float32)
        planes = [
            Image.fromarray(coarse[..., band]).resize((width, height), Image.Resampling.BICUBIC) for band in range(3)
        ]
        pixels += np.stack([np.asarray(plane) for plane in planes], axis=-1)
    return encode_jpeg(pixels.clip(0, 255).astype(np.uint8), 85)


def plain_square(data: bytes) -> np.ndarray[Any, Any]:
    """Decode, resize and crop as a script with Pillow does it."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    scale = SIZE / min(image.size)
    image = image.resize((int(image.width * scale), int(image.height * scale)), Image.Resampling.BICUBIC)
    left, top = (image.width - SIZE) // 2, (image.height - SIZE) // 2
    return np.asarray(image.crop((left, top, left + SIZE, top + SIZE)))


def plain_loop(model: torch.nn.Module, photos: list[bytes], batch_size: int = 32) -> torch.Tensor:
    """Embed as a script with timm and Pillow does it: float32, one batch after the other."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET.mean, IMAGENET.std))
    made = []
    with torch.inference_mode():
        for first in range(0, len(photos), batch_size):
            squares = np.stack([plain_square(data) for data in photos[first : first + batch_size]])
            images = torch.from_numpy(squares).permute(0, 3, 1, 2).float() / 255
            made.append(model((images - mean) / std))
    return torch.cat(made)


def seconds(rounds: int, *steps: Callable[[], object]) -> list[float]:
    """Return the best time of every step, the steps taken in turns."""
    best = [float("inf")] * len(steps)
    for _ in range(rounds):
        for number, step in enumerate(steps):
            begun = time.perf_counter()
            step()
            best[number] = min(best[number], time.perf_counter() - begun)
    return best


def hardware() -> dict[str, Any]:
    """Return what matrix products of ViT-B reach in both number formats: bf16 cannot gain more than their ratio."""
    left, right = torch.randn(1576, 768), torch.randn(3072, 768)
    left16, right16 = left.bfloat16(), right.bfloat16()
    work = 2 * 1576 * 768 * 3072 / 1e9
    with torch.inference_mode():
        fp32, bf16 = seconds(
            10, lambda: torch.nn.functional.linear(left, right), lambda: torch.nn.functional.linear(left16, right16)
        )
    return {
        "fp32_gflops": round(work / fp32),
        "bf16_gflops": round(work / bf16),
        "ratio": round(fp32 / bf16, 2),
    }


def pipeline(architecture: str, number: int, rounds: int) -> dict[str, Any]:
    """Compare `embed_photos` with the plain loop, on the same weights and photos."""
    photos = [photo(640, 640, seed) for seed in range(min(number, 32))]
    photos = [photos[index % len(photos)] for index in range(number)]
    with tempfile.TemporaryDirectory() as folder:
        create_random_encoder(Path(folder) / "e", architecture)
        encoder = load_encoder(Path(folder) / "e")
        model = create_model(architecture)
        model.load_state_dict(encoder.model.state_dict())
        items = [(str(index), data) for index, data in enumerate(photos)]
        made: dict[str, torch.Tensor] = {}

        def ours() -> None:
            made["ours"] = torch.cat([torch.from_numpy(batch.embeddings) for batch in embed_photos(encoder, items)])

        def plain() -> None:
            made["plain"] = plain_loop(model, photos)

        plain_time, our_time = seconds(rounds, plain, ours)
    cosine = torch.cosine_similarity(made["ours"], made["plain"])
    return {
        "architecture": architecture,
        "photos": number,
        "precision": encoder.precision,
        "plain_per_second": round(number / plain_time, 2),
        "pipeline_per_second": round(number / our_time, 2),
        "ratio": round(plain_time / our_time, 2),
        "lowest_cosine": round(float(cosine.min()), 6),
    }


def decoding(rounds: int) -> dict[str, Any]:
    """Compare the way from a 2048 x 1024 panorama to the square with Pillow's full decode, resize and crop."""
    photos = [photo(2048, 1024, seed) for seed in range(8)]
    preprocess = Preprocess(size=SIZE)
    workers = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(workers) as pool:
        plain, ours, threaded = seconds(
            rounds,
            lambda: [plain_square(data) for data in photos],
            lambda: [preprocess.from_bytes(data) for data in photos],
            lambda: list(pool.map(preprocess.from_bytes, photos)),
        )
    return {
        "kilobytes_per_photo": round(sum(map(len, photos)) / len(photos) / 1000),
        "pillow_ms": round(1000 * plain / len(photos), 2),
        "ours_ms": round(1000 * ours / len(photos), 2),
        "ratio_one_thread": round(plain / ours, 2),
        "threads": workers,
        "ours_threaded_ms": round(1000 * threaded / len(photos), 2),
        "ratio_threaded": round(plain / threaded, 2),
    }


MEMORY_SCRIPT = """
import re, sys
from pathlib import Path
import geopandas as gpd, pandas as pd
from shapely import Point, box
from streetsense.encoders import create_random_encoder
from streetsense.processes.embed import PROCESS
from streetsense.progress import Silent
from streetsense.study import Study
from streetsense.study.photos import store_photo

folder, number = Path(sys.argv[1]), int(sys.argv[2])
study = Study.create(folder / "study", gpd.GeoDataFrame(geometry=[box(-1.2, 44.6, -1.0, 44.8)], crs=4326))
paths = [store_photo(study, photo.read_bytes())[0] for photo in sorted(folder.glob("*.jpg"))]
for first in range(0, number, 1000):
    count = min(1000, number - first)
    ids = [f"v{first + i:07d}" for i in range(count)]
    columns = {"view_id": ids, "path": [paths[i % len(paths)] for i in range(count)], "status": "ok"}
    frame = gpd.GeoDataFrame(columns, geometry=[Point(-1.1, 44.7)] * count, crs=4326)
    study.views_table.append_frame(frame)
create_random_encoder(study.encoders_dir / "e", "vit_tiny_patch16_224", image_size=32, depth=1)
made = PROCESS.run(study, PROCESS.parse({"encoder": "e", "part_size": 256}), Silent())
# Not getrusage: its peak is inherited from the process that started this one.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(made.embedded, int(peak[1]) / 1024)
"""


def memory(few: int) -> dict[str, Any]:
    """Return the peak memory of ``embed`` on ``few`` views and on ten times as many, each in a process of its own."""
    peaks = {}
    for number in (few, 10 * few):
        with tempfile.TemporaryDirectory() as folder:
            for seed in range(16):
                (Path(folder) / f"{seed}.jpg").write_bytes(photo(320, 240, seed))
            command = [sys.executable, "-c", MEMORY_SCRIPT, folder, str(number)]
            result = subprocess.run(command, capture_output=True, text=True, check=True)
        embedded, peak = result.stdout.split()
        assert int(embedded) == number
        peaks[number] = round(float(peak), 1)
    return {"peak_mb_by_views": peaks, "ratio": round(peaks[10 * few] / peaks[few], 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer photos and rounds")
    quick = parser.parse_args().quick
    number, rounds = (32, 1) if quick else (128, 3)
    figures = {
        "threads": torch.get_num_threads(),
        "decoder": DECODER,
        "matrix_products": hardware(),
        "pipeline": [pipeline(name, number, rounds) for name in ("vit_small_patch16_224", "vit_base_patch16_224")],
        "decoding_2048x1024": decoding(5 if quick else 20),
        "memory": memory(300 if quick else 1000),
    }
    report("embedding", figures, ["torch", "timm", "simplejpeg", "Pillow"])


if __name__ == "__main__":
    main()
