"""Where units come from: a polygon layer, H3 cells or squares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from streetsense.errors import InputError
from streetsense.vectors import WGS84, read_vector, require_columns, utm_crs

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

#: Columns that may name a unit, best first; compared without regard to case.
_ID_COLUMNS = ("unit_id", "geoid", "geoid20", "geoid10", "geo_id", "id", "code", "fid")
#: Cells after which `read_units` refuses: more than anybody maps, and a sign of a resolution chosen by mistake.
MAX_CELLS = 2_000_000
#: Degrees between vertices of an outline before it is projected; its edges bend by less than a metre in between.
_CURVE_STEP = 0.01
#: Metres between vertices of a square, so that it bends by less than a decimetre when it is stored in degrees.
_STRAIGHT = 1000.0


def read_units(
    source: str | Path, cover: gpd.GeoDataFrame, crs: CRS | None = None, *, id_column: str | None = None
) -> gpd.GeoDataFrame:
    """Read or make the units of an analysis.

    Parameters
    ----------
    source : str or Path
        ``h3:RES`` (H3 cells of resolution 0 to 15), ``square:METRES`` (squares whose corners are multiples of the size
        in ``crs``), or the path of a polygon layer.
    cover : GeoDataFrame
        What cells are made for, any CRS. Of points (views): the cells that hold one. Of polygons (the area): the cells
        that share surface with it. Polygons of a layer come all, whatever the cover.
    crs : pyproj.CRS, optional
        Working CRS in metres; the UTM zone of ``cover`` by default.
    id_column : str, optional
        The column of the layer that names its units; otherwise one called like GEOID, unit_id or id is taken.

    Returns
    -------
    GeoDataFrame
        ``unit_id`` (text, unique) and ``geometry`` (Polygon or MultiPolygon, EPSG:4326), sorted by ``unit_id``. The id
        of an H3 cell is its usual hexadecimal name; of a square ``<size>:<column>:<row>``.

    Raises
    ------
    InputError
        When ``source`` is neither, a resolution or size is out of range, the layer holds no polygon, its ids are
        missing or repeat, or there would be more than two million cells.
    """
    kind, _, size = str(source).partition(":")
    match kind.strip().lower():
        case "h3":
            units = _hexagons(_resolution(size), cover)
        case "square":
            units = _squares(_square_size(size), cover, crs or utm_crs(cover))
        case _:
            units = _polygons(source, id_column)
    return units.sort_values("unit_id", kind="stable", ignore_index=True)


def _polygons(source: str | Path, id_column: str | None) -> gpd.GeoDataFrame:
    """Read the units of a polygon layer."""
    import geopandas as gpd
    import shapely

    layer = read_vector(source, "units")
    column = _id_column(layer, source, id_column)
    geometry = shapely.make_valid(layer.geometry.to_numpy())
    flat = shapely.get_dimensions(geometry) == 2
    if not flat.all():
        kinds = ", ".join(sorted(set(layer.geom_type[~flat])))
        raise InputError(f"units: {source} holds {kinds} where polygons are needed; give a polygon layer.")
    missing = layer[column].isna().to_numpy()
    if missing.any():
        raise InputError(
            f"units: {missing.sum()} features of {source} have no '{column}'; fill it or choose another column."
        )
    names = layer[column].astype(str)
    if names.duplicated().any():
        raise InputError(
            f"units: '{names[names.duplicated()].iloc[0]}' occurs more than once in column '{column}' of {source}; "
            "dissolve the layer by it or choose another column."
        )
    return gpd.GeoDataFrame({"unit_id": names.to_numpy(dtype=object)}, geometry=geometry, crs=layer.crs)


def _id_column(layer: gpd.GeoDataFrame, source: str | Path, wanted: str | None) -> str:
    """Return the column that names the units of a layer."""
    if wanted is not None:
        require_columns(layer, [wanted], "units")
        return wanted
    by_lower = {str(column).lower(): str(column) for column in layer.columns}
    for candidate in _ID_COLUMNS:
        if candidate in by_lower:
            return by_lower[candidate]
    have = ", ".join(str(column) for column in layer.columns if column != "geometry")
    raise InputError(
        f"units: {source} has no column called like GEOID or unit_id (it has {have or 'none'}); say which one."
    )


def _resolution(text: str) -> int:
    if not text.strip().isdecimal() or not 0 <= int(text) <= 15:
        raise InputError(
            f"units: 'h3:{text}' has no valid resolution; write h3:0 (large) to h3:15 (small), for example h3:9."
        )
    return int(text)


def _square_size(text: str) -> float:
    try:
        size = float(text)
    except ValueError:
        size = float("nan")
    if not 1 <= size <= 1e6:
        raise InputError(
            f"units: 'square:{text}' has no valid size; write a number of metres from 1, for example square:250."
        )
    return size


def _hexagons(resolution: int, cover: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the H3 cells that hold a point of ``cover`` or share surface with its polygons.

    The h3 library answers for one position at a time. Positions are made different to 1e-6 degrees first (views of one
    panorama share theirs), which leaves about a microsecond for each.
    """
    import geopandas as gpd
    import h3
    import shapely

    geometry = cover.geometry.to_crs(WGS84)
    if _are_points(geometry):
        positions = np.unique(np.round(shapely.get_coordinates(geometry.to_numpy()), 6), axis=0)
        cells = {h3.latlng_to_cell(lat, lon, resolution) for lon, lat in positions.tolist()}
    else:
        outline = shapely.union_all(shapely.make_valid(geometry.to_numpy()))
        _refuse_many(_surface(outline) / (h3.average_hexagon_area(resolution, "m^2")), f"h3:{resolution}")
        shape = h3.geo_to_h3shape(outline)
        cells = set(h3.h3shape_to_cells_experimental(shape, resolution, contain="overlap"))
    names = sorted(cells)
    corners = [h3.cell_to_boundary(cell) for cell in names]
    ring = np.repeat(np.arange(len(names)), [len(corner) for corner in corners])
    # H3 says latitude first; rings close by themselves.
    flat = np.array([corner for cell in corners for corner in cell])[:, ::-1]
    polygons = shapely.polygons(shapely.linearrings(flat, indices=ring))
    return gpd.GeoDataFrame({"unit_id": np.array(names, dtype=object)}, geometry=polygons, crs=WGS84)


