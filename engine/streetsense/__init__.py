"""StreetSense: from street photographs to maps of urban indicators."""

__version__ = "0.1.0"
