"""Roads from OpenStreetMap, through a real socket to a server that answers as Overpass does."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import geopandas as gpd
import numpy as np
import pytest
import shapely

from streetsense import __version__
from streetsense.errors import Cancelled, InputError, StreetSenseError
from streetsense.progress import Silent
from streetsense.roads import download_roads
from streetsense.roads.download import default_user_agent
from streetsense.roads.networktypes import overpass_filter


@dataclass
class Overpass:
    """What the loopback server answers, and what it was asked."""

    status: int = 200
    answer: object = None
    queries: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    referers: list[str | None] = field(default_factory=list)
    url: str = ""


def overpass_answer() -> dict:
    xy = {1: (24.940, 60.170), 2: (24.942, 60.170), 3: (24.942, 60.172), 4: (24.946, 60.170)}
    nodes = [{"type": "node", "id": i, "lon": lon, "lat": lat} for i, (lon, lat) in xy.items()]
    ways = [
        {"type": "way", "id": 11, "nodes": [1, 2, 3], "tags": {"highway": "residential", "name": "Two-way street"}},
        {"type": "way", "id": 12, "nodes": [4, 2], "tags": {"highway": "primary", "oneway": "yes"}},
    ]
    return {"version": 0.6, "elements": [*nodes, *ways]}


@pytest.fixture
def overpass() -> Iterator[Overpass]:
    state = Overpass(answer=overpass_answer())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.agents.append(self.headers["User-Agent"])
            state.referers.append(self.headers["Referer"])
            self.reply(
                200, "Connected as: 1\nCurrent time: 2024-01-01T00:00:00Z\nRate limit: 2\n\n2 slots available now.\n"
            )

        def do_POST(self) -> None:
            state.agents.append(self.headers["User-Agent"])
            state.referers.append(self.headers["Referer"])
            state.queries.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["data"][0])
            self.reply(state.status, json.dumps(state.answer))

        def reply(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}/api"
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def helsinki() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.box(24.939, 60.169, 24.945, 60.173)], crs=4326)


def test_a_download_gives_each_way_once_in_its_direction_cut_at_the_area(
    overpass: Overpass, helsinki: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    roads = download_roads(helsinki, cache_folder=tmp_path, overpass_url=overpass.url)
    assert list(roads["road_id"]) == ["11", "12"]
    assert roads["name"][0] == "Two-way street"
    np.testing.assert_allclose(
        shapely.get_coordinates(roads.geometry[0]), [(24.940, 60.170), (24.942, 60.170), (24.942, 60.172)]
    )
    np.testing.assert_allclose(shapely.get_coordinates(roads.geometry[1]), [(24.945, 60.170), (24.942, 60.170)])


def test_the_server_is_told_who_asks_and_for_which_roads(
    overpass: Overpass, helsinki: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    download_roads(helsinki, "bike", cache_folder=tmp_path, overpass_url=overpass.url)
    assert all(agent.startswith("StreetSense/") for agent in overpass.agents)
    assert overpass_filter("bike") in overpass.queries[0]
    assert set(overpass.referers) == {None}


def test_whoever_runs_it_can_be_written_to(
    overpass: Overpass, helsinki: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETSENSE_CONTACT", " maps@city.example\n\u00e9")
    download_roads(helsinki, cache_folder=tmp_path, overpass_url=overpass.url)
    expected = f"StreetSense/{__version__} (urban research; contact: maps@city.example)"
    assert set(overpass.agents) == {expected}


def test_without_a_contact_the_server_is_told_how_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STREETSENSE_CONTACT", raising=False)
    assert default_user_agent() == f"StreetSense/{__version__} (urban research; contact: set STREETSENSE_CONTACT)"


def test_the_same_roads_are_not_asked_for_twice(overpass: Overpass, helsinki: gpd.GeoDataFrame, tmp_path: Path) -> None:
    first = download_roads(helsinki, cache_folder=tmp_path, overpass_url=overpass.url)
    second = download_roads(helsinki, cache_folder=tmp_path, overpass_url=overpass.url)
    assert len(overpass.queries) == 1
    assert first.equals(second)


def test_an_answer_with_a_remark_is_an_error_and_is_not_kept(
    overpass: Overpass, helsinki: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    overpass.answer = {**overpass_answer(), "remark": "runtime error: Query timed out in query at line 1."}
    with pytest.raises(StreetSenseError, match=r"cut its answer short \(runtime error: Query timed out") as caught:
        download_roads(helsinki, cache_folder=tmp_path, overpass_url=overpass.url)
    assert caught.value.exit_code == 1
    overpass.answer = overpass_answer()
    assert len(download_roads(helsinki, cache_folder=tmp_path, overpass_url=overpass.url)) == 2


@pytest.mark.parametrize(
    ("status", "sentence"), [(429, "is too busy"), (504, "is too busy"), (400, "refused the request")]
)
def test_a_server_that_does_not_answer_is_named(
    overpass: Overpass, helsinki: gpd.GeoDataFrame, tmp_path: Path, status: int, sentence: str
) -> None:
    overpass.status = status
    with pytest.raises(StreetSenseError, match=f"{overpass.url} {sentence} .HTTP {status}"):
        download_roads(helsinki, cache_folder=tmp_path, overpass_url=overpass.url, patience=0)


def test_a_server_that_is_not_there_is_named_at_once(helsinki: gpd.GeoDataFrame, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/api"
    with pytest.raises(StreetSenseError, match="cannot be reached"):
        download_roads(helsinki, cache_folder=tmp_path, overpass_url=url)


def test_an_area_without_roads_is_an_error(overpass: Overpass, helsinki: gpd.GeoDataFrame, tmp_path: Path) -> None:
    overpass.answer = {"version": 0.6, "elements": []}
    with pytest.raises(InputError, match="OpenStreetMap has no road of the network 'drive' in the area"):
        download_roads(helsinki, cache_folder=tmp_path, overpass_url=overpass.url)


def test_a_download_leaves_the_settings_of_osmnx_as_they_were(
    overpass: Overpass, helsinki: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    import osmnx

    before = {name: value for name, value in vars(osmnx.settings).items() if not name.startswith("_")}
    resolve = socket.getaddrinfo
    download_roads(helsinki, cache_folder=tmp_path, overpass_url=overpass.url)
    assert {name: value for name, value in vars(osmnx.settings).items() if not name.startswith("_")} == before
    assert socket.getaddrinfo is resolve


def test_a_download_can_be_cancelled(overpass: Overpass, helsinki: gpd.GeoDataFrame, tmp_path: Path) -> None:
    class Impatient(Silent):
        def report(self, done: float, total: float, message: str = "") -> None:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        download_roads(helsinki, cache_folder=tmp_path, overpass_url=overpass.url, progress=Impatient())
    assert len(download_roads(helsinki, cache_folder=tmp_path, overpass_url=overpass.url)) == 2
