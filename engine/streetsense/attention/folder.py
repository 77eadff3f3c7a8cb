"""A folder of attention maps: overlays as PNG, all maps in one array file, and the settings behind them."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streetsense.atomic import atomic_path, remove_unfinished, write_bytes, write_json

Maps = NDArray[np.float32]

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class MapFolder:
    """The maps of one encoder with one setting; more views can be added at any time.

    ``settings.json`` says how the maps were made, ``overlays/*.png`` shows them, ``arrays.npz`` holds them as
    ``view_id`` (text ``[N]``), ``maps`` (float32 ``[N, rows, columns]``) and ``overlay`` (file names, text ``[N]``).
    Until `finish` gathers them, maps wait in ``parts/``, so that a killed run loses at most one batch.

    Parameters
    ----------
    root : Path
        The folder; made when needed.
    settings : dict
        Everything that the maps depend on, as JSON. When a folder with other settings is there, its maps are removed:
        maps of two settings never share a file.
    """

    def __init__(self, root: Path, settings: dict[str, Any]) -> None:
        self.root, self.arrays = root, root / "arrays.npz"
        self._parts, self._overlays = root / "parts", root / "overlays"
        record = root / "settings.json"
        if not record.is_file() or _read_json(record) != settings:
            for stale in (self._parts, self._overlays):
                shutil.rmtree(stale, ignore_errors=True)
            self.arrays.unlink(missing_ok=True)
            write_json(record, settings)
        for folder in (self._parts, self._overlays):
            remove_unfinished(folder)
        self._maps = self._read()

    @property
    def overlays(self) -> Path:
        """The folder of the PNG files."""
        return self._overlays

    def overlay_path(self, view_id: str) -> Path:
        """Return where the overlay of a view is: named after the view where its name is a plain file name."""
        name = view_id if _PLAIN_NAME.fullmatch(view_id) else hashlib.sha256(view_id.encode()).hexdigest()[:24]
        return self._overlays / f"{name}.png"

    def has(self, view_id: str) -> bool:
        """Tell whether the view has its map and its overlay."""
        return view_id in self._maps and self.overlay_path(view_id).is_file()

    def add(self, maps: dict[str, Maps], overlays: dict[str, bytes]) -> None:
        """Keep the maps of some views and their encoded overlays (keys: view_id).

        The overlays are written first: a view counts as done only with both.

        Raises
        ------
        InputError
            When the disk is full or cannot be written to.
        """
        for view_id, png in overlays.items():
            write_bytes(self.overlay_path(view_id), png)
        part = self._parts / f"part-{len(list(self._parts.glob('part-*.npz'))) + 1:06d}.npz"
        _write_arrays(part, maps)
        self._maps.update(maps)

    def finish(self, view_ids: list[str]) -> int:
        """Gather every map into ``arrays.npz``, those of ``view_ids`` first and in that order; return their number."""
        first = [view_id for view_id in view_ids if view_id in self._maps]
        asked = set(first)
        order = first + sorted(view_id for view_id in self._maps if view_id not in asked)
        names = {view_id: self.overlay_path(view_id).name for view_id in order}
        _write_arrays(self.arrays, {view_id: self._maps[view_id] for view_id in order}, names)
        shutil.rmtree(self._parts, ignore_errors=True)
        return len(first)

    def _read(self) -> dict[str, Maps]:
        """Return the maps that earlier runs left, gathered or not."""
        found: dict[str, Maps] = {}
        for path in [self.arrays, *sorted(self._parts.glob("part-*.npz"))]:
            if path.is_file():
                with np.load(path, allow_pickle=False) as arrays:
                    found.update(zip(arrays["view_id"].tolist(), arrays["maps"], strict=True))
        return found


def _write_arrays(path: Path, maps: dict[str, Maps], names: dict[str, str] | None = None) -> None:
    view_ids = np.array(list(maps), dtype=np.str_)
    stacked = np.stack(list(maps.values())).astype(np.float32) if maps else np.zeros((0, 0, 0), np.float32)
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        if names is None:
            np.savez_compressed(stream, view_id=view_ids, maps=stacked)
        else:
            overlays = np.array(list(names.values()), dtype=np.str_)
            np.savez_compressed(stream, view_id=view_ids, maps=stacked, overlay=overlays)


def _read_json(path: Path) -> object:
    """Return what a JSON file holds, or None when it is damaged (the maps are then made again)."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
