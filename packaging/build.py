"""Make the zip that QGIS installs: ``python packaging/build.py [OUTPUT.zip]``.

The same sources give the same bytes: files are sorted, their times and permissions are fixed. Only kinds of files that
are named here go in, so that nothing slips into it which the repository of QGIS refuses.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: The one folder in the zip, and the name by which Python imports it.
PACKAGE = "streetsense_qgis"
OUTPUT = ROOT / "dist" / f"{PACKAGE}.zip"
#: All of them are text or pictures; the repository of QGIS warns of everything else.
KINDS = frozenset({".py", ".ts", ".ui", ".svg", ".png", ".json", ".geojson", ".qml", ".qpt", ".xml", ".txt", ".md"})
#: The oldest time that a zip can hold.
TIME = (1980, 1, 1, 0, 0, 0)
PERMISSIONS = 0o100644


def sources(root: Path = ROOT) -> Iterator[tuple[str, Path]]:
    """Yield what belongs into the zip: its name there, and where it lies in the checkout.

    Raises
    ------
    ValueError
        When a file lies among the sources that must not be handed out.
    """
    yield f"{PACKAGE}/LICENSE", root / "LICENSE"
    yield f"{PACKAGE}/metadata.txt", root / "metadata.txt"
    for folder, target in (
        (root / "plugin" / PACKAGE, PACKAGE),
        (root / "resources", f"{PACKAGE}/resources"),
    ):
        for file in sorted(folder.rglob("*")):
            relative = file.relative_to(folder)
            if file.is_dir() or "__pycache__" in relative.parts:
                continue
            if file.suffix not in KINDS or any(part.startswith(".") for part in relative.parts):
                raise ValueError(f"{file}: this kind of file is not handed out; remove it, or add it to KINDS.")
            yield f"{target}/{relative.as_posix()}", file


def build(output: Path = OUTPUT, root: Path = ROOT) -> Path:
    """Write the zip to ``output`` and return that path; an older one stays until the new one is whole."""
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_name(output.name + ".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, file in sorted(sources(root)):
            entry = zipfile.ZipInfo(name, TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = PERMISSIONS << 16
            package.writestr(entry, file.read_bytes())
    part.replace(output)
    return output


if __name__ == "__main__":
    made = build(*(Path(argument) for argument in sys.argv[1:2]))
    sys.stdout.write(f"{made} ({made.stat().st_size / 1e6:.2f} MB)\n")
