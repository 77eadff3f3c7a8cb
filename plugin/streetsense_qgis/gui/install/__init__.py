"""Installing the engine, as seen in QGIS."""
