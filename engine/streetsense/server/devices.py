"""What a host computes with: its processor and GPUs, with the memory that is free."""

from __future__ import annotations

import contextlib
import platform
from pathlib import Path

import psutil
from pydantic import BaseModel, Field

#: Where a container's limits are (control groups, version 2).
_CONTROL_GROUP = Path("/sys/fs/cgroup")


class Device(BaseModel):
    """Something that encoders run on."""

    name: str = Field(description="cpu or cuda:NUMBER, as the input 'device' takes it", examples=["cuda:0"])
    model: str = Field(description="what the maker calls it", examples=["NVIDIA A100-SXM4-80GB"])
    memory_total: int = Field(ge=0, description="memory (bytes)")
    memory_free: int = Field(ge=0, description="memory that is free now (bytes)")


def cpu_device(control_group: Path = _CONTROL_GROUP) -> Device:
    """Return the processor with the memory that this process may use, inside a container its limit.

    Parameters
    ----------
    control_group : Path
        The folder with the container's limits.
    """
    memory = psutil.virtual_memory()
    total, free = int(memory.total), int(memory.available)
    with contextlib.suppress(OSError, ValueError):  # no limit ("max"), or no control groups
        limit = int((control_group / "memory.max").read_text(encoding="ascii"))
        used = int((control_group / "memory.current").read_text(encoding="ascii")) - _reclaimable(control_group)
        total, free = min(total, limit), max(0, min(free, limit - used))
    return Device(name="cpu", model=_processor(), memory_total=total, memory_free=free)


def _reclaimable(control_group: Path) -> int:
    """Return how much of a container's memory only caches files."""
    lines = (control_group / "memory.stat").read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("inactive_file ")), 0)


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
