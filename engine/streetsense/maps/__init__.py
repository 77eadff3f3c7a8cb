"""Maps: layers and surfaces that open in QGIS with their style, their interval and their origin."""
