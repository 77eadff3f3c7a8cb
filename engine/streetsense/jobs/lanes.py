"""Which device a job needs, and whether one is free."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from streetsense.processes import Process

#: Lane of jobs that need no GPU.
CPU = "cpu"
#: Lane of jobs that wait for any GPU.
ANY_GPU = "cuda"


@dataclass(frozen=True)
class Lanes:
    """How many jobs run at a time.

    Attributes
    ----------
    cpu : int
        Jobs without a GPU.
    each_gpu : int
        Jobs on each GPU.
    gpus : int
        GPUs that there are.
    """

    cpu: int
    each_gpu: int
    gpus: int

    def wanted(self, process: Process, inputs: dict[str, Any]) -> str:
        """Return the lane that a job asks for: ``cpu``, ``cuda`` or ``cuda:N``."""
        if "device" not in process.inputs.model_fields:
            return CPU
        device = str(inputs.get("device") or "auto").strip().lower()
        if device in ("auto", ANY_GPU):
            return ANY_GPU if self.gpus else CPU
        # A GPU that is not there is the job's own failure, with its own sentence.
        return device if device in self._names else CPU

    def free(self, wanted: str, busy: Iterable[str]) -> str | None:
        """Return a lane with room for a job that asks for ``wanted``, or None while there is none.

        Parameters
        ----------
        wanted : str
            What `wanted` returned.
        busy : iterable of str
            The lanes of the jobs that run.
        """
        running = Counter(busy)
        if wanted == CPU:
            return CPU if running[CPU] < self.cpu else None
        options = self._names if wanted == ANY_GPU else [wanted]
        return next((lane for lane in options if running[lane] < self.each_gpu), None)

    @property
    def _names(self) -> list[str]:
        return [f"cuda:{number}" for number in range(self.gpus)]


def environment(wanted: str, lane: str) -> dict[str, str]:
    """Return the variables that show a job which asked for any GPU only the one it got."""
    if wanted != ANY_GPU or not lane.startswith("cuda:"):
        return {}
    visible = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    number = int(lane.removeprefix("cuda:"))
    return {"CUDA_VISIBLE_DEVICES": visible[number] if number < len(visible) else str(number)}