def _squares(size: float, cover: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Return the squares of a grid in ``crs`` that hold a point of ``cover`` or share surface with its polygons."""
    import geopandas as gpd
    import shapely

    # Long edges in degrees are curves in metres: without vertices on them the grid would miss a strip along the border.
    geometry = cover.geometry.to_crs(WGS84).segmentize(_CURVE_STEP).to_crs(crs)
    if _are_points(geometry):
        cells = np.unique(np.floor(shapely.get_coordinates(geometry.to_numpy()) / size).astype(np.int64), axis=0)
    else:
        outline = shapely.union_all(shapely.make_valid(geometry.to_numpy()))
        bounds = shapely.bounds(outline)
        west, south = np.floor(bounds[:2] / size).astype(np.int64)
        east, north = np.ceil(bounds[2:] / size).astype(np.int64)
        _refuse_many(float(east - west) * float(north - south), f"square:{size:g}")
        column, row = np.meshgrid(np.arange(west, east), np.arange(south, north), indexing="ij")
        cells = np.stack([column.ravel(), row.ravel()], axis=1)
    low, high = cells * size, (cells + 1) * size
    boxes = shapely.segmentize(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]), _STRAIGHT)
    if not _are_points(geometry):
        shapely.prepare(outline)
        # Sharing no more than a border is not sharing surface.
        kept = shapely.intersects(outline, boxes) & ~shapely.touches(outline, boxes)
        cells, boxes = cells[kept], boxes[kept]
    names = np.char.add(np.char.add(f"{size:g}:", cells[:, 0].astype(str)), np.char.add(":", cells[:, 1].astype(str)))
    return gpd.GeoDataFrame({"unit_id": names.astype(object)}, geometry=boxes, crs=crs).to_crs(WGS84)


def _are_points(geometry: gpd.GeoSeries) -> bool:
    import shapely

    dimensions = shapely.get_dimensions(geometry.to_numpy())
    if len(dimensions) == 0:
        raise InputError("units: there is no view or area to make cells for; fetch views first.")
    return bool((dimensions == 0).all())


def _surface(outline: object) -> float:
    """Return the surface of a geometry in EPSG:4326 in square metres."""
    from pyproj import Geod

    return abs(float(Geod(ellps="WGS84").geometry_area_perimeter(outline)[0]))


def _refuse_many(cells: float, source: str) -> None:
    if cells > MAX_CELLS:
        raise InputError(f"units: {source} would make about {cells:.0f} cells for this area; choose larger cells.")
