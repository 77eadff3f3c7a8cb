"""Reading other people's vector files and tables: any format and coordinate system in, WGS84 out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from streetsense.atomic import atomic_path
from streetsense.errors import InputError
from streetsense.vectors.confinement import require_own_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS

#: The coordinate system of every stored geometry: longitude, latitude in degrees, WGS84.
WGS84 = "EPSG:4326"
#: What is written. Newer ones make the GDAL of QGIS 3.22 warn.
GEOPACKAGE_VERSION = "1.3"
_GEO_TABLES = {".geojson", ".json", ".gpkg", ".shp", ".fgb", ".kml", ".gml"}


def read_vector(path: Path | str, name: str) -> gpd.GeoDataFrame:
    """Read a vector file into WGS84.

    Parameters
    ----------
    path : Path or str
        Any file that OGR reads, or a GeoParquet file. A layer of a file with several is written as QGIS does:
        ``FILE.gpkg|layername=NAME``.
    name : str
        What the user calls this input; error messages begin with it.

    Returns
    -------
    GeoDataFrame
        In EPSG:4326, without empty geometries, index 0..n-1.

    Raises
    ------
    InputError
        When the file is missing, unreadable or empty, has several layers and none is named, has no geometry or no
        CRS, or lies outside the world.
    """
    import geopandas as gpd
    import numpy as np

    file, _, layer = str(path).partition("|layername=")
    path = existing_file(file, name)
    try:
        if path.suffix.lower() in {".parquet", ".geoparquet"}:
            frame = gpd.read_parquet(path)
        else:
            require_own_crs(path, name)
            frame = gpd.read_file(path, engine="pyogrio", layer=_layer(path, layer, name))
    except InputError:
        raise
    except Exception as error:  # GDAL, pyarrow and geopandas raise a dozen unrelated types for one thing: not readable
        raise InputError(
            f"{name}: {path} cannot be read as a vector file ({_first_line(error)}); give a GeoJSON, "
            "GeoPackage, Shapefile or GeoParquet file."
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.geometry.isna().all() or frame.geometry.is_empty.all():
        raise InputError(f"{name}: {path} holds no geometry; give a layer with features.")
    if frame.crs is None:
        raise InputError(
            f"{name}: {path} does not say its coordinate reference system; assign one (in QGIS: Layer > "
            "Set CRS, then save) and try again."
        )
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)].to_crs(WGS84).reset_index(drop=True)
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    bounds = frame.total_bounds
    if not np.isfinite(bounds).all() or abs(bounds[[0, 2]]).max() > 180.0001 or abs(bounds[[1, 3]]).max() > 90.0001:
        raise InputError(
            f"{name}: {path} has coordinates outside the world ({_rounded(bounds)}); its coordinate "
            "reference system is probably declared wrongly, correct it and try again."
        )
    return frame


def write_vector(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write a layer, named after the file, as GeoPackage or GeoJSON (by the suffix); whole or not at all.

    Parameters
    ----------
    frame : GeoDataFrame
        In any CRS.
    path : Path
        ``.gpkg`` or ``.geojson``; its folder is created.

    Raises
    ------
    InputError
        When the disk is full or cannot be written to.
    """
    options: dict[str, str] = {}
    if path.suffix == ".gpkg":
        options = {"driver": "GPKG", "layer": path.stem, "VERSION": GEOPACKAGE_VERSION}
    with atomic_path(path) as temporary:
        frame.to_file(temporary, engine="pyogrio", **options)


def read_table(path: Path | str, name: str) -> pd.DataFrame:
    """Read a table, with or without geometry.

    Parameters
    ----------
    path : Path or str
        CSV (any of the separators comma, semicolon, tab), Parquet, GeoJSON, GeoPackage or another OGR file.
    name : str
        What the user calls this input; error messages begin with it.

    Returns
    -------
    DataFrame
        A GeoDataFrame in EPSG:4326 when the file has geometry. Identifier columns that look like numbers with leading
        zeros (``06081608700``) stay text.

    Raises
    ------
    InputError
        When the file is missing, empty or unreadable.
    """
    import pandas as pd

    path = existing_file(path, name)
    suffix = path.suffix.lower()
    frame: pd.DataFrame
    if suffix in _GEO_TABLES:
        frame = read_vector(path, name)
        return frame
    try:
        if suffix in {".parquet", ".geoparquet"}:
            frame = _read_parquet(path)
        else:
            separator = _separator(path)
            with_zeros = _columns_with_leading_zeros(path, separator)
            frame = pd.read_csv(path, sep=separator, dtype=dict.fromkeys(with_zeros, "str"), encoding=_encoding(path))
    except Exception as error:  # pandas and pyarrow raise many types for one thing: not readable
        raise InputError(
            f"{name}: {path} cannot be read as a table ({_first_line(error)}); give a CSV, Parquet, "
            "GeoJSON or GeoPackage file."
        ) from error
    if frame.empty:
        raise InputError(f"{name}: {path} has no rows; give a table with at least one.")
    return frame


