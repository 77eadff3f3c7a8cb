"""Several processes that train one model: who they are, and how they share keys, statistics and gradients.

``torchrun`` and Ray Train set RANK, WORLD_SIZE and LOCAL_RANK (under SLURM, start torchrun on each node); nothing else
is read (torch itself reads where the first process listens). Without them one process trains alone, and everything here
does nothing.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from streetsense.errors import InputError

#: How long processes wait for each other: the first one may shrink many photos before the others have work.
_PATIENCE = dt.timedelta(hours=12)
#: What every one of several processes must know; torchrun tells them.
_NEEDED = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
#: Bytes of gradients that travel together.
_BUCKET = 64 * 2**20


@dataclass(frozen=True)
class Ranks:
    """One process among all.

    Attributes
    ----------
    rank, world : int
        Its number from 0, and how many there are.
    local : int
        Its number on this machine: the GPU that it uses.
    """

    rank: int = 0
    world: int = 1
    local: int = 0

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes and tells."""
        return self.rank == 0

    @classmethod
    def from_environment(cls) -> Ranks:
        """Read RANK, WORLD_SIZE and LOCAL_RANK.

        Raises
        ------
        InputError
            When they are no whole numbers that fit together.
        """
        try:
            found = cls(*(int(os.environ.get(name, default)) for name, default in
                          (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"))))  # fmt: skip
        except ValueError as error:
            raise InputError("RANK: RANK, WORLD_SIZE and LOCAL_RANK must be whole numbers; use torchrun.") from error
        if found.world > 1 and (missing := [name for name in _NEEDED if name not in os.environ]):
            raise InputError(f"{missing[0]}: several processes need {', '.join(_NEEDED)}; start them with torchrun.")
        if not 0 <= found.rank < found.world:
            raise InputError(f"RANK: {found.rank} is not below WORLD_SIZE {found.world}; use torchrun.")
        return found


def join(ranks: Ranks, device: torch.device) -> None:
    """Join the process group (gloo on CPUs, nccl on GPUs); alone, do nothing."""
    if ranks.world > 1 and not dist.is_initialized():
        backend = "nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, rank=ranks.rank, world_size=ranks.world, timeout=_PATIENCE)


def leave() -> None:
    """Leave the process group, where there is one."""
    if dist.is_initialized():
        dist.destroy_process_group()


def gather_keys(keys: Tensor) -> Tensor:
    """Return the keys of all processes, ``[world * N, D]`` in the order of their ranks, without gradient."""
    if not dist.is_initialized():
        return keys.detach()
    everyone = [torch.empty_like(keys) for _ in range(dist.get_world_size())]
    dist.all_gather(everyone, keys.detach().contiguous())
    return torch.cat(everyone)


def own_rank() -> int:
    """Return this process's rank in the group; 0 when alone."""
    return dist.get_rank() if dist.is_initialized() else 0


def mean_over_ranks(value: Tensor) -> Tensor:
    """Return the mean of ``value`` over all processes, without gradient."""
    if not dist.is_initialized():
        return value
    value = value.clone()
    dist.all_reduce(value)
    return value / dist.get_world_size()


def any_rank(flag: bool, device: torch.device) -> bool:
    """Tell whether ``flag`` holds in any process."""
    if not dist.is_initialized():
        return flag
    value = torch.tensor(float(flag), device=device)
    dist.all_reduce(value, dist.ReduceOp.MAX)
    return bool(value.item())


def wait_for_all() -> None:
    """Wait until every process is here."""
    if dist.is_initialized():
        dist.barrier()


@torch.no_grad()
def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace the gradients by their means over all processes, a bucket at a time.

    The loss of each process is the mean over its own part of the batch, so the mean of the gradients is that of the
    global batch. Cached-feature accumulation runs the backward pass in pieces, which `DistributedDataParallel` cannot
    tell from complete ones; that is why the gradients are averaged here, once, after the last piece.
    """
    if not dist.is_initialized():
        return
    bucket: list[Tensor] = []
    size = 0
    for gradient in [p.grad for p in parameters if p.grad is not None]:
        bucket.append(gradient)
        size += gradient.numel() * gradient.element_size()
        if size >= _BUCKET:
            _average(bucket)
            bucket, size = [], 0
    if bucket:
        _average(bucket)


def _average(gradients: list[Tensor]) -> None:
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    torch._foreach_copy_(
        gradients, [part.view_as(own) for part, own in
                    zip(torch.split(flat, [g.numel() for g in gradients]), gradients, strict=True)]
    )  # fmt: skip


class GlobalBatchNorm(nn.Module):
    """Batch normalisation of ``[N, C]`` over the batch of all processes.

    torch's own synchronised normalisation runs on GPUs only; this one runs with any backend, and alone it is the plain
    one. Statistics and gradients are those of the whole batch. There are no running statistics: the heads that use it
    are left behind after pre-training.

    Parameters
    ----------
    features : int
        C.
    affine : bool
        Whether it has a weight and a bias.
    """

    def __init__(self, features: int, *, affine: bool = True, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(features)) if affine else None

    def forward(self, values: Tensor) -> Tensor:
        """Normalise ``[N, C]`` in float32; every process must have the same N."""
        values = values.float()
        mean = _mean_with_gradient(values.mean(0))
        centred = values - mean
        scale = torch.rsqrt(_mean_with_gradient(centred.square().mean(0)) + self.eps)
        if self.weight is None or self.bias is None:
            return centred * scale
        return centred * (scale * self.weight) + self.bias


class _Sum(torch.autograd.Function):
    """Sum over all processes; a gradient comes back from all of them."""

    @staticmethod
    def forward(_: Any, value: Tensor) -> Tensor:  # noqa: ANN401 - torch's context
        summed = value.clone()
        dist.all_reduce(summed)
        return summed

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:  # noqa: ANN401
        summed = gradient.clone()
        dist.all_reduce(summed)
        return summed


def _mean_with_gradient(value: Tensor) -> Tensor:
    """Return the mean of ``value`` over all processes; gradients flow back to all of them."""
    if not dist.is_initialized():
        return value
    summed: Tensor = _Sum.apply(value)  # type: ignore[no-untyped-call]
    return summed / dist.get_world_size()
