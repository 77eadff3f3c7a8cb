"""Steps of pre-training measured side by side: the trainer against MoCo v3 written plainly (``plain_moco.py``).

Rates are pairs per second of wall-clock time with all cores; the ways take turns, each the best of its rounds, so run
it on a machine that does nothing else. Photos are synthetic, 640 x 480. The plain ways decode them anew for every step;
ours reads shards that were made before; what making them took is reported too. With a CUDA device, the trainer alone is
measured there, against the rate at which the device multiplies large bf16 matrices.
Run ``python benchmarks/bench_pretraining.py [--quick]``; it prints JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from bench_embedding import hardware, photo, seconds
from numpy.typing import NDArray
from plain_moco import PlainRun
from report import report

import streetsense_training.trainer
from streetsense_training.batches import StepBatch, StepBatches
from streetsense_training.distributed import Ranks
from streetsense_training.loading import ViewLoader
from streetsense_training.recipe import Recipe, load_recipe
from streetsense_training.shards import make_shards
from streetsense_training.trainer import Trainer

#: What the figures are of.
WAYS = {
    "ours_memory": "trainer; photos shrunk to shards before (not counted) and kept decoded; batched augmentation",
    "ours_disk": "the same, but the shards' photos are decoded for every step",
    "plain": "float32, stock tools; every step opens the original JPEGs with Pillow, torchvision augments, no workers",
    "plain_with_bf16_autocast": "the same with torch's autocast to bfloat16",
}
#: GFLOP of a pair at 224 px: forward and backward of both views but for the patch embedding's backward, the momentum
#: encoder's forward, and the heads.
GFLOP = {"vit_small_patch16_224": 73.6, "vit_base_patch16_224": 280.4}
#: Ranges in traces whose kernels are a kind of their own.
OWN_RANGES = ("part: augment", "part: momentum_encoder", "part: optimizer")
#: Parts of kernels' names, in the order in which they are looked for.
KERNELS = {
    "attention": ("flash", "fmha", "attention", "sdpa"),
    "matmul": ("gemm", "nvjet", "cutlass", "xmma", "cublas", "splitk"),
    "copies": ("memcpy", "memset"),
}


@dataclass(frozen=True)
class NeighbouringPairs:
    """Pairs of one view and the next."""

    view_ids: NDArray[np.str_]

    def draw(self, epoch: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return both views of each pair."""
        first = np.arange(0, len(self.view_ids), 2)
        return first, first + 1


class Ours:
    """The trainer on shards of some photos, which can be taken some steps further."""

    def __init__(self, recipe: Recipe, photos: list[Path], folder: Path, device: torch.device, views: int) -> None:
        wanted = [(f"{number:06d}", photos[number % len(photos)], "") for number in range(views)]
        begin = time.perf_counter()
        self.shards = make_shards(folder / f"shards-{recipe.stored_side}-{views}", wanted, side=recipe.stored_side)
        self.photos_per_second = views / (time.perf_counter() - begin)
        batches = StepBatches({"temporal": NeighbouringPairs(self.shards.view_ids)}, self.shards, recipe, Ranks())
        self.trainer = Trainer(recipe, batches, folder / "run", objectives=("temporal",), device=device)

    def load(self, loader: ViewLoader, number: int) -> Iterator[StepBatch]:
        """Yield the batches of the next steps."""
        return self.trainer.batches.iterate(loader, self.trainer.step, self.trainer.step + number)

    def learn(self, batches: Iterator[StepBatch]) -> None:
        """Learn from batches; where it is the processor that computes, the loss is fetched in each step."""
        for batch in batches:
            losses = self.trainer._train_step(batch)
            self.trainer.step += 1
            if losses.device.type == "cpu":
                losses.tolist()