def existing_file(path: Path | str, name: str) -> Path:
    """Return ``path`` as a `Path` when it is a readable file with content, else raise `InputError`."""
    path = Path(path).expanduser()
    if not path.exists():
        raise InputError(f"{name}: {path} does not exist; check the path.")
    if path.is_dir():
        raise InputError(f"{name}: {path} is a folder; give a file.")
    if path.stat().st_size == 0:
        raise InputError(f"{name}: {path} is empty; give a file with content.")
    return path


def utm_crs(frame: gpd.GeoDataFrame) -> CRS:
    """Return the UTM zone (WGS84, metres) that holds the middle of ``frame``.

    An area that lies on both sides of the antimeridian gets a zone there. Beyond 84° N and 80° S, where UTM is not
    defined, the polar stereographic systems UPS North and South are returned.
    """
    import numpy as np
    from pyproj import CRS

    degrees = frame.to_crs(WGS84)
    west, south, east, north = degrees.total_bounds
    longitude, latitude = (west + east) / 2, (south + north) / 2
    if east - west > 180:
        # Across the antimeridian the middle of the bounds lies on the other side of the earth.
        angles = np.radians(degrees.geometry.get_coordinates()["x"].to_numpy())
        longitude = float(np.degrees(np.arctan2(np.sin(angles).mean(), np.cos(angles).mean())))
    if latitude > 84:
        return CRS.from_epsg(32661)
    if latitude < -80:
        return CRS.from_epsg(32761)
    zone = int((longitude + 180) // 6) % 60 + 1
    return CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def require_columns(frame: pd.DataFrame, columns: list[str], name: str) -> None:
    """Raise `InputError` naming the first of ``columns`` that ``frame`` lacks, and the columns it has."""
    for column in columns:
        if column not in frame.columns:
            have = ", ".join(map(str, list(frame.columns)[:12]))
            raise InputError(
                f"{name}: there is no column '{column}'; the columns are {have}"
                f"{', …' if len(frame.columns) > 12 else ''}."
            )


def _layer(path: Path, wanted: str, name: str) -> str | int:
    """Return the layer to read: the one that is wanted, or the only one with geometry.

    Raises
    ------
    InputError
        When there are several and none was named.
    """
    import pyogrio

    if wanted:
        return wanted
    layers = [str(layer) for layer, kind in pyogrio.list_layers(path) if kind is not None]
    if len(layers) > 1:
        raise InputError(
            f"{name}: {path} holds several layers ({', '.join(layers[:6])}); say which one, as in "
            f"'{path}|layername={layers[0]}'."
        )
    return layers[0] if layers else 0


def _read_parquet(path: Path) -> pd.DataFrame:
    import geopandas as gpd
    import pyarrow.parquet as pq

    if b"geo" in (pq.read_schema(path).metadata or {}):
        frame: pd.DataFrame = gpd.read_parquet(path).to_crs(WGS84)
    else:
        frame = pq.read_table(path).to_pandas()
    return frame


def _separator(path: Path) -> str:
    """Return the separator that occurs most in the header line."""
    with path.open(encoding=_encoding(path), errors="replace") as lines:
        header = lines.readline()
    return max(",;\t", key=header.count)


def _encoding(path: Path) -> str:
    """Return UTF-8 where the file is UTF-8, and else what spreadsheets in Europe and America write."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for _ in lines:
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _columns_with_leading_zeros(path: Path, separator: str) -> list[str]:
    """Names of the columns whose values would lose a leading zero if they were read as numbers (GEOID, postcode)."""
    import pandas as pd

    head = pd.read_csv(path, sep=separator, dtype="str", nrows=1000, encoding=_encoding(path))
    return [str(c) for c in head.columns if head[c].str.fullmatch(r"0\d+").fillna(False).any()]


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    line = text.splitlines()[0].rstrip(".")
    return line if len(line) <= 160 else f"{line[:160].rsplit(' ', 1)[0]} …"


def _rounded(bounds: Any) -> str:  # noqa: ANN401 - numpy's scalar types vary
    return ", ".join(f"{value:.1f}" for value in bounds)
