"""How many GPUs jobs may use, told without loading torch."""

from __future__ import annotations

import os
from pathlib import Path


def gpu_count() -> int:
    """Return the number of GPUs whose device files this process sees, as far as CUDA_VISIBLE_DEVICES allows."""
    present = len(list(Path("/dev").glob("nvidia[0-9]*")))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return present
    return min(present, len([name for name in visible.split(",") if name.strip() not in ("", "-1")]))
