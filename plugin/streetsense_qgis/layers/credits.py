"""Whom to name for the photos: in the map's copyright decoration, where it stays when the map is copied."""

from __future__ import annotations

from qgis.core import QgsProject
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QMetaObject

from . import kinds

# How QGIS itself stores the decoration in a project (View > Decorations > Copyright Label).
_SCOPE, _LABEL, _ENABLED = "CopyrightLabel", "/Label", "/Enabled"
#: What of the label is ours, so that it can be replaced or taken away and the user's own words stay.
_OURS = ("StreetSense", "/CopyrightLabel")
_BETWEEN = " | "


def show_credits(project: QgsProject, iface: QgisInterface | None) -> str:
    """Bring the copyright decoration up to date with the layers that are in the project.

    Parameters
    ----------
    project : QgsProject
        Its StreetSense layers say whom to name.
    iface : QgisInterface or None
        The window that shows the decoration.

    Returns
    -------
    str
        The text of the decoration.
    """
    ours = _BETWEEN.join(_named_by(project))
    before = project.readEntry(*_OURS, "")[0]
    label = project.readEntry(_SCOPE, _LABEL, "")[0]
    if ours == before and (not ours or ours in label):
        return label
    theirs = _without(label, before)
    fresh = [name for name in ours.split(_BETWEEN) if name and name not in theirs]
    label = _BETWEEN.join([*([theirs] if theirs else []), *fresh])
    project.writeEntry(*_OURS, _BETWEEN.join(fresh))
    project.writeEntry(_SCOPE, _LABEL, label)
    if fresh:
        project.writeEntryBool(_SCOPE, _ENABLED, True)
    elif not theirs:
        project.writeEntryBool(_SCOPE, _ENABLED, False)
    _redraw(iface)
    return label


def _named_by(project: QgsProject) -> list[str]:
    """Return who is to be named, once each, by the layers of a project."""
    found: dict[str, None] = {}
    for layer in project.mapLayers().values():
        if kinds.kind_of(layer):
            for name in str(layer.customProperty(kinds.ATTRIBUTION, "") or "").split(_BETWEEN):
                found.setdefault(name.strip())
    return sorted(filter(None, found))


def _without(label: str, part: str) -> str:
    """Return a label without a part of it, and without the separator that joined them."""
    if not part or part not in label:
        return label
    kept = label.replace(part, "", 1)
    return kept.strip().strip("|").strip()


def _redraw(iface: QgisInterface | None) -> None:
    if iface is None or iface.mainWindow() is None:
        return
    # The decoration reads its settings when a project is opened; there is no other way to tell it.
    window = iface.mainWindow()
    if window.metaObject().indexOfMethod("projectReadDecorationItems()") >= 0:
        QMetaObject.invokeMethod(window, "projectReadDecorationItems")
    if iface.mapCanvas() is not None:
        iface.mapCanvas().refresh()
