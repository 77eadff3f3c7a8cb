"""The data path of pre-training measured side by side: shards and batched augmentation against photos and Pillow.

Rates are per second of processor time, that of all threads together: those of one core, whatever else the machine does.
The ways take turns, each the best of its rounds. A pair is two views of 640 px, synthetic. The plain way opens the
original photos and augments them one by one with torchvision on Pillow's images, as training scripts do. Ours decodes
shrunk photos and augments whole batches, here on the CPU too; where a GPU augments, loading is all that is left for it.
Run ``python benchmarks/bench_data_path.py [--quick]``; it prints JSON.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bench_embedding import photo
from PIL import Image, ImageFilter, ImageOps
from report import report

from streetsense.encoders import create_model  # noqa: F401  (makes torchvision loadable beside any torch)
from streetsense.images import IMAGENET
from streetsense_training.augment import FIRST, SECOND, AugmentParameters, augment, draw_parameters
from streetsense_training.loading import LoadedBatch, ViewLoader
from streetsense_training.shards import Shards, make_shards

#: Side of the shrunk photos, and of the images that the encoder sees.
SIZES = ((256, 224), (112, 96))
BATCH = 64


class Blur:
    """Pillow's Gaussian blur of a random radius, as the published code has it."""

    def __call__(self, image: Image.Image) -> Image.Image:
        """Blur an image."""
        return image.filter(ImageFilter.GaussianBlur(radius=random.uniform(0.1, 2.0)))


def plain_recipes(size: int) -> list[Any]:
    """Return both views' augmentations of BYOL and MoCo v3 as torchvision transforms of Pillow's images."""
    from torchvision import transforms

    def recipe(blur: float, solarize: float) -> object:
        return transforms.Compose(
            [
                transforms.RandomResizedCrop(size, scale=(0.08, 1.0)),
                transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.2, 0.1)], p=0.8),
                transforms.RandomGrayscale(p=0.2),
                transforms.RandomApply([Blur()], p=blur),
                transforms.RandomApply([ImageOps.solarize], p=solarize),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(IMAGENET.mean, IMAGENET.std),
            ]
        )

    return [recipe(1.0, 0.0), recipe(0.1, 0.2)]


def plain_way(paths: list[Path], recipes: list[Any]) -> torch.Tensor:
    """Load and augment both views of pairs one after the other."""
    first, second = np.array_split(np.array(paths), 2)
    images = []
    for members in zip(first, second, strict=True):
        for path, recipe in zip(members, recipes, strict=True):
            with Image.open(path) as image:
                images.append(recipe(image.convert("RGB")))
    return torch.stack(images)


def loaded(loader: ViewLoader, number: int) -> Iterator[LoadedBatch]:
    """Load all photos in batches, in random order."""
    return loader.batches(iter(np.array_split(np.random.default_rng(0).permutation(number), number // BATCH)))


def augment_batches(loader: ViewLoader, number: int, size: int) -> None:
    """Load all photos in batches and augment them, first views one way and second views the other."""
    generator = torch.Generator().manual_seed(0)
    for batch in loaded(loader, number):
        halves = batch.aspects.chunk(2)
        drawn = [draw_parameters(view, half, generator) for view, half in zip((FIRST, SECOND), halves, strict=True)]
        augment(batch.images, AugmentParameters.cat(drawn), size, IMAGENET)


def seconds(rounds: int, *steps: Callable[[], object]) -> list[float]:
    """Return the best processor time of every step, the steps taken in turns."""
    best = [float("inf")] * len(steps)
    for _ in range(rounds):
        for number, step in enumerate(steps):
            begun = time.process_time()
            step()
            best[number] = min(best[number], time.process_time() - begun)
    return best


def measure(folder: Path, paths: list[Path], side: int, size: int, rounds: int) -> dict[str, Any]:
    """Return pairs a second of the plain way and of ours, for one side of shards."""
    number, pairs = len(paths), len(paths) / 2
    photos = [(path.stem, path, "") for path in paths]
    (shrinking,) = seconds(1, lambda: make_shards(folder / str(side), photos, side=side, workers=1))
    shards = Shards.open(folder / str(side))
    disk, memory = ViewLoader(shards, workers=1), ViewLoader(shards, workers=1, in_memory=True)
    deque(loaded(memory, number), maxlen=0)
    recipes = plain_recipes(size)
    random.seed(0)
    torch.manual_seed(0)
    plain, loading, remembered, from_disk, from_memory = seconds(
        rounds,
        lambda: plain_way(paths, recipes),
        lambda: deque(loaded(disk, number), maxlen=0),
        lambda: deque(loaded(memory, number), maxlen=0),
        lambda: augment_batches(disk, number, size),
        lambda: augment_batches(memory, number, size),
    )
    return {
        "shard_side": side,
        "image_size": size,
        "kilobytes_per_photo": round(sum(len(shards.read(row)) for row in range(number)) / number / 1000, 1),
        "shrinking_photos_per_second": round(number / shrinking),
        "pairs_per_second_and_core": {
            "plain": round(pairs / plain, 1),
            "loaded_from_shards": round(pairs / loading),
            "loaded_from_memory": round(pairs / remembered),
            "shards_and_augmentation": round(pairs / from_disk, 1),
            "memory_and_augmentation": round(pairs / from_memory, 1),
        },
        "ratio_where_a_gpu_augments": round(plain / loading, 1),
        "ratio_on_the_cpu": round(plain / from_disk, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer photos and rounds")
    quick = parser.parse_args().quick
    number, rounds = (BATCH, 1) if quick else (4 * BATCH, 3)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        paths = [Path(name) / f"{seed}.jpg" for seed in range(number)]
        for seed, path in enumerate(paths):
            path.write_bytes(photo(640, 640, seed))
        figures = {
            "photos": number,
            "kilobytes_per_original": round(sum(path.stat().st_size for path in paths) / number / 1000),
            "sizes": [measure(Path(name), paths, side, size, rounds) for side, size in SIZES],
        }
    report("data_path", figures, ["torch", "torchvision", "simplejpeg", "Pillow"])


if __name__ == "__main__":
    main()
