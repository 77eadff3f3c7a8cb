"""Augmenting on one core: whole batches, against torchvision's transforms of Pillow images one by one.

Both get the same squares (decoded, of the same side) and make normalised float batches of both views' recipes. They are
timed in one process, in turns, on one thread, by the processor time they take, so that other load on the machine counts
little; the best of the repeats counts. Drawing the random parameters is part of it. Run it with
``python benchmarks/bench_augmentation.py``; it prints JSON. On a CUDA device, if there is one, batches are timed too.
"""

from __future__ import annotations

import streetsense.encoders  # noqa: F401  (first: torchvision cannot be imported beside a processor-only torch else)

# isort: split
import argparse
import random
import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageFilter
from report import report
from torch import Tensor
from torchvision import transforms

from streetsense.images import IMAGENET
from streetsense_training.augment import FIRST, SECOND, ViewAugmentation, augment, draw_parameters

SIZES = ((112, 96), (256, 224))


class Blur:
    """Gaussian blur of a Pillow image, as MoCo v3 draws it."""

    def __call__(self, image: Image.Image) -> Image.Image:
        """Blur by a random standard deviation."""
        return image.filter(ImageFilter.GaussianBlur(random.uniform(0.1, 2.0)))


def pillow_recipe(recipe: ViewAugmentation, size: int) -> transforms.Compose:
    """Return torchvision's transforms for one view."""
    jitter = transforms.ColorJitter(recipe.brightness, recipe.contrast, recipe.saturation, recipe.hue)
    return transforms.Compose(
        [
            transforms.RandomResizedCrop(size, scale=recipe.crop_scale, ratio=recipe.crop_ratio),
            transforms.RandomApply([jitter], p=recipe.jitter_probability),
            transforms.RandomGrayscale(p=recipe.grey_probability),
            transforms.RandomApply([Blur()], p=recipe.blur_probability),
            transforms.RandomSolarize(recipe.solarize_threshold, p=recipe.solarize_probability),
            transforms.RandomHorizontalFlip(p=recipe.flip_probability),
            transforms.ToTensor(),
            transforms.Normalize(IMAGENET.mean, IMAGENET.std),
        ]
    )


def photos(count: int, side: int) -> Tensor:
    """Return synthetic photos, ``[count, side, side, 3]`` uint8: smooth areas and noise."""
    generator = np.random.default_rng(0)
    coarse = generator.integers(0, 255, (count, 9, 9, 3), dtype=np.uint8)
    smooth = np.stack(
        [np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BICUBIC)) for one in coarse]
    )
    noisy = smooth + generator.normal(0, 6, smooth.shape)
    return torch.from_numpy(np.clip(noisy, 0, 255).astype(np.uint8))


def seconds_in_turns(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the least processor seconds of each call; they take turns."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(repeats + 1):
        for name, call in calls.items():
            begin = time.process_time()
            call()
            best[name] = min(best[name], time.process_time() - begin)
    return best


def device_rate(images: Tensor, size: int, recipe: ViewAugmentation, repeats: int) -> float:
    """Return images/s of the CUDA device, from drawing to the last result."""
    images, generator = images.repeat(8, 1, 1, 1).cuda(), torch.Generator().manual_seed(0)
    for number in range(repeats + 3):
        if number == 3:
            torch.cuda.synchronize()
            begin = time.perf_counter()
        augment(images, draw_parameters(recipe, torch.full((len(images),), 4 / 3), generator), size, IMAGENET)
    torch.cuda.synchronize()
    return len(images) * repeats / (time.perf_counter() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    figures: dict[str, object] = {"batch": options.batch, "unit": "images/s per core", "goal": 3}
    for side, size in SIZES:
        images = photos(options.batch, side)
        pictures = [Image.fromarray(one) for one in images.numpy()]
        aspects = torch.full((options.batch,), 4 / 3)
        for view, recipe in (("first_view", FIRST), ("second_view", SECOND)):
            generator, transform = torch.Generator().manual_seed(0), pillow_recipe(recipe, size)

            def batched(
                images: Tensor = images,
                aspects: Tensor = aspects,
                recipe: ViewAugmentation = recipe,
                generator: torch.Generator = generator,
                size: int = size,
            ) -> Tensor:
                return augment(images, draw_parameters(recipe, aspects, generator), size, IMAGENET)

            def one_by_one(pictures: list[Image.Image] = pictures, transform: transforms.Compose = transform) -> Tensor:
                return torch.stack([transform(picture) for picture in pictures])

            seconds = seconds_in_turns({"batched": batched, "pillow": one_by_one}, options.repeats)
            figures[f"{side}_to_{size}_{view}"] = {
                "batched": round(options.batch / seconds["batched"]),
                "pillow": round(options.batch / seconds["pillow"]),
                "ratio": round(seconds["pillow"] / seconds["batched"], 1),
            } | ({"cuda": round(device_rate(images, size, recipe, 20))} if torch.cuda.is_available() else {})
    report("augmentation", figures, ["torch", "torchvision", "Pillow"])


if __name__ == "__main__":
    main()
