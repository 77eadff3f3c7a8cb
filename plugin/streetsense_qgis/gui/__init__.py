"""What StreetSense shows in QGIS' window."""
