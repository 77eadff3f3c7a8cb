"""The toy provider, its server, and a study of the area in which it has captures."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box

from streetsense.study import Study

from . import toy
from .loopback import LoopbackHost
from .toyfetch import SOUTH, STEP, WEST


@pytest.fixture
def installed_toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREETSENSE_TOY_KEY", toy.KEY)
    monkeypatch.setattr(sys, "path", [str(toy.install(tmp_path / "site")), *sys.path])


@pytest.fixture
def server() -> toy.ToyServer:
    return toy.ToyServer(toy.grid(WEST, SOUTH, 12, 10))


@pytest.fixture
def host(server: toy.ToyServer, installed_toys: None) -> Iterator[LoopbackHost]:
    with LoopbackHost(server.handler) as running:
        yield running


@pytest.fixture
def study(tmp_path: Path) -> Study:
    area = gpd.GeoDataFrame(geometry=[box(WEST, SOUTH, WEST + 12 * STEP, SOUTH + 10 * STEP)], crs="EPSG:4326")
    return Study.create(tmp_path / "study", area)
