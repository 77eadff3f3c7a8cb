"""The demonstration, as a user runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from PIL import Image

from tests.e2e.conftest import make_photos, run_streetsense

pytestmark = pytest.mark.e2e
Cli = Callable[..., object]


def _links(page: Path) -> list[Path]:
    """Return the files that a page shows or links to."""
    return [page.parent / link for link in re.findall(r'(?:src|href)="([^"#]+)"', page.read_text(encoding="utf-8"))]


def _jobs(study: Path, verb: str) -> list[dict[str, object]]:
    """Return the outputs of the jobs of a verb, oldest first."""
    return [json.loads(path.read_text()) for path in sorted(study.glob(f"jobs/*-{verb}-*/outputs.json"))]


def test_the_city_becomes_a_map_and_a_second_run_does_no_work_twice(tmp_path: Path, cli: Cli) -> None:
    for _ in range(2):
        cli("demo", tmp_path / "demo", "--spacing", 250)
    page = tmp_path / "demo" / "index.html"
    assert "synthetic" in page.read_text(encoding="utf-8")
    assert all(link.is_file() for link in _links(page))
    assert sum(link.suffix == ".png" for link in _links(page)) == 5  # a map, three overlays and the curves
    with Image.open(tmp_path / "demo" / "map.png") as picture:
        assert min(picture.size) > 300
    results = tmp_path / "demo" / "study" / "results"
    layer = gpd.read_file(results / "predicted_median_income.gpkg", layer="predicted_median_income")
    assert (layer["lower"] < layer["prediction"]).all()
    assert (layer["prediction"] < layer["upper"]).all()
    first, second = _jobs(tmp_path / "demo" / "study", "embed")
    assert first["embedded"] == second["skipped"]
    assert second["embedded"] == 0
    roads = (tmp_path / "demo" / "city" / "roads.geojson").read_bytes()
    refused = run_streetsense("demo", tmp_path / "demo", "--seed", 1, check=False)
    assert refused.returncode == 2
    assert "seed: the study holds views of democity 0; use that seed or a new study." in refused.stderr
    assert (tmp_path / "demo" / "city" / "roads.geojson").read_bytes() == roads


def test_own_photos_are_mapped_without_labels_and_predicted_with_them(tmp_path: Path, cli: Cli) -> None:
    table = make_photos(tmp_path / "photos", 24)
    lines = table.read_text().splitlines()
    with_labels = [f"{lines[0]},share (%)", *(f"{line},{number % 5}" for number, line in enumerate(lines[1:]))]
    table.write_text("\n".join(with_labels))
    photos = ("--photos", tmp_path / "photos", "--table", table)
    cli("demo", tmp_path / "alike", *photos)
    cli("demo", tmp_path / "predicted", *photos, "--target", "share (%)")
    for name in ("alike", "predicted"):
        assert all(link.is_file() for link in _links(tmp_path / name / "index.html"))
    assert (tmp_path / "predicted" / "study" / "results" / "predicted_share.gpkg").is_file()
    # The scores have nothing to do with the photos, and the page must say so.
    assert "Do not use this map" in (tmp_path / "predicted" / "index.html").read_text(encoding="utf-8")
