"""When a view was taken, for QGIS' temporal controller."""

from __future__ import annotations

from qgis.core import QgsVectorLayer, QgsVectorLayerTemporalProperties

#: The moment of capture; a month that is all that is known counts from its first day.
MOMENT = "captured_on"


def set_capture_time(layer: QgsVectorLayer) -> bool:
    """Let the temporal controller filter a layer by the time of capture; return whether the layer has one."""
    if layer.fields().lookupField(MOMENT) < 0:
        return False
    properties = layer.temporalProperties()
    # The name without its enumeration is the one that every QGIS since 3.22 knows.
    properties.setMode(QgsVectorLayerTemporalProperties.ModeFeatureDateTimeInstantFromField)
    properties.setStartField(MOMENT)
    properties.setIsActive(True)
    return True