@contextmanager
def around_parts(trainer: Trainer, around: Callable[[str], AbstractContextManager[Any]]) -> Iterator[None]:
    """Let the parts of a step run within contexts that are made of their names."""

    def within(part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the call takes
            with around(part):
                return call(*given, **named)

        return run

    parts = {
        "augment": (streetsense_training.trainer, "augment"),
        "momentum_encoder": (trainer.model, "update_momentum_encoder"),
        "forward_and_backward": (trainer.learner, "losses"),
        "optimizer": (trainer.learner.optimizer, "step"),
    }
    with ExitStack() as stack:
        for part, (owner, name) in parts.items():
            stack.enter_context(patch.object(owner, name, within(part, getattr(owner, name))))
        yield


def parts_of_step(ours: Ours, loader: ViewLoader, number: int) -> dict[str, float]:
    """Return the milliseconds that each part of a step takes on a processor; what is no part is loading."""
    spent: dict[str, float] = {}

    @contextmanager
    def timed(part: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        spent[part] = spent.get(part, 0.0) + time.perf_counter() - begin

    with around_parts(ours.trainer, timed), timed("whole"):
        ours.learn(ours.load(loader, number))
    spent["loading_and_the_rest"] = 2 * spent["whole"] - sum(spent.values())
    return {part: round(1000 * value / number, 2) for part, value in spent.items()}


def on_processor(recipe: Recipe, photos: list[Path], folder: Path, steps: int, rounds: int) -> dict[str, Any]:
    """Return pairs a second of the trainer and of both plain ways, for one recipe."""
    views = max(len(photos), 2 * recipe.batch)
    ours = Ours(recipe, photos, folder, torch.device("cpu"), views)
    paths = [photos[number % len(photos)] for number in range(views)]
    pairs = list(zip(paths[::2], paths[1::2], strict=True))
    plain, plain_bf16 = PlainRun(recipe, pairs), PlainRun(recipe, pairs, bf16=True)
    memory, disk = ViewLoader(ours.shards, in_memory=True), ViewLoader(ours.shards)
    for _ in memory.batches(iter(np.array_split(np.arange(views), 8))):
        pass  # Every photo is decoded once and stays.
    for one in (plain, plain_bf16):
        one.steps(1)
        one.seconds, one.data_seconds = 0.0, 0.0
    ours.learn(ours.load(memory, 1))
    taken = seconds(
        rounds,
        lambda: ours.learn(ours.load(memory, steps)),
        lambda: plain.steps(steps),
        lambda: ours.learn(ours.load(disk, steps)),
        lambda: plain_bf16.steps(steps),
    )
    rates = [steps * recipe.batch / one for one in taken]
    names = ("ours_memory", "plain", "ours_disk", "plain_with_bf16_autocast")  # In the order in which they ran.
    return {
        "architecture": ours.trainer.architecture,
        "batch": recipe.batch,
        "precision": ours.trainer.learner.precision,
        "pairs_per_second": {name: round(rate, 2) for name, rate in zip(names, rates, strict=True)},
        "ratio": round(rates[0] / rates[1], 2),
        "ratio_from_disk": round(rates[2] / rates[1], 2),
        "ratio_to_plain_with_bf16_autocast": round(rates[0] / rates[3], 2),
        "our_step_ms": parts_of_step(ours, memory, steps),
        "plain_share_of_loading_and_augmenting": round(plain.data_seconds / plain.seconds, 3),
        "making_shards_photos_per_second": round(ours.photos_per_second),
    }


def matmul_rate(device: torch.device, side: int = 8192, repeats: int = 20) -> float:
    """Return the TFLOP/s of products of large bf16 matrices, the best of three rounds."""
    one, two = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    out, best = torch.empty_like(one), float("inf")
    for _ in range(4):  # The first one warms up.
        torch.cuda.synchronize(device)
        begin = time.perf_counter()
        for _ in range(repeats):
            torch.mm(one, two, out=out)
        torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - begin)
    return repeats * 2 * side**3 / best / 1e12


def kernel_shares(events: list[dict[str, Any]]) -> dict[str, float]:
    """Return the shares of a trace's time that kinds of kernels take, and the device's idle share.

    Parameters
    ----------
    events : list of dict
        Of a Chrome trace that torch's profiler wrote. Kernels that were launched inside a range named ``part: X``
        belong to X, but those of forward and backward, and all others, to what their name says.
    """
    whole = [event for event in events if event.get("ph") == "X"]
    ranges = [event for event in whole if event["cat"] == "user_annotation" and event["name"] in OWN_RANGES]
    launches = {
        event["args"]["correlation"]: event["ts"]
        for event in whole
        if event["cat"] in ("cuda_runtime", "cuda_driver") and "correlation" in event["args"]
    }
    kernels = sorted(
        (event for event in whole if event["cat"] in ("kernel", "gpu_memcpy", "gpu_memset")),
        key=lambda event: float(event["ts"]),
    )
    spent = dict.fromkeys((*(name.removeprefix("part: ") for name in OWN_RANGES), *KERNELS, "other"), 0.0)
    busy, until = 0.0, float("-inf")
    for kernel in kernels:
        launched, name = launches.get(kernel["args"].get("correlation"), float("nan")), kernel["name"].lower()
        inside = [own["name"] for own in ranges if own["ts"] <= launched <= own["ts"] + own["dur"]]
        named = (kind for kind, words in KERNELS.items() if any(word in name for word in words))
        spent[inside[0].removeprefix("part: ") if inside else next(named, "other")] += kernel["dur"]
        end = kernel["ts"] + kernel["dur"]
        busy += max(0.0, end - max(until, kernel["ts"]))
        until = max(until, end)
    span = until - kernels[0]["ts"]
    return {f"{kind}_of_kernel_time": round(value / sum(spent.values()), 4) for kind, value in spent.items()} | {
        "idle_share": round(1 - busy / span, 4)
    }


def profile(ours: Ours, batches: list[StepBatch], folder: Path) -> dict[str, float]:
    """Return the shares of kernels in some steps (the profiler itself makes the idle share look larger)."""
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with (
        around_parts(ours.trainer, lambda part: torch.profiler.record_function(f"part: {part}")),
        torch.profiler.profile(activities=activities) as profiler,
    ):
        ours.learn(iter(batches))
        torch.cuda.synchronize()
    profiler.export_chrome_trace(str(folder / "trace.json"))
    return kernel_shares(json.loads((folder / "trace.json").read_text(encoding="utf-8"))["traceEvents"])


def on_cuda(recipe: Recipe, photos: list[Path], folder: Path, steps: int, rounds: int) -> dict[str, Any]:
    """Return what the trainer reaches on a CUDA device, with photos that are there already and from shards."""
    device = torch.device("cuda")
    ours = Ours(recipe, photos, folder, device, 4 * recipe.batch)
    loader = ViewLoader(ours.shards, pin=True)
    there = [replace(batch, photos=batch.photos.to(device)) for batch in islice(ours.load(loader, 2), 2)]

    def rounds_of(learn: Callable[[], None]) -> float:
        def whole() -> None:
            learn()
            torch.cuda.synchronize(device)

        return steps * recipe.batch / seconds(rounds, whole)[0]

    cycle = [there[number % len(there)] for number in range(steps)]
    ours.learn(iter(cycle[:3]))  # Compiles, and lets the allocator settle.
    torch.cuda.reset_peak_memory_stats(device)
    synthetic = rounds_of(lambda: ours.learn(iter(cycle)))
    peak = torch.cuda.max_memory_allocated(device) / 2**30
    shards = rounds_of(lambda: ours.learn(ours.load(loader, steps)))
    flop, matmul = GFLOP[recipe.architecture] / 1000, matmul_rate(device)
    return {
        "architecture": ours.trainer.architecture,
        "batch": recipe.batch,
        "micro_batch": recipe.micro_batch,
        "compile": recipe.compile,
        "bf16_matmul_tflops": round(matmul, 1),
        "pairs_per_second": {"photos_on_device": round(synthetic, 1), "shards": round(shards, 1)},
        "tflops": {"photos_on_device": round(synthetic * flop, 1), "shards": round(shards * flop, 1)},
        "share_of_matmul_rate": {
            "photos_on_device": round(synthetic * flop / matmul, 3),
            "shards": round(shards * flop / matmul, 3),
        },
        "peak_memory_gib": round(peak, 1),
        "kernels": profile(ours, cycle[:5], folder),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the small recipe alone, one round")
    parser.add_argument("--only", choices=("cpu", "cuda"), help="measure one of them")
    parser.add_argument("--batch", type=int, default=256, help="pairs in a step on a CUDA device")
    parser.add_argument("--micro-batch", type=int, help="images at once on a CUDA device")
    parser.add_argument("--compile", action="store_true", help="compile the backbone on a CUDA device")
    options = parser.parse_args()
    small, vit_s, vit_b = "cpu-small", "vit_small_patch16_224", "vit_base_patch16_224"
    with tempfile.TemporaryDirectory() as name:
        photos = [Path(name) / f"{seed}.jpg" for seed in range(32 if options.quick else 256)]
        for seed, path in enumerate(photos):
            path.write_bytes(photo(640, 480, seed))
        if options.only != "cuda":
            cases = [(load_recipe(small, {"epochs": 300, "warmup_epochs": 40}), 4)]
            if not options.quick:
                changes = ({"architecture": vit_s, "batch": 16}, {"architecture": vit_b, "batch": 8})
                cases += [(load_recipe("code", change), 2) for change in changes]
            figures: dict[str, Any] = {"goal": 3, "unit": "pairs/s", "threads": torch.get_num_threads()}
            figures |= {"photos": f"{len(photos)}, synthetic, 640 x 480", "matrix_products": hardware(), "ways": WAYS}
            figures["cases"] = [
                on_processor(recipe, photos, Path(name) / str(number), steps, rounds=1 if options.quick else 3)
                for number, (recipe, steps) in enumerate(cases)
            ]
            report("pretraining", figures, ["torch", "torchvision", "timm", "Pillow", "simplejpeg"])
        if options.only != "cpu" and torch.cuda.is_available():
            changes = {"batch": options.batch, "micro_batch": options.micro_batch, "compile": options.compile}
            recipes = [load_recipe("code", {"architecture": one, **changes}) for one in (vit_s, vit_b)]
            figures = {"device": torch.cuda.get_device_name()}
            figures["cases"] = [
                on_cuda(recipe, photos, Path(name) / f"cuda-{number}", steps=5 if options.quick else 20, rounds=3)
                for number, recipe in enumerate(recipes)
            ]
            report("pretraining_cuda", figures, ["torch", "timm", "simplejpeg"])


if __name__ == "__main__":
    main()
