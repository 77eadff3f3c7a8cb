"""What the tests of pre-training share: small synthetic photos in shards, and pairs of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from streetsense_training.recipe import Recipe
from streetsense_training.shards import Shards, make_shards

PLACES, TIMES = 24, 2


@dataclass(frozen=True)
class FixedPairs:
    """Pairs that are the same in every epoch."""

    view_ids: NDArray[np.str_]
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    def draw(self, epoch: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self.first, self.second


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    """Shards of synthetic photos: coarse noise is the place, brightness the time."""
    folder = tmp_path_factory.mktemp("photos")
    noise = np.random.default_rng(0)
    photos = []
    for place in range(PLACES):
        coarse = noise.integers(0, 200, (5, 7, 3), dtype=np.uint8)
        for time in range(TIMES):
            path = folder / f"{place:02d}-{time}.jpg"
            Image.fromarray(coarse + 50 * time).resize((140, 100), Image.Resampling.BICUBIC).save(path, quality=95)
            photos.append((path.stem, path, ""))
    return make_shards(folder / "shards", photos, side=40)


@pytest.fixture(scope="session")
def pairs() -> dict[str, FixedPairs]:
    """Self pairs of all views, temporal pairs of all places, and spatial pairs of neighbouring numbers."""
    ids = np.array([f"{place:02d}-{time}" for place in range(PLACES) for time in range(TIMES)])
    number = np.arange(len(ids))
    even = number[::2]
    return {
        "self": FixedPairs(ids, number, number),
        "temporal": FixedPairs(ids, even, even + 1),
        "spatial": FixedPairs(ids, number, (number + 2) % len(ids)),
    }


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """A recipe that takes a second."""
    return Recipe(
        architecture="vit_tiny_patch16_224",
        options={"depth": 2, "num_heads": 2, "embed_dim": 64},
        image_size=32,
        shard_side=40,
        epochs=3,
        warmup_epochs=1,
        batch=8,
        base_learning_rate=3e-2,
        weight_decay=0.05,
        projection=16,
        hidden=32,
        precision="fp32",
        seed=3,
    )
