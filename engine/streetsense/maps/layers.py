"""Result layers: a GeoPackage that carries its own styles and says where its numbers come from."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from streetsense.atomic import atomic_path
from streetsense.maps.styles import LayerStyle
from streetsense.vectors import GEOPACKAGE_VERSION

if TYPE_CHECKING:
    import geopandas as gpd

# The table as QGIS creates it ("Save style in database").
_STYLES_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
  ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""

# GeoPackage 1.3, annex F.8 (metadata extension), tables 47 and 48.
_METADATA_TABLES = (
    """CREATE TABLE IF NOT EXISTS gpkg_metadata (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT ''
)""",
    """CREATE TABLE IF NOT EXISTS gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id)
)""",
    """CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
)""",
)
_EXTENSION = ("gpkg_metadata", "http://www.geopackage.org/spec/#extension_metadata", "read-write")


@dataclass(frozen=True)
class LayerMetadata:
    """What QGIS shows under Layer Properties > Metadata.

    Attributes
    ----------
    title : str
        A few words.
    abstract : str
        What the layer shows and how far it can be trusted.
    facts : dict of str to str
        Encoder, predictor, data, date and so on; kept as the layer's history.
    licence : str
        What others may do with it.
    keywords : list of str
        For catalogues.
    """

    title: str
    abstract: str
    facts: dict[str, str]
    licence: str = ""
    keywords: list[str] = field(default_factory=list)

    def as_qmd(self) -> str:
        """Return the metadata as QGIS reads it (the content of a ``.qmd`` file)."""
        root = ElementTree.Element("qgis", version="3.22.0")
        texts = {"identifier": "", "parentidentifier": "", "language": "ENG", "type": "dataset", "title": self.title}
        for name, text in {**texts, "abstract": self.abstract}.items():
            ElementTree.SubElement(root, name).text = text
        words = ElementTree.SubElement(root, "keywords", vocabulary="StreetSense")
        for word in self.keywords:
            ElementTree.SubElement(words, "keyword").text = word
        ElementTree.SubElement(root, "links")
        for name, fact in self.facts.items():
            ElementTree.SubElement(root, "history").text = f"{name}: {fact}"
        ElementTree.SubElement(root, "fees")
        if self.licence:
            ElementTree.SubElement(root, "license").text = self.licence
        ElementTree.SubElement(root, "encoding").text = "UTF-8"
        ElementTree.indent(root, " ")
        doctype = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        return doctype + ElementTree.tostring(root, encoding="unicode")


def write_layer(
    path: Path, frame: gpd.GeoDataFrame, name: str, styles: list[LayerStyle], metadata: LayerMetadata
) -> None:
    """Write a GeoPackage with one layer, its styles (the first is the default) and its metadata.

    The file is made under another name and renamed when it is whole.

    Parameters
    ----------
    path : Path
        Where; an older file is replaced.
    frame : GeoDataFrame
        Features, in the CRS that the layer will have.
    name : str
        The layer's name.
    styles : list of LayerStyle
        QGIS offers all of them and draws the first.
    metadata : LayerMetadata
        Shown by QGIS and kept in the GeoPackage's metadata tables.

    Raises
    ------
    InputError
        When the disk is full or cannot be written to.
    """
    import pyogrio

    with atomic_path(path) as temporary:
        options = {"layer": name, "driver": "GPKG", "promote_to_multi": _needs_multi(frame)}
        options["dataset_options"] = {"VERSION": GEOPACKAGE_VERSION}
        facts = {key: value for key, value in metadata.facts.items() if value}
        pyogrio.write_dataframe(frame, temporary, layer_options={"DESCRIPTION": metadata.abstract}, **options)
        with contextlib.closing(sqlite3.connect(temporary)) as database, database:
            column = database.execute("SELECT column_name FROM gpkg_geometry_columns").fetchone()[0]
            _add_styles(database, name, column, styles)
            _add_metadata(database, name, LayerMetadata(**{**metadata.__dict__, "facts": facts}))


def _needs_multi(frame: gpd.GeoDataFrame) -> bool:
    """Tell whether the layer must be of a multi type: QGIS refuses mixed ones."""
    return bool(frame.geometry.geom_type.astype(str).str.startswith("Multi").any())


def _add_styles(database: sqlite3.Connection, layer: str, column: str, styles: list[LayerStyle]) -> None:
    database.execute(_STYLES_TABLE)
    database.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
        "styleQML, styleSLD, useAsDefault, description, owner, ui) VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '', NULL)",
        [(layer, column, s.name, s.qml, int(number == 0), s.description) for number, s in enumerate(styles)],
    )
    # Registered as an attribute table, or GDAL would not show it to QGIS.
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', 0)"
    )


def _add_metadata(database: sqlite3.Connection, layer: str, metadata: LayerMetadata) -> None:
    for statement in _METADATA_TABLES:
        database.execute(statement)
    database.executemany(
        "INSERT OR IGNORE INTO gpkg_extensions (table_name, extension_name, definition, scope) VALUES (?, ?, ?, ?)",
        [(table, *_EXTENSION) for table in ("gpkg_metadata", "gpkg_metadata_reference")],
    )
    row = database.execute(
        "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata) "
        "VALUES ('dataset', ?, 'text/xml', ?)",
        ("http://mrcc.com/qgis.dtd", metadata.as_qmd()),
    )
    database.execute(
        "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, md_file_id) VALUES ('table', ?, ?)",
        (layer, row.lastrowid),
    )
    # gpkg_contents wants unique identifiers; the layer's own name stays, so that titles may repeat.
    database.execute("UPDATE gpkg_contents SET description = ? WHERE table_name = ?", (metadata.abstract, layer))
