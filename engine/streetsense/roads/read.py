"""Reading roads from files: any line layer, and OpenStreetMap extracts."""

from __future__ import annotations

import bz2
import gzip
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError
from streetsense.progress import Progress, Silent
from streetsense.roads.networktypes import NetworkType, belongs, deciding_tags
from streetsense.vectors import WGS84, existing_file, read_vector

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

#: Decompressed bytes after which a compressed OSM file is refused. The whole of Germany has about 100 GB as OSM XML;
#: for anything near this limit the .osm.pbf of the same extract is the right file.
MAX_DECOMPRESSED = 16 * 2**30
_CHUNK = 2**20
_OSM_SUFFIXES = (".osm", ".osm.bz2", ".osm.gz", ".pbf")
#: Columns that may hold the identifier of a road, best first.
_ID_COLUMNS = ("road_id", "osm_id", "osmid", "full_id", "id", "fid", "linearid", "collectionid")


def read_roads(
    path: Path | str,
    area: gpd.GeoDataFrame | None = None,
    network: NetworkType = "drive",
    *,
    progress: Progress | None = None,
    max_decompressed: int = MAX_DECOMPRESSED,
) -> gpd.GeoDataFrame:
    """Read roads from a file.

    Parameters
    ----------
    path : Path or str
        A line layer (GeoJSON, GeoPackage, Shapefile, anything OGR reads) or an OpenStreetMap extract (``.osm``,
        ``.osm.bz2``, ``.osm.gz``, ``.osm.pbf``). From an extract the ways of ``network`` are taken; of a line layer
        every line is a road, because whoever made the layer has chosen already.
    area : GeoDataFrame, optional
        Polygons, any CRS; roads are cut at its outline.
    network : {"drive", "walk", "bike", "all"}
        Which ways of an OpenStreetMap extract are roads (`streetsense.roads.networktypes`).
    progress : Progress, optional
        Told while a file is decompressed and after every step.
    max_decompressed : int
        Bytes that a compressed file may have after decompression.

    Returns
    -------
    GeoDataFrame
        Columns ``road_id`` (text), ``name``, ``highway`` (text or None), ``geometry`` (LineString, EPSG:4326), sorted
        by ``road_id``. A road in several pieces has one row a piece, with the same ``road_id``.

    Raises
    ------
    InputError
        When the file cannot be read, has no CRS, no line or no road of the network, or no road lies inside the area.
    """
    path, progress = existing_file(path, "roads"), progress or Silent()
    progress.report(0, 3, f"reading roads from {path.name}")
    if path.name.lower().endswith(_OSM_SUFFIXES):
        with _decompressed(path, max_decompressed, progress) as plain:
            frame = _read_osm(plain, path, area, network)
    else:
        frame = _read_layer(path)
    progress.report(1, 3, f"{len(frame)} roads read")
    frame = _single_lines(frame)
    if frame.empty:
        raise InputError(
            f"roads: {path} holds no line with a length; give a layer of lines (streets, tracks or sequences)."
        )
    progress.report(2, 3, "cutting roads at the area")
    if area is not None:
        frame = clip_lines(frame, area, str(path))
    progress.report(3, 3, f"{len(frame)} roads")
    return frame.sort_values("road_id", kind="stable", ignore_index=True)


def clip_lines(lines: gpd.GeoDataFrame, area: gpd.GeoDataFrame, source: str) -> gpd.GeoDataFrame:
    """Cut lines at the outline of an area.

    Parameters
    ----------
    lines : GeoDataFrame
        LineStrings.
    area : GeoDataFrame
        Polygons, any CRS. Borders between touching polygons do not cut.
    source : str
        Where the lines come from, for the message.

    Returns
    -------
    GeoDataFrame
        The pieces inside, LineStrings with a length, with the attributes and the CRS of ``lines``.

    Raises
    ------
    InputError
        When nothing of them lies inside.
    """
    import shapely

    outline = shapely.union_all(shapely.make_valid(area.to_crs(lines.crs).geometry.to_numpy()))
    shapely.prepare(outline)
    geometry = lines.geometry.to_numpy()
    inside = shapely.contains_properly(outline, geometry)
    crossing = np.flatnonzero(~inside & shapely.intersects(outline, geometry))
    kept = np.flatnonzero(inside)
    cut = lines.iloc[np.concatenate([kept, crossing])].copy()
    cut.geometry = np.concatenate([geometry[kept], shapely.intersection(geometry[crossing], outline)])
    cut = _single_lines(cut)
    if cut.empty:
        west, south, east, north = area.to_crs(WGS84).total_bounds
        raise InputError(
            f"roads: no road of {source} lies inside the area ({west:.4f}, {south:.4f} to {east:.4f}, {north:.4f}); "
            "give roads of the same place, or correct the area or the coordinate reference system of the roads."
        )
    return cut


def road_frame(
    road_id: object, name: object, highway: object, geometry: NDArray[np.object_], crs: object = WGS84
) -> gpd.GeoDataFrame:
    """Put columns together as every function of this package returns roads: ids as text, missing text as None."""
    import geopandas as gpd
    import pandas as pd

    frame = pd.DataFrame(
        {"road_id": road_id, "name": name, "highway": highway}, index=range(len(geometry)), dtype=object
    )
    frame = frame.where(frame.notna(), None)
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=crs)


