"""Files that others send are read for their own content: none leads GDAL to another file or to an address."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely import LineString, Point

from streetsense.errors import InputError
from streetsense.vectors import READ_DRIVERS, read_vector, served_environment

PLACES = gpd.GeoDataFrame({"income": [1.0, 2.0]}, geometry=[Point(1, 45), Point(2, 46)], crs="EPSG:4326")
FEATURE = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 45]}}


class Address:
    """A web server on loopback that remembers what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                body = PLACES.to_json().encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def address() -> Iterator[Address]:
    made = Address()
    yield made
    made.server.shutdown()
    made.server.server_close()


def read_in_child(path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Read a vector file in a process of its own and print its number of features."""
    code = "import sys; from streetsense.vectors import read_vector; print(len(read_vector(sys.argv[1], 'labels')))"
    command = [sys.executable, "-c", code, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


@cache
def confined() -> dict[str, str]:
    return served_environment()


def served(path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return read_in_child(path, **{**confined(), **more})


def virtual(path: Path, source: object) -> Path:
    """Write a list of layers (GDAL's VRT) that names another file, under a name that promises GeoJSON."""
    text = f"<OGRVRTDataSource><OGRVRTLayer name='places'><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer>"
    path.write_text(f"{text}</OGRVRTDataSource>")
    return path


def test_a_virtual_layer_does_not_lead_to_a_file_outside(tmp_path: Path) -> None:
    PLACES.to_file(tmp_path / "places.geojson")
    path = virtual(tmp_path / "labels.geojson", tmp_path / "places.geojson")
    assert read_in_child(path).stdout.strip() == "2"  # what an unconfined GDAL does
    result = served(path)
    assert result.returncode != 0
    assert "cannot be read as a vector file" in result.stderr


@pytest.mark.parametrize("prefix", ["/vsicurl/", "/vsicurl_streaming/", ""])
def test_a_virtual_layer_does_not_lead_to_an_address(prefix: str, tmp_path: Path, address: Address) -> None:
    path = virtual(tmp_path / "labels.geojson", f"{prefix}{address.url}/places.geojson")
    assert served(path).returncode != 0
    assert address.asked == []


def test_other_lists_of_files_and_services_are_no_known_format(tmp_path: Path, address: Address) -> None:
    texts = {
        "esri.json": json.dumps({"currentVersion": 1, "geometryType": "esriGeometryPoint", "features": []}),
        "service.xml": f"<OGRWFSDataSource><URL>{address.url}/wfs</URL></OGRWFSDataSource>",
        "pipeline.json": json.dumps({"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline read x"}),
        "feed.xml": f"<rss><channel><link>{address.url}</link></channel></rss>",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        assert served(tmp_path / name).returncode != 0, name
    assert address.asked == []


def test_gdal_itself_calls_no_address_whatever_the_format(tmp_path: Path, address: Address) -> None:
    link = {"type": "link", "properties": {"href": f"{address.url}/crs", "type": "ogcwkt"}}
    (tmp_path / "labels.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "crs": link, "features": [FEATURE]})
    )
    code = "import sys, pyogrio; pyogrio.read_info(sys.argv[1])"
    command = [sys.executable, "-c", code, str(tmp_path / "labels.geojson")]
    plain = {key: value for key, value in os.environ.items() if key.lower() != "no_proxy"}
    subprocess.run(command, check=False, capture_output=True, env=plain)
    assert set(address.asked) == {"/crs"}  # what an unconfined GDAL does
    address.asked.clear()
    subprocess.run(command, check=False, capture_output=True, env={**plain, **served_environment()})
    assert address.asked == []


@pytest.mark.parametrize(
    "member",
    [
        '"crs": {{"type": "link", "properties": {{"href": "{url}/crs", "type": "ogcwkt"}}}}',
        '"CRS": {{"type": "URL", "properties": {{"url": "{url}/crs"}}}}',
        '"\\u0063rs" : {{"properties": {{"href": "{url}/crs"}}, "type": "li\\u006ek"}}',
        '"crs": null, "crs": {{"type": "link", "properties": {{"href": "{url}/crs"}}}}',
        '"crs": {{"type": "name", "properties": {{"name": "{url}/crs"}}}}',
    ],
)
def test_a_link_to_a_coordinate_system_is_refused_before_it_is_followed(
    member: str, tmp_path: Path, address: Address
) -> None:
    text = f'{{"type": "FeatureCollection", {member.format(url=address.url)}, "features": [{json.dumps(FEATURE)}]}}'
    (tmp_path / "labels.geojson").write_text(text)
    with pytest.raises(InputError, match=r"^labels: .*coordinate reference system in a way that is not supported"):
        read_vector(tmp_path / "labels.geojson", "labels")
    # Also where the machine excepts loopback from its proxies, so that GDAL's own would not stop it.
    assert served(tmp_path / "labels.geojson", no_proxy="127.0.0.1").returncode != 0
    assert address.asked == []


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        {"type": "name", "properties": {"name": "http://www.opengis.net/def/crs/EPSG/0/4326"}},
        {"type": "EPSG", "properties": {"code": 4326}},
        None,
    ],
)
def test_a_coordinate_system_by_name_is_read(crs: dict[str, Any] | None, tmp_path: Path) -> None:
    properties = {**FEATURE, "properties": {"crs": "of the survey"}}
    (tmp_path / "a.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "crs": crs, "features": [properties]}, indent=1)
    )
    assert read_vector(tmp_path / "a.geojson", "labels").geometry.x.tolist() == [1.0]


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".fgb", ".gpx"])
def test_the_formats_of_planners_are_still_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"labels{suffix}"
    layer = PLACES[["geometry"]] if suffix == ".gpx" else PLACES
    layer.to_file(path, **({"layer": "waypoints"} if suffix == ".gpx" else {}))
    result = served(Path(f"{path}|layername=waypoints") if suffix == ".gpx" else path)
    assert result.stdout.strip() == "2", result.stderr


