"""The photo viewer: photos, where a model looked in them, and their cones on the map."""

from .dock import PhotoViewer

__all__ = ["PhotoViewer"]
