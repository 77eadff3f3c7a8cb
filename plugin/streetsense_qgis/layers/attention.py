"""Views that have an attention map on this computer, as a layer of their own."""

from __future__ import annotations

import os
from pathlib import Path

from qgis.core import QgsVectorLayer

from .styling import attention_renderer
from .tips import set_attention_tip

#: More views than this in one condition make every redraw slow; the photo viewer shows the others.
MOST_VIEWS = 5_000


def overlays_folder(path: Path) -> Path | None:
    """Return the folder of the pictures inside a folder of attention maps; None when there is none."""
    for folder in (path / "overlays", path):
        if folder.is_dir() and any(entry.name.endswith(".png") for entry in os.scandir(folder)):
            return folder
    return None


def attention_layer(overlays: Path, views: Path, name: str) -> QgsVectorLayer | None:
    """Make the layer of the views that have a picture.

    Parameters
    ----------
    overlays : Path
        Has ``<view_id>.png``.
    views : Path
        GeoPackage of all views.
    name : str
        What the layer is called.

    Returns
    -------
    QgsVectorLayer or None
        None when the pictures belong to none of the views.
    """
    named = sorted(entry.name[: -len(".png")] for entry in os.scandir(overlays) if entry.name.endswith(".png"))
    listed = ", ".join("'" + view_id.replace("'", "''") + "'" for view_id in named[:MOST_VIEWS])
    if not listed:
        return None
    layer = QgsVectorLayer(str(views), name, "ogr", QgsVectorLayer.LayerOptions(loadDefaultStyle=False))
    if not layer.isValid() or not layer.setSubsetString(f'"view_id" IN ({listed})') or layer.featureCount() == 0:
        return None
    layer.setRenderer(attention_renderer())
    set_attention_tip(layer, os.path.relpath(overlays, views.parent).replace(os.sep, "/"))
    return layer
