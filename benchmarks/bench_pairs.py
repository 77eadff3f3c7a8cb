"""Pairing millions of views: seconds and memory, from the parts of a study to a million drawn pairs.

The study is synthetic: panoramas every 15 m along a street grid with 80 m blocks, 4 views each at right angles, 5 dates
that lie about a metre from each other, written as parts of a million rows. Every number of views and objective has a
process of its own, whose peak memory is reported; the steps are those of ``streetsense pair``. The growth is how many
times the processor time four times as many views take: 4 is linear; other work on the machine lengthens the seconds
of the steps more than it. Run it with ``python benchmarks/bench_pairs.py``; it prints
JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely
from pyproj import Transformer
from report import report

from streetsense.progress import Silent
from streetsense.study import VIEW_SCHEMA, Study
from streetsense_training.pairs.drawing import Drawing, with_partner
from streetsense_training.pairs.rules import PairRule
from streetsense_training.pairs.selection import Selection, select
from streetsense_training.pairs.views import read_views

CRS, BLOCK, SPACING = "EPSG:32755", 80.0, 15.0
DATES = ["2014-11", "2016-03", "2018-07", "2020-12", "2023-02"]
RULES = {
    "temporal": PairRule(objective="temporal", same_place_m=5.0, heading_tolerance_deg=15.0, min_months=1.0),
    "spatial": PairRule(objective="spatial", buffer_m=100.0),
}


def write_study(root: Path, count: int, part: int = 1_000_000) -> None:
    """Write a synthetic study with ``count`` views."""
    area = gpd.GeoDataFrame(geometry=[shapely.box(320_000, 5_800_000, 330_000, 5_810_000)], crs=CRS)
    study, random = Study.create(root, area, "synthetic streets"), np.random.default_rng(1)
    spots = -(-count // (4 * len(DATES)))
    streets = int(np.ceil(np.sqrt(spots * SPACING / BLOCK / 2))) + 1
    along = int(streets * BLOCK / SPACING)
    spot = random.permutation(2 * streets * along)[:spots]
    street, step = spot // along, spot % along
    across = street % streets * BLOCK
    east = np.where(street < streets, across, step * SPACING)
    north = np.where(street < streets, step * SPACING, across)
    bearing = np.where(street < streets, 0.0, 90.0)
    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    for start in range(0, count, part):
        rows = np.arange(start, min(start + part, count))
        capture, face = rows // 4, rows % 4
        place, date = capture // len(DATES), capture % len(DATES)
        # The five dates of a place lie in one part: their shifts come from the number of the capture.
        angle = capture * 2.399963
        x = 300_000 + east[place] + np.cos(angle)
        y = 5_800_000 + north[place] + np.sin(angle)
        lon, lat = to_degrees.transform(x, y)
        digits = random.bytes(10 * len(rows)).hex().encode()
        pano = np.char.add(place.astype("U8"), np.array([f"@{text}" for text in DATES])[date])
        columns: dict[str, Any] = {
            "view_id": _texts(digits, 20),
            "provider": pa.DictionaryArray.from_arrays(np.zeros(len(rows), np.int32), ["synthetic"]).cast("string"),
            "pano_id": pa.array(pano),
            "captured_at": pa.DictionaryArray.from_arrays(date.astype(np.int32), DATES).cast("string"),
            "heading_deg": (bearing[place] + 90.0 * face) % 360,
            "status": pa.DictionaryArray.from_arrays(np.zeros(len(rows), np.int32), ["ok"]).cast("string"),
            "geometry": pa.array(shapely.to_wkb(shapely.points(lon, lat)), pa.binary()),
        }
        nulls = {field.name: pa.nulls(len(rows), field.type) for field in VIEW_SCHEMA if field.name not in columns}
        study.views_table.append(pa.table({**nulls, **columns}).select(VIEW_SCHEMA.names))


def _texts(digits: bytes, width: int) -> pa.Array:
    count = len(digits) // width
    offsets = np.arange(count + 1, dtype=np.int32) * width
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(digits))


def measure(root: Path, objective: str, size: int) -> dict[str, Any]:
    """Pair the views of a study; return seconds of each step and the peak memory of this process."""
    rule, seconds = RULES[objective], {}
    study, base = Study.open(root), _peak()
    begin, before = time.perf_counter(), time.process_time()

    def lap(step: str) -> None:
        nonlocal begin
        now = time.perf_counter()
        seconds[step] = round(now - begin, 2)
        begin = now

    views = read_views(study, Silent())
    lap("read")
    selected = select(study, views, rule, Selection(), 0, Silent())
    lap("select")
    paired, failed = with_partner(selected.candidates, rule, Silent())
    lap("find_all_with_a_partner")
    drawing = Drawing(selected.candidates.take(paired), rule, seed=0, size=size)
    lap("sort")
    first, _ = drawing.draw(0)
    lap("draw")
    return {
        "seconds": {**seconds, "total": round(sum(seconds.values()), 2)},
        "processor_seconds": round(time.process_time() - before, 2),
        "pairs": len(first),
        "without_partner": failed,
        "peak_memory_gib": round(_peak(), 2),
        "before_reading_gib": round(base, 2),
    }


def _peak() -> float:
    """Return the peak memory of this process in GiB (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _in_process(*options: object) -> str:
    """Run this file with options in a process of its own; its peak starts from that of this one, which is small."""
    command = [sys.executable, __file__, *map(str, options)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 4, 16])
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--objective", choices=list(RULES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write is not None:
        write_study(options.write, int(options.millions[0] * 1e6))
        return
    if options.measure is not None:
        print(json.dumps(measure(options.measure, options.objective, options.size)))
        return
    figures: dict[str, list[dict[str, Any]]] = {objective: [] for objective in RULES}
    for millions in options.millions:
        with tempfile.TemporaryDirectory() as folder:
            root, count = Path(folder) / "study", int(millions * 1e6)
            _in_process("--write", root, "--millions", millions)
            for objective, rows in figures.items():
                measured = _in_process("--measure", root, "--objective", objective, "--size", options.size)
                rows.append({"views": count, **json.loads(measured)})
                print(objective, json.dumps(rows[-1]), file=sys.stderr, flush=True)
    growth = {
        objective: [
            round(b["processor_seconds"] / a["processor_seconds"] * 4 * a["views"] / b["views"], 2)
            for a, b in pairwise(rows)
        ]
        for objective, rows in figures.items()
    }
    report("pairs", {**figures, "growth_for_4_times_the_views": growth}, ["numpy", "pyarrow", "pyproj", "streetsense"])


if __name__ == "__main__":
    main()
