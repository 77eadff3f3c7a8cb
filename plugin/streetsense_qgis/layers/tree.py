"""The group of a run in the tree of layers."""

from __future__ import annotations

from qgis.core import QgsLayerTreeGroup, QgsMapLayer, QgsProject

from . import kinds

#: Their legends say no more than their names.
_FOLDED = (kinds.POINTS, kinds.LABELS, kinds.ROADS)


class RunGroup:
    """A group on top of the tree, with its layers in the order in which they should be drawn.

    Parameters
    ----------
    project : QgsProject
        Where.
    name : str
        What it is called.
    run : str
        The run, as its layers name it.
    """

    def __init__(self, project: QgsProject, name: str, run: str) -> None:
        self._project = project
        self._group: QgsLayerTreeGroup = project.layerTreeRoot().insertGroup(0, name)
        self._group.setCustomProperty(kinds.RUN, run)
        self._order: list[int] = []

    def add(self, layer: QgsMapLayer, kind: str, *, visible: bool = True) -> None:
        """Add a layer at its place."""
        rank = kinds.ORDER.index(kind)
        place = sum(1 for other in self._order if other <= rank)
        self._order.insert(place, rank)
        node = self._group.insertLayer(place, layer)  # raises where the project was closed, before anything is added
        self._project.addMapLayer(layer, False)
        node.setItemVisibilityChecked(visible)
        node.setExpanded(kind not in _FOLDED)
        if len(self._order) == 1:
            # QGIS' list of layers shows a group folded that was empty when it came, whatever the group itself says.
            self._group.setExpanded(False)
            self._group.setExpanded(True)

    def remove_if_empty(self) -> None:
        """Take the group away when nothing came into it."""
        if not self._order:
            self._project.layerTreeRoot().removeChildNode(self._group)
