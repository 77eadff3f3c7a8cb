"""Roads: from files or OpenStreetMap, and the sample points along them (paper, section 4.1 and appendix A.1)."""

from streetsense.roads.download import download_roads
from streetsense.roads.network import RoadNetwork
from streetsense.roads.networktypes import NetworkType
from streetsense.roads.read import clip_lines, read_roads
from streetsense.roads.sampling import sample_points

__all__ = ["NetworkType", "RoadNetwork", "clip_lines", "download_roads", "read_roads", "sample_points"]
