"""400 real photos on another host: uploaded over a network that breaks, embedded, predicted, downloaded."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import box

from tests.e2e.conftest import run_streetsense
from tests.server.cutting import cutting
from tests.server.serving import serving

pytestmark = [pytest.mark.e2e, pytest.mark.real, pytest.mark.slow]
PHOTOS = 400
#: Results say when they were made.
TIME = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{3}Z|\+00:00)")


def area_around(table: Path, path: Path) -> Path:
    """Write an area around the photos of a table."""
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    longitudes, latitudes = ([float(row[name]) for row in rows] for name in ("lon", "lat"))
    around = box(min(longitudes) - 0.01, min(latitudes) - 0.01, max(longitudes) + 0.01, max(latitudes) + 0.01)
    gpd.GeoDataFrame(geometry=[around], crs="EPSG:4326").to_file(path)
    return path


@pytest.mark.timeout(900)
def test_real_photos_make_the_same_map_there_over_a_network_that_breaks(shared_data: Path, tmp_path: Path) -> None:
    photos, table = (shared_data / "panoramax_capferret" / name for name in ("faces", "faces.csv"))
    area = area_around(table, tmp_path / "area.gpkg")
    size = sum(path.stat().st_size for path in photos.iterdir())
    (tmp_path / "studies").mkdir()
    outputs: dict[str, list[dict[str, object]]] = {"here": [], "there": []}
    with (
        serving(tmp_path / "studies") as served,
        cutting(served.port, up=[size // 4, size // 2], down=[20_000]) as proxy,
    ):
        remote = ["--remote", proxy.url, "--token-file", tmp_path / "studies/.streetsense/token"]
        for where, options in (("here", []), ("there", remote)):
            study = tmp_path / where / "cap"
            run_streetsense(*options, "new", study, "--area", area)
            model = ("--architecture", "vit_tiny_patch16_224", "--random", 0, "--image-size", 64)
            run_streetsense(*options, "encoders", "import", study, "tiny", *model)
            for command in (
                ("fetch", study, "--provider", "folder", "--photos", photos, "--table", table),
                ("embed", study, "--encoder", "tiny"),
                ("predict", study, "--name", "map", "--encoder", "tiny", "--units", "h3:9"),
            ):
                made = json.loads(run_streetsense(*options, *command, "--json").stdout)
                made.pop("images_per_second", None)
                outputs[where].append(made)
        assert proxy.cuts == []
        # A cut costs the photos that were under way; every request has a head.
        assert proxy.up < 1.1 * size
    assert outputs["here"] == outputs["there"]
    assert outputs["here"][0]["views"] == {"ok": PHOTOS}
    for name in ("map.gpkg", "map.tif"):
        here, there = ((tmp_path / where / "cap/results" / name).read_bytes() for where in ("here", "there"))
        assert TIME.sub(b"", here) == TIME.sub(b"", there)