def _read_layer(path: Path) -> gpd.GeoDataFrame:
    """Read a line layer into the columns of roads."""
    frame = read_vector(path, "roads")
    columns = {str(column).lower(): column for column in frame.columns}
    geometry = frame.geometry.to_numpy()
    identifier = _usable_ids(frame, columns)
    return road_frame(
        identifier if identifier is not None else _shape_ids(geometry),
        _text(frame, columns.get("name")),
        _text(frame, columns.get("highway")),
        geometry,
    )


def _usable_ids(frame: gpd.GeoDataFrame, columns: dict[str, object]) -> NDArray[np.object_] | None:
    """Return the first identifier column whose values are there and differ, as text."""
    for candidate in _ID_COLUMNS:
        values = _text(frame, columns.get(candidate))
        if values is not None and values.notna().all() and values.is_unique:
            result: NDArray[np.object_] = values.to_numpy(dtype=object)
            return result
    return None


def _shape_ids(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Name lines without an identifier after their shape, so that the name survives another order of the file."""
    import pandas as pd
    import shapely

    shapes = pd.Series(shapely.to_wkb(shapely.normalize(geometry), hex=True), dtype=object)
    hashes = pd.util.hash_pandas_object(shapes, index=False).to_numpy().astype(">u8")
    names: NDArray[np.object_] = pd.Series(hashes).map("line-{:016x}".format).to_numpy(dtype=object)
    return names


def _text(frame: gpd.GeoDataFrame, column: object) -> pd.Series | None:
    """Return a column as text with missing values kept, None when there is no such column."""
    if column is None:
        return None
    values: pd.Series = frame[column].astype("string")
    return values


def _read_osm(plain: Path, path: Path, area: gpd.GeoDataFrame | None, network: NetworkType) -> gpd.GeoDataFrame:
    """Read the ways of ``network`` from an uncompressed OSM file; ``path`` is what the user gave."""
    import pandas as pd
    import pyogrio

    bounds = None if area is None else tuple(area.to_crs(WGS84).total_bounds)
    try:
        # A query on one layer, not a layer by name: only then does GDAL leave out the millions of points of a large
        # file.
        lines = pyogrio.read_dataframe(
            plain,
            sql="SELECT osm_id, name, highway, other_tags FROM lines WHERE highway IS NOT NULL",
            bbox=bounds,
        )
    except Exception as error:  # GDAL raises several unrelated types for one thing: not readable
        reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        raise InputError(
            f"roads: {path} cannot be read as OpenStreetMap data ({reason}); download the extract again as .osm.pbf."
        ) from error
    others = lines["other_tags"].astype("string")
    tags = pd.DataFrame(
        {tag: lines["highway"] if tag == "highway" else _tag(others, tag) for tag in deciding_tags(network)}
    )
    lines = lines[belongs(tags, network)]
    if lines.empty:
        place = "" if area is None else " in the area's bounds"
        raise InputError(
            f"roads: {path} holds no road of the network '{network}'{place}; give an extract of the area, or another "
            "network."
        )
    return road_frame(
        lines["osm_id"].astype("string").to_numpy(dtype=object),
        lines["name"].to_numpy(dtype=object),
        lines["highway"].to_numpy(dtype=object),
        lines.geometry.to_numpy(),
    )


def _tag(others: pd.Series, tag: str) -> pd.Series:
    """Take one tag out of GDAL's ``"key"=>"value","key"=>"value"``; quotes inside values are escaped there."""
    pattern = r'(?:^|,)"' + re.escape(tag) + r'"=>"((?:[^"\\]|\\.)*)"'
    values: pd.Series = others.str.extract(pattern, expand=False)
    return values


@contextmanager
def _decompressed(path: Path, limit: int, progress: Progress) -> Iterator[Path]:
    """Yield a plain OSM file: ``path`` itself, or a temporary one that is removed afterwards.

    GDAL in the wheels of pyogrio reads neither bzip2 nor an OSM file inside gzip, so Python unpacks them.
    """
    name = path.name.lower()
    if not name.endswith((".bz2", ".gz")):
        yield path
        return
    opened = bz2.open if name.endswith(".bz2") else gzip.open
    with tempfile.TemporaryDirectory(prefix="streetsense-") as folder:
        plain, written = Path(folder) / "roads.osm", 0
        try:
            with opened(path, "rb") as source, plain.open("wb") as target:
                while chunk := source.read(_CHUNK):
                    written += len(chunk)
                    if written > limit:
                        raise InputError(
                            f"roads: {path} has more than {limit / 1e6:.0f} MB when it is decompressed; "
                            "give the .osm.pbf of a smaller extract."
                        )
                    target.write(chunk)
                    progress.report(0, 3, f"decompressing roads, {written / 1e6:.0f} MB")
        except (EOFError, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's refusal, not the file's content
            raise InputError(f"roads: {path} is damaged ({error}); download it again.") from error
        yield plain


def _single_lines(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Split into 2-D LineStrings and drop everything that is no line or has no length."""
    import shapely

    parts, rows = shapely.get_parts(shapely.force_2d(frame.geometry.to_numpy()), return_index=True)
    # A collection can hold multi-part lines, so parts are taken twice.
    parts, again = shapely.get_parts(parts, return_index=True)
    rows = rows[again]
    kept = (shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING) & (shapely.length(parts) > 0)
    single = frame.iloc[rows[kept]].reset_index(drop=True)
    single.geometry = parts[kept]
    return single
