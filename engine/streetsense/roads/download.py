"""Roads from OpenStreetMap by OSMnx: one honest, cached request to an Overpass server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from streetsense.errors import InputError, StreetSenseError
from streetsense.progress import Progress, Silent
from streetsense.roads.networktypes import NetworkType, overpass_filter
from streetsense.roads.read import clip_lines, road_frame
from streetsense.web.useragent import default_user_agent

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx
    import requests

OVERPASS_URL = "https://overpass-api.de/api"
#: Metres around the area in which roads are asked for, so that a long straight segment across its border is complete.
_AROUND = 500.0
#: Answers "too busy" (HTTP 429, 504) after which we give up; OSMnx waits 55 s after each and would go on for ever.
_PATIENCE = 10
_BUSY = (429, 504)
_POLL_SECONDS = 0.2
#: OSMnx keeps its settings in a module, so one download at a time.
_ONE_AT_A_TIME = threading.Lock()


def download_roads(
    area: gpd.GeoDataFrame,
    network: NetworkType = "drive",
    *,
    cache_folder: Path | None = None,
    overpass_url: str = OVERPASS_URL,
    user_agent: str | None = None,
    timeout: float = 180.0,
    patience: int = _PATIENCE,
    progress: Progress | None = None,
) -> gpd.GeoDataFrame:
    """Download the roads of an area from OpenStreetMap.

    Each street comes once, in the direction in which it was drawn. The answer is kept in ``cache_folder``: the same
    area and network are not asked for twice, also without a connection. For regions use an OSM file (`read_roads`).

    Parameters
    ----------
    area : GeoDataFrame
        Polygons, any CRS; roads are cut at their outline.
    network : {"drive", "walk", "bike", "all"}
        Which ways are roads (`streetsense.roads.networktypes`).
    cache_folder : Path, optional
        Where answers are kept; the user's cache folder by default.
    overpass_url : str
        The server's API, without ``/interpreter``.
    user_agent : str, optional
        How we introduce ourselves; `default_user_agent` by default.
    timeout : float
        Seconds that the server may take for an answer.
    patience : int
        How many times "too busy" is waited out.
    progress : Progress, optional
        Asked several times a second whether to stop.

    Returns
    -------
    GeoDataFrame
        ``road_id`` (OpenStreetMap way), ``name``, ``highway``, ``geometry`` (LineString, EPSG:4326), sorted by
        ``road_id``.

    Raises
    ------
    InputError
        When there is no road in the area.
    StreetSenseError
        When the server cannot be reached, refuses, stays busy, or its answer is cut short.
    """
    from platformdirs import user_cache_path

    progress = progress or Silent()
    work = _Download(
        outline=_outline(area),
        network=network,
        settings={
            "cache_folder": cache_folder or user_cache_path("streetsense") / "overpass",
            "use_cache": True,
            "cache_only_mode": False,
            "overpass_url": overpass_url.rstrip("/"),
            "http_user_agent": user_agent or default_user_agent(),
            "http_referer": None,  # there is no page that we come from; None leaves the header out
            "doh_url_template": None,
            "requests_timeout": timeout,
            # Every way once, from its first node to its last.
            "all_oneway": True,
            "useful_tags_way": ["highway", "name", "oneway"],
        },
        patience=patience,
    )
    work.start()
    while work.is_alive():
        try:
            progress.report(0, 2, work.message)
        except BaseException:
            work.abandon()
            raise
        work.join(_POLL_SECONDS)
    roads = _ways(work.graph())
    progress.report(1, 2, f"{len(roads)} roads downloaded")
    clipped = clip_lines(roads, area, f"OpenStreetMap (network '{network}')")
    progress.report(2, 2, f"{len(clipped)} roads")
    return clipped.sort_values("road_id", kind="stable", ignore_index=True)


class _Download(threading.Thread):
    """The request in its own thread, because OSMnx sleeps and waits where nobody could stop it."""

    def __init__(self, outline: Any, network: NetworkType, settings: dict[str, Any], patience: int) -> None:  # noqa: ANN401 - shapely
        super().__init__(name="overpass", daemon=True)
        self.message = "asking OpenStreetMap for roads"
        self._outline, self._network, self._patience = outline, network, patience
        self._settings = {**settings, "requests_kwargs": {"hooks": {"response": self._check}}}
        self._busy, self._empty = 0, True
        self._abandoned = threading.Event()
        self._graph: nx.MultiDiGraph | None = None
        self._error: Exception | None = None

    def run(self) -> None:
        import osmnx

        with _ONE_AT_A_TIME, _settings_of_osmnx(self._settings):
            try:
                if not self._server_answers():
                    # No use in OSMnx's minute of waiting for the status page; an answer in the cache is still found.
                    osmnx.settings.overpass_rate_limit = False
                self._graph = osmnx.graph_from_polygon(
                    self._outline,
                    simplify=False,
                    retain_all=True,
                    truncate_by_edge=True,
                    custom_filter=overpass_filter(self._network),
                )
            except Exception as error:
                self._error = error

    def abandon(self) -> None:
        """Let the thread end at the next answer; nobody wants its result any more."""
        self._abandoned.set()

    def graph(self) -> nx.MultiDiGraph:
        """Return the graph, or raise what went wrong as one sentence."""
        import requests

        url, error = self._settings["overpass_url"], self._error
        otherwise = "try again later, or give an OpenStreetMap file or a line layer as roads"
        if self._graph is not None:
            return self._graph
        if isinstance(error, StreetSenseError):
            raise error
        if isinstance(error, requests.RequestException):
            raise StreetSenseError(f"roads: {url} cannot be reached ({type(error).__name__}); {otherwise}.") from error
        if isinstance(error, ValueError) and (self._empty or "no graph nodes" in str(error)):
            raise InputError(
                f"roads: OpenStreetMap has no road of the network '{self._network}' in the area; choose another "
                "network or area, or give a line layer as roads."
            ) from error
        raise StreetSenseError(f"roads: {url} gave no usable answer ({error}); {otherwise}.") from error

    def _server_answers(self) -> bool:
        import requests

        try:
            requests.get(
                f"{self._settings['overpass_url']}/status",
                headers={"User-Agent": self._settings["http_user_agent"]},
                timeout=10,
            )
        except requests.RequestException:
            return False
        return True

    def _check(self, response: requests.Response, *_: object, **__: object) -> None:
        """Look at every answer before OSMnx does: stop when unwanted, refuse what is cut short, limit the waiting."""
        if self._abandoned.is_set():
            raise StreetSenseError("roads: the download was stopped.")
        url = self._settings["overpass_url"]
        if response.status_code in _BUSY:
            self._busy += 1
            if self._busy > self._patience:
                raise StreetSenseError(
                    f"roads: {url} is too busy (HTTP {response.status_code}); try again later, or give an "
                    "OpenStreetMap file or a line layer as roads."
                )
            self.message = f"the OpenStreetMap server is busy, waiting (attempt {self._busy} of {self._patience})"
            return
        if not response.request.url or not response.request.url.endswith("/interpreter"):
            return
        if not response.ok:
            raise StreetSenseError(
                f"roads: {url} refused the request (HTTP {response.status_code}); check the address of the server, "
                "or give an OpenStreetMap file or a line layer as roads."
            )
        content = _content(response)
        remark = str(content.get("remark", "")).strip()
        if remark:
            # Overpass says 200 and sends what it had until it stopped.
            raise StreetSenseError(
                f"roads: {url} cut its answer short ({remark[:160].rstrip('.')}); choose a smaller area, or give an "
                "OpenStreetMap file as roads."
            )
        self._empty = self._empty and not content.get("elements")
        self.message = "reading roads from OpenStreetMap"


def _content(response: requests.Response) -> dict[str, Any]:
    try:
        content = response.json()
    except ValueError:
        content = None
    return content if isinstance(content, dict) else {"remark": "the answer is no JSON object"}


@contextmanager
def _settings_of_osmnx(values: dict[str, Any]) -> Iterator[None]:
    """Set OSMnx's global settings for a while, and undo what it does to name resolution."""
    import osmnx

    before = {name: getattr(osmnx.settings, name) for name in [*values, "overpass_rate_limit"]}
    resolve = socket.getaddrinfo
    try:
        for name, value in values.items():
            setattr(osmnx.settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(osmnx.settings, name, value)
        socket.getaddrinfo = resolve


def _outline(area: gpd.GeoDataFrame) -> Any:  # noqa: ANN401 - shapely has no types
    """Return the area with some room around it as one valid polygon or multipolygon, EPSG:4326."""
    import geopandas as gpd
    import shapely

    from streetsense.vectors import WGS84, utm_crs

    polygons = shapely.make_valid(area.to_crs(utm_crs(area)).geometry.to_numpy())
    around = shapely.union_all(shapely.buffer(polygons, _AROUND))
    return gpd.GeoSeries([around], crs=utm_crs(area)).to_crs(WGS84).make_valid().iloc[0]


def _ways(graph: nx.MultiDiGraph) -> gpd.GeoDataFrame:
    """Turn OSMnx's unsimplified graph, an edge for each straight segment, into one line for each way."""
    import pandas as pd
    import shapely

    nodes = pd.DataFrame.from_dict(dict(graph.nodes(data=True)), orient="index")
    edges = pd.DataFrame(
        [(u, v, way["osmid"], way.get("name"), way.get("highway")) for u, v, way in graph.edges(data=True)],
        columns=["first", "last", "way", "name", "highway"],
    )
    edges = edges.sort_values("way", kind="stable", ignore_index=True)
    xy = nodes[["x", "y"]]
    ends = np.stack([xy.loc[edges["first"]].to_numpy(), xy.loc[edges["last"]].to_numpy()], axis=1)
    number, ways = pd.factorize(edges["way"])
    segments = np.asarray(shapely.linestrings(ends), dtype=object)
    lines = shapely.line_merge(shapely.multilinestrings(segments, indices=number), directed=True)
    parts, row = shapely.get_parts(lines, return_index=True)
    attributes = edges.drop_duplicates("way").iloc[row]
    return road_frame(
        np.asarray(ways)[row].astype(str).astype(object),
        attributes["name"].to_numpy(dtype=object),
        attributes["highway"].to_numpy(dtype=object),
        parts,
    )
