"""How many views of the synthetic city one core renders in a second. Prints JSON.

The renderer is plain NumPy without linear algebra, so one process uses one core whatever the thread settings.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from report import report

from streetsense.streetview.democity import CameraPose, DemoCity, render_views


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", type=int, default=240, help="number of views (default 240)")
    parser.add_argument("--size", type=int, default=224, help="side of a view in pixels (default 224)")
    options = parser.parse_args()

    started = time.perf_counter()
    city = DemoCity(0)
    streets = city.streets
    random = np.random.default_rng(0)
    piece = random.integers(0, len(streets), options.views)
    share = random.uniform(0.1, 0.9, options.views)
    lon, lat = city.to_lonlat(
        streets.ax[piece] + (streets.bx - streets.ax)[piece] * share,
        streets.ay[piece] + (streets.by - streets.ay)[piece] * share,
    )
    bearing = np.degrees(np.arctan2(streets.bx - streets.ax, streets.by - streets.ay))[piece]
    second = random.integers(0, 1460, options.views) * 86_400 + random.integers(8 * 3600, 22 * 3600, options.views)
    when = np.datetime64("2018-01-01T00:00:00") + second.astype("timedelta64[s]")
    poses = CameraPose(lon, lat, bearing + 90 * random.integers(0, 4, options.views), when)
    warm = CameraPose(lon[:4], lat[:4], bearing[:4], when[:4])
    render_views(city, warm, size=(options.size, options.size))
    built = time.perf_counter() - started

    begin_wall, begin_cpu = time.perf_counter(), time.process_time()
    render_views(city, poses, size=(options.size, options.size))
    wall, cpu = time.perf_counter() - begin_wall, time.process_time() - begin_cpu
    figures = {
        "views": options.views,
        "size": options.size,
        "threads": 1,
        "views_per_second": round(options.views / wall, 1),
        "views_per_cpu_second": round(options.views / cpu, 1),
        "city_built_s": round(built, 2),
    }
    report("democity", figures, ["numpy"])


if __name__ == "__main__":
    main()
