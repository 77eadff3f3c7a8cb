"""A made-up town on a Panoramax instance of this computer; for the engine's Python, with a file for its streets.

It prints the instance's address and answers until its standard input is closed.
"""

from __future__ import annotations

import json
import math
import sys
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.providers.panoramax_host import Picture, panoramax_host  # noqa: E402

#: Where the town would be (degrees), and metres to a degree there.
WEST, SOUTH = -28.0, 46.0
_EAST_M, _NORTH_M = 111_320 * math.cos(math.radians(SOUTH)), 111_132
#: Streets by their corners (metres east and north of the town's south-west corner).
STREETS = {
    "High Street": ((0, 240), (180, 262), (380, 250), (600, 272)),
    "Mill Lane": ((20, 90), (220, 102), (430, 84), (590, 98)),
    "North Road": ((0, 390), (200, 402), (400, 394), (600, 410)),
    "Station Road": ((120, 0), (140, 150), (128, 330), (150, 480)),
    "Church Street": ((330, 10), (318, 180), (340, 320), (328, 470)),
    "Harbour Road": ((520, 0), (532, 170), (512, 330), (530, 480)),
}
#: Drives: street, day, who took the photos, on what terms, their field of view (degrees), and metres between them.
#: Nobody drove along Church Street.
DRIVES = (
    ("High Street", "2017-05-03", "Town of Exampleton", "etalab-2.0", 360, 24),
    ("High Street", "2023-06-14", "Town of Exampleton", "etalab-2.0", 360, 20),
    ("Station Road", "2023-06-14", "Town of Exampleton", "etalab-2.0", 360, 20),
    ("North Road", "2020-09-21", "Town of Exampleton", "etalab-2.0", 360, 22),
    ("Mill Lane", "2021-04-10", "mapper_ada", "CC-BY-SA-4.0", 70, 20),
    ("Harbour Road", "2024-03-30", "mapper_ada", "CC-BY-SA-4.0", 70, 22),
)


def pictures() -> list[Picture]:
    """Return what was taken along the drives."""
    found = []
    for drive, (street, day, producer, licence, field_of_view, spacing) in enumerate(DRIVES):
        for number, (east, north, azimuth) in enumerate(_along(STREETS[street], spacing)):
            lon, lat = _place(east, north)
            taken = f"{day}T{10 + number // 60:02d}:{number % 60:02d}:00+00:00"
            name, collection = f"{drive:08d}-0000-4000-8000-{number:012d}", f"c0ffee00-0000-4000-8000-{drive:012d}"
            found.append(Picture(name, lon, lat, taken, field_of_view, azimuth, licence, producer, collection))
    return found


def streets() -> dict[str, object]:
    """Return the streets as GeoJSON."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "LineString", "coordinates": [_place(*corner) for corner in corners]},
        }
        for name, corners in STREETS.items()
    ]
    return {"type": "FeatureCollection", "features": features}


def _along(corners: tuple[tuple[float, float], ...], spacing: float) -> list[tuple[float, float, float]]:
    """Return places every so many metres of a line, and where it leads to there (degrees from north)."""
    found, left = [], 0.0
    for (x0, y0), (x1, y1) in pairwise(corners):
        length = math.hypot(x1 - x0, y1 - y0)
        azimuth = round(math.degrees(math.atan2(x1 - x0, y1 - y0)) % 360, 1)
        while left < length:
            found.append((x0 + left / length * (x1 - x0), y0 + left / length * (y1 - y0), azimuth))
            left += spacing
        left -= length
    return found


def _place(east: float, north: float) -> tuple[float, float]:
    return round(WEST + east / _EAST_M, 7), round(SOUTH + north / _NORTH_M, 7)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(streets()))
    with panoramax_host(pictures()) as host:
        sys.stdout.write(host.url + "\n")
        sys.stdout.flush()
        sys.stdin.read()
