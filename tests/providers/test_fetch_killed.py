"""A fetch whose process is killed again and again: every view is there exactly once, nothing settled is asked twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import aiohttp.web
import geopandas as gpd
import pytest
from shapely.geometry import box

from streetsense.study import Study

from . import toy
from .loopback import LoopbackHost

WEST, SOUTH, STEP = 7.0, 50.0, 2e-4
COLUMNS, ROWS = 24, 20
#: Photos and questions that one process has under way at most: eight connections, and those that are being written.
UNDER_WAY = 16


class Killing:
    """Commands that are killed when the server has sent a given number of photos."""

    def __init__(self, folder: Path) -> None:
        self.server = toy.ToyServer(toy.grid(WEST, SOUTH, COLUMNS, ROWS))
        self.server.before = self._take_time
        self.host = LoopbackHost(self.server.handler)
        area = gpd.GeoDataFrame(
            geometry=[box(WEST, SOUTH, WEST + COLUMNS * STEP, SOUTH + ROWS * STEP)], crs="EPSG:4326"
        )
        self.study = Study.create(folder / "study", area)
        self._site = toy.install(folder / "site")
        self._enough = threading.Event()
        self._wanted = 10**9
        #: How many requests had arrived when each process was killed.
        self.killed_after: list[int] = []

    async def _take_time(self, request: aiohttp.web.Request) -> None:
        if len(self.host.requests) >= self._wanted:
            self._enough.set()
        await asyncio.sleep(0.01)

    def begin(self) -> subprocess.Popen[bytes]:
        """Begin a fetch in a process of its own."""
        root = Path(__file__).resolve().parents[2]
        path = os.pathsep.join([str(self._site), str(root), str(root / "tests")])
        command = [sys.executable, "-m", "streetsense", "fetch", str(self.study.root), "--provider", "toy"]
        command += ["--api-url", self.host.url]
        environment = {**os.environ, "PYTHONPATH": path, "STREETSENSE_TOY_KEY": toy.KEY}
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def kill_after(self, requests: int) -> None:
        """Begin a fetch, and kill it when so many requests have arrived since."""
        self._enough.clear()
        self._wanted = len(self.host.requests) + requests
        process = self.begin()
        while process.poll() is None and not self._enough.wait(0.05):
            pass
        assert process.poll() is None, process.communicate()[1].decode()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.killed_after.append(len(self.host.requests))

    def finish(self) -> None:
        """Let a fetch run to its end."""
        process = self.begin()
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()


@pytest.fixture
def killing(tmp_path: Path) -> Iterator[Killing]:
    made = Killing(tmp_path)
    with made.host:
        yield made


def check(killing: Killing, kills: int) -> None:
    killing.finish()
    views = killing.study.views()
    assert len(views) == COLUMNS * ROWS
    assert views["source_id"].is_unique
    assert views["view_id"].is_unique
    files = [path for path in (killing.study.root / "photos").rglob("*") if path.is_file()]
    assert {killing.study.photo_path(path) for path in views["path"]} <= set(files)
    assert len(killing.killed_after) == kills
    # Whatever was asked for again had been asked for just before a kill, and was one of the few that were under way.
    asked = [seen.query.get("box", seen.path) for seen in killing.host.requests]
    last_asked: dict[str, int] = {}
    repeats: Counter[int] = Counter()
    for number, what in enumerate(asked):
        if what in last_asked:
            kill = next(after for after in killing.killed_after if after > last_asked[what])
            assert number >= kill
            assert kill - last_asked[what] <= 2 * UNDER_WAY  # they do not end in the order in which they began
            repeats[kill] += 1
        last_asked[what] = number
    assert max(repeats.values(), default=0) <= UNDER_WAY


def test_killed_twice(killing: Killing) -> None:
    killing.kill_after(8)
    killing.kill_after(150)
    check(killing, 2)


@pytest.mark.slow
def test_killed_twenty_times_at_random(killing: Killing) -> None:
    chance = random.Random(7)
    for _ in range(20):
        killing.kill_after(chance.randint(1, 35))
    check(killing, 20)
