"""How every benchmark reports: JSON with the machine and the versions, printed and kept in ``benchmarks/results``."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

RESULTS = Path(__file__).parent / "results"


def report(name: str, figures: dict[str, Any], libraries: list[str]) -> None:
    """Print figures and write them to ``benchmarks/results/<name>.json``.

    Parameters
    ----------
    name : str
        The benchmark.
    figures : dict
        What was measured.
    libraries : list of str
        Distributions whose versions matter to the figures.
    """
    content = {
        "benchmark": name,
        "measured": dt.date.today().isoformat(),
        "machine": {
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30),
            "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        },
        "versions": {library: version(library) for library in libraries},
        **figures,
    }
    text = json.dumps(content, indent=2)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def _processor() -> str:
    """Return the processor's name and the vector instructions that decide how fast it multiplies matrices."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    wanted = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    has = [flag for flag in wanted if flag in facts.get("flags", "").split()]
    return f"{facts.get('model name', platform.processor())} ({', '.join(has)})"