def test_kml_is_still_read(tmp_path: Path) -> None:
    placemarks = "".join(f"<Placemark><Point><coordinates>{x},45</coordinates></Point></Placemark>" for x in (1, 2))
    (tmp_path / "labels.kml").write_text(
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{placemarks}</Document></kml>'
    )
    result = served(tmp_path / "labels.kml")
    assert result.stdout.strip() == "2", result.stderr


def test_openstreetmap_files_are_still_read(tmp_path: Path) -> None:
    nodes = "".join(f'<node id="{n}" lat="45.{n}" lon="1" version="1"/>' for n in (1, 2))
    way = '<way id="3" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>'
    (tmp_path / "roads.osm").write_text(f'<osm version="0.6">{nodes}{way}</osm>')
    result = served(Path(f"{tmp_path / 'roads.osm'}|layername=lines"))
    assert result.stdout.strip() == "1", result.stderr


def test_results_are_still_written(tmp_path: Path) -> None:
    code = (
        "import sys, geopandas as gpd, pathlib; from shapely import LineString;"
        "from streetsense.vectors import write_vector;"
        "frame = gpd.GeoDataFrame(geometry=[LineString([(1, 45), (2, 46)])], crs=4326);"
        "[write_vector(frame, pathlib.Path(sys.argv[1]) / name) for name in ('a.gpkg', 'a.geojson')]"
    )
    environment = {**os.environ, **served_environment()}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment)
    assert gpd.read_file(tmp_path / "a.gpkg").geometry[0] == LineString([(1, 45), (2, 46)])


def test_a_child_of_a_confined_process_is_confined_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    first = served_environment()
    for name, value in first.items():
        monkeypatch.setenv(name, value)
    assert served_environment() == first


def test_every_format_but_those_that_are_read_is_left_out() -> None:
    code = "import pyogrio; print(*pyogrio.list_drivers(), sep='\\n')"
    environment = {**os.environ, **served_environment()}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert set(result.stdout.splitlines()) == READ_DRIVERS
    assert result.stderr == ""


def test_confining_loads_no_gdal_into_this_process() -> None:
    code = (
        "import sys; from streetsense.vectors import served_environment; served_environment();"
        "print([name for name in ('pyogrio', 'pandas', 'geopandas', 'rasterio') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
