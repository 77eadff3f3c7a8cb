"""Drawing an area on the map, and keeping it in sight."""

from .areaband import AreaBand
from .areatool import AreaTool, size_in_words
from .globe import area_from_extent, area_from_selection, area_km2
from .polygontool import PolygonTool
from .rectangletool import RectangleTool

__all__ = [
    "AreaBand",
    "AreaTool",
    "PolygonTool",
    "RectangleTool",
    "area_from_extent",
    "area_from_selection",
    "area_km2",
    "size_in_words",
]
