"""Tiny wheels that stand for PyTorch and the engine, so that real installations take seconds."""

from __future__ import annotations

import zipfile
from pathlib import Path

from streetsense_qgis.connection.builds import TORCH, TORCHVISION
from streetsense_qgis.version import version

_TORCH = """
__version__ = "{version}"
class cuda:
    @staticmethod
    def is_available():
        return False
"""
_MAIN = 'print("streetsense {version}")\n'


def write_wheel(
    folder: Path, name: str, number: str, files: dict[str, str], requires: tuple[str, ...] = (), size: int = 0
) -> Path:
    """Write a wheel of pure Python, padded to about ``size`` bytes, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{number}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    contents = {
        **files,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if size:
        contents[f"{name}/padding.bin"] = "0" * size
    contents[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*contents, f"{info}/RECORD"])
    path = folder / f"{name}-{number}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in contents.items():
            archive.writestr(file, text)
    return path


def write_torch(folder: Path, tag: str = "+cpu") -> None:
    """Write what stands for PyTorch, as the build that a tag names."""
    write_wheel(folder, "torch", TORCH + tag, {"torch/__init__.py": _TORCH.format(version=TORCH + tag)})
    write_wheel(folder, "torchvision", TORCHVISION, {"torchvision/__init__.py": ""}, (f"torch=={TORCH}",))


def write_engine(folder: Path, number: str = "", command_line: str = "") -> Path:
    """Write what stands for the engine, with the lines of its command line, and return its path."""
    number = number or version()
    files = {
        "streetsense/__init__.py": "",
        "streetsense/cli.py": command_line,
        "streetsense/__main__.py": _MAIN.format(version=number),
    }
    return write_wheel(folder, "streetsense", number, files, ("torch>=2.11", "torchvision"))


def write_pip_config(file: Path, wheels: Path, more: str = "no-index = true") -> str:
    """Write a configuration of pip that knows no packages but those of a folder, and return its path."""
    file.write_text(f"[global]\nfind-links = {wheels.as_uri()}\n{more}\n", encoding="utf-8")
    return str(file)
