"""The page of StreetSense in QGIS' settings."""
