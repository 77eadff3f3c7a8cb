"""Which build of PyTorch the engine gets, how large it is, and how pip is asked for it."""

from __future__ import annotations

import sys
from dataclasses import dataclass

#: The versions that the engine was tested with. They belong together; change both, or none.
TORCH = "2.13.0"
TORCHVISION = "0.28.0"
#: Where PyTorch offers the builds that the package index has not; a folder for each.
PYTORCH_INDEX = "https://download.pytorch.org/whl"
#: The folder of the processor builds, and that of the builds for NVIDIA cards.
_CPU, _CUDA = "cpu", "cu130"

_GB = 1_000_000_000


@dataclass(frozen=True)
class Build:
    """A build of the engine.

    Attributes
    ----------
    name : str
        ``cpu`` or ``cuda``.
    download, disk : int
        Bytes to download, and bytes that it takes in the folder when it is installed.
    needed : int
        Bytes that have to be free before: while it is installed, downloaded files lie beside the unpacked ones.
    """

    name: str
    download: int
    disk: int
    needed: int


#: The sizes of ``cpu`` were measured on Linux, those of ``cuda`` are estimates, on the safe side.
BUILDS = {
    "cpu": Build("cpu", int(0.5 * _GB), 2 * _GB, 3 * _GB),
    "cuda": Build("cuda", 3 * _GB, 7 * _GB, 10 * _GB),
}


def has_cuda(system: str = sys.platform) -> bool:
    """Return whether there are builds for NVIDIA cards for this system; for macOS there are none."""
    return system != "darwin"


@dataclass(frozen=True)
class Attempt:
    """One way to ask pip for PyTorch.

    Attributes
    ----------
    arguments : tuple of str
        Requirements and options.
    needed : int
        Bytes that have to be free for it.
    """

    arguments: tuple[str, ...]
    needed: int


def attempts(build: str, system: str = sys.platform) -> list[Attempt]:
    """Return the ways to get PyTorch, the best first.

    The package index has one build for each system: for Windows and macOS that for processors, for Linux that for CUDA.
    The others come from PyTorch's own index, under a version that says so (``+cpu``): asked for by that name, it cannot
    be mixed up with gigabytes of CUDA. Where that index is out of reach, a processor still computes with the CUDA
    build, while a build without CUDA cannot stand in for one with it.
    """
    needed = BUILDS[build].needed
    plain = (f"torch=={TORCH}", f"torchvision=={TORCHVISION}")
    if system.startswith("linux") and build == "cpu":
        return [Attempt(_from_index(_CPU), needed), Attempt(plain, BUILDS["cuda"].needed)]
    if system == "win32" and build == "cuda":
        return [Attempt(_from_index(_CUDA), needed)]
    return [Attempt(plain, needed)]


def constraints() -> str:
    """Return the lines of a constraints file that keep what was installed first."""
    return f"torch=={TORCH}\ntorchvision=={TORCHVISION}\n"


def _from_index(folder: str) -> tuple[str, ...]:
    index = f"{PYTORCH_INDEX}/{folder}"
    return (f"torch=={TORCH}+{folder}", f"torchvision=={TORCHVISION}", "--extra-index-url", index)
