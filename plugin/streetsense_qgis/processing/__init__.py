"""The processes of the engine as algorithms of QGIS' Processing."""
