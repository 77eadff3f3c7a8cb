"""Tables in parts: each append is one whole Parquet file, so a killed job leaves whole rows or none.

Geometry columns follow GeoParquet 1.1 (WKB, EPSG:4326); every other column has the type its schema says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streetsense.atomic import atomic_path, remove_unfinished
from streetsense.errors import InputError, StreetSenseError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

SAMPLE_POINT_SCHEMA = pa.schema(
    [
        ("point_id", pa.string()),
        ("road_id", pa.string()),
        ("road_bearing_deg", pa.float64()),
        ("geometry", pa.binary()),
    ]
)

#: One row a view (DESIGN section 3). ``captured_at`` is ISO 8601 in UTC as text, because providers give anything from
#: ``2019-07`` to a millisecond and the precision is kept as it came.
VIEW_SCHEMA = pa.schema(
    [
        ("view_id", pa.string()),
        ("provider", pa.string()),
        ("source_id", pa.string()),
        ("pano_id", pa.string()),
        ("sequence_id", pa.string()),
        ("point_id", pa.string()),
        ("captured_at", pa.string()),
        ("heading_deg", pa.float64()),
        ("pitch_deg", pa.float64()),
        ("fov_deg", pa.float64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("path", pa.string()),
        ("sha256", pa.string()),
        ("licence", pa.string()),
        ("attribution", pa.string()),
        ("source_url", pa.string()),
        ("status", pa.string()),
        ("error", pa.string()),
        ("geometry", pa.binary()),
    ]
)


def embedding_schema(dimension: int) -> pa.Schema:
    """Return the schema of an embeddings table of vectors with ``dimension`` float32 values.

    ``fingerprint`` tells the encoder, ``sha256`` the photo that was embedded.
    """
    return pa.schema(
        [
            ("view_id", pa.string()),
            ("embedding", pa.list_(pa.float32(), dimension)),
            ("fingerprint", pa.dictionary(pa.int32(), pa.string())),
            ("sha256", pa.string()),
        ]
    )


class PartTable:
    """A table kept as ``part-000001.parquet``, ``part-000002.parquet``, … in one folder.

    Rows of later parts replace rows of earlier ones with the same key, so that what failed yesterday can succeed today.

    Parameters
    ----------
    folder : Path
        Where the parts are. It need not exist before the first append.
    key : str
        The column that identifies a row.
    schema : pyarrow.Schema, optional
        What every part must look like; None takes the schema of the part that is given.
    """

    def __init__(self, folder: Path, key: str, schema: pa.Schema | None = None) -> None:
        self.folder, self.key, self.schema = folder, key, schema

    def parts(self) -> list[Path]:
        """Return the finished parts, oldest first."""
        return sorted(self.folder.glob("part-*.parquet"))

    def is_empty(self) -> bool:
        """Tell whether no part has been written yet."""
        return not self.parts()

    def append(self, rows: pa.Table) -> Path | None:
        """Write ``rows`` as one new part, whole or not at all; return its path (None when there are no rows).

        Raises
        ------
        InputError
            When the disk is full or cannot be written to.
        """
        if rows.num_rows == 0:
            return None
        if self.schema is not None:
            rows = rows.select(self.schema.names).cast(self.schema)
        if "geometry" in rows.column_names:
            rows = rows.replace_schema_metadata({**(rows.schema.metadata or {}), b"geo": _geo_metadata()})
        remove_unfinished(self.folder)
        parts = self.parts()
        number = int(parts[-1].stem.split("-")[1]) + 1 if parts else 1
        path = self.folder / f"part-{number:06d}.parquet"
        with atomic_path(path) as temporary:
            pq.write_table(rows, temporary, compression="zstd")
        return path

    def append_frame(self, frame: gpd.GeoDataFrame) -> Path | None:
        """Write the rows of a (Geo)DataFrame as one new part; columns that the schema has and it lacks become null."""
        if self.schema is None:
            raise TypeError("append_frame needs a table with a schema")
        return self.append(frame_to_arrow(frame, self.schema))

    def read(self, columns: list[str] | None = None) -> pa.Table:
        """Return the newest row of every key, in the order of first appearance of the surviving rows.

        Parameters
        ----------
        columns : list of str, optional
            Only these columns.

        Raises
        ------
        StreetSenseError
            When a part is damaged (the sentence names it).
        """
        wanted = None if columns is None else list(dict.fromkeys([*columns, self.key]))
        tables = [read_part(part, wanted) for part in self.parts()]
        if not tables:
            empty = (self.schema or pa.schema([(self.key, pa.string())])).empty_table()
            return empty if columns is None else empty.select([c for c in columns if c in empty.column_names])
        table = _newest_rows(pa.concat_tables(tables, promote_options="default"), self.key)
        return table if columns is None else table.select(columns)

    def read_frame(self, columns: list[str] | None = None) -> gpd.GeoDataFrame | pd.DataFrame:
        """Return the rows as a GeoDataFrame in EPSG:4326 (a DataFrame when ``geometry`` is not asked for)."""
        return arrow_to_frame(self.read(columns))

    def keys(self) -> set[str]:
        """Return the keys that are there."""
        return set(self.read([self.key])[self.key].to_pylist())


def frame_to_arrow(frame: gpd.GeoDataFrame | pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """Convert a (Geo)DataFrame to an Arrow table of ``schema``; geometries become WKB, missing columns null."""
    import shapely

    arrays = []
    for field in schema:
        if field.name not in frame.columns:
            arrays.append(pa.nulls(len(frame), field.type))
        elif field.name == "geometry":
            arrays.append(pa.array(shapely.to_wkb(frame["geometry"].to_numpy()), type=pa.binary(), from_pandas=True))
        else:
            arrays.append(pa.array(frame[field.name], type=field.type, from_pandas=True))
    return pa.table(arrays, schema=schema)


def arrow_to_frame(table: pa.Table) -> gpd.GeoDataFrame | pd.DataFrame:
    """Convert an Arrow table to a DataFrame; a WKB ``geometry`` column makes it a GeoDataFrame in EPSG:4326."""
    import geopandas as gpd
    import shapely

    if "geometry" not in table.column_names:
        return table.to_pandas()
    geometry = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    return gpd.GeoDataFrame(table.drop_columns(["geometry"]).to_pandas(), geometry=geometry, crs="EPSG:4326")


def write_frame(frame: gpd.GeoDataFrame, schema: pa.Schema, path: Path) -> None:
    """Write a GeoDataFrame as one GeoParquet file of ``schema``, atomically."""
    table = frame_to_arrow(frame, schema)
    with atomic_path(path) as temporary:
        pq.write_table(table.replace_schema_metadata({b"geo": _geo_metadata()}), temporary, compression="zstd")


def _newest_rows(table: pa.Table, key: str) -> pa.Table:
    """Keep the last row of every key."""
    last = pa.table({"key": table[key], "row": pa.array(np.arange(table.num_rows))})
    rows = last.group_by("key", use_threads=False).aggregate([("row", "max")])["row_max"]
    if len(rows) == table.num_rows:
        return table
    return table.take(rows.combine_chunks().sort() if hasattr(rows, "combine_chunks") else rows)


def read_part(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read one Parquet file of a table.

    Raises
    ------
    StreetSenseError
        When it is damaged (the sentence names it).
    InputError
        When it lacks one of ``columns``.
    """
    try:
        table = pq.read_table(path, columns=columns, partitioning=None)
    except (pa.ArrowInvalid, OSError) as error:
        raise StreetSenseError(
            f"{path}: this part of the table is damaged; delete the file and run the process that made it again."
        ) from error
    if columns is not None and (missing := set(columns) - set(table.column_names)):
        raise InputError(f"{path.parent.name}: the table has no column {', '.join(sorted(missing))}.")
    return table


def _geo_metadata() -> bytes:
    """Return the GeoParquet 1.1 file metadata; no ``crs`` means OGC:CRS84, which is what is stored."""
    column = {"encoding": "WKB", "geometry_types": []}
    return json.dumps({"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}).encode()
