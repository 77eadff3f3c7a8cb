"""The study folder: where everything of one analysis lies, and what it is called there (DESIGN section 3)."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from streetsense.atomic import write_json
from streetsense.errors import InputError
from streetsense.study.lock import StudyLock
from streetsense.study.tables import SAMPLE_POINT_SCHEMA, VIEW_SCHEMA, PartTable, arrow_to_frame, read_part, write_frame
from streetsense.vectors import utm_crs

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

#: The version of the folder's layout. A study with a higher one is refused, a lower one would be migrated here.
SCHEMA_VERSION = 1
_NAME = re.compile(r"[\w][\w .+-]{0,99}")


class StudyRecord(BaseModel):
    """What ``study.json`` holds."""

    model_config = ConfigDict(extra="allow")

    schema_version: int
    name: str
    created: str
    crs: str = Field(description="working coordinate reference system: the UTM zone of the area")
    area: dict[str, Any] = Field(description="GeoJSON feature collection, WGS84")


class Study:
    """One analysis on disk. Make it with `create` or `open`.

    Attributes
    ----------
    root : Path
        The folder.
    record : StudyRecord
        What ``study.json`` says.
    """

    def __init__(self, root: Path, record: StudyRecord) -> None:
        self.root, self.record = root, record

    @classmethod
    def create(cls, root: Path | str, area: gpd.GeoDataFrame, name: str | None = None) -> Study:
        """Make a new study folder.

        Parameters
        ----------
        root : Path or str
            A folder that does not exist or is empty.
        area : GeoDataFrame
            The polygon(s) of the analysis, in any CRS.
        name : str, optional
            What people call the study; the folder's name by default.

        Raises
        ------
        InputError
            When the folder holds something, the area has no polygon or no surface, or the disk refuses.
        """
        root = Path(root).expanduser()
        if (root / "study.json").exists():
            raise InputError(f"study: {root} is a study already; open it, or choose another folder.")
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise InputError(f"study: {root} is not an empty folder; choose a new one.")
        polygons = _polygons(area)
        crs = utm_crs(polygons)
        if polygons.to_crs(crs).area.sum() <= 0:
            raise InputError("area: its polygons have no surface; draw an area of at least some metres.")
        record = StudyRecord(
            schema_version=SCHEMA_VERSION,
            name=name or root.resolve().name,
            created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            crs=crs.to_string(),
            area=json.loads(polygons.to_json(drop_id=True)),
        )
        write_json(root / "study.json", record.model_dump())
        return cls(root, record)

    @classmethod
    def open(cls, root: Path | str) -> Study:
        """Open an existing study.

        Raises
        ------
        InputError
            When the folder is no study, its record is damaged, or a newer StreetSense made it.
        """
        root = Path(root).expanduser()
        path = root / "study.json"
        if not path.is_file():
            raise InputError(f"study: {root} is not a study (it has no study.json); make one with 'streetsense new'.")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            version = int(content["schema_version"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"study: {path} is damaged; restore it from a copy.") from error
        if version > SCHEMA_VERSION:
            raise InputError(
                f"study: {root} was made by a newer StreetSense (schema {version}, this one reads up to "
                f"{SCHEMA_VERSION}); update StreetSense."
            )
        try:
            study = cls(root, StudyRecord.model_validate(content))
            usable = study.crs.is_projected and len(study.area) > 0
        except Exception as error:  # pydantic, pyproj and geopandas raise many types for one thing: a damaged record
            raise InputError(f"study: {path} is damaged; restore it from a copy.") from error
        if not usable:
            raise InputError(f"study: {path} is damaged; restore it from a copy.")
        return study

    @property
    def name(self) -> str:
        """What people call the study."""
        return self.record.name

    @property
    def crs(self) -> CRS:
        """The working coordinate reference system: metres."""
        from pyproj import CRS

        return CRS.from_user_input(self.record.crs)

    @property
    def area(self) -> gpd.GeoDataFrame:
        """The polygon(s) of the analysis, EPSG:4326."""
        import geopandas as gpd

        return gpd.GeoDataFrame.from_features(self.record.area["features"], crs="EPSG:4326")

    @property
    def photos_dir(self) -> Path:
        """Where copied and rendered photos are."""
        return self.root / "photos"

    @property
    def encoders_dir(self) -> Path:
        """Where encoders are, a folder each."""
        return self.root / "encoders"

    @property
    def predictors_dir(self) -> Path:
        """Where predictors are, a folder each."""
        return self.root / "predictors"

    @property
    def results_dir(self) -> Path:
        """Where result layers are."""
        return self.root / "results"

    @property
    def jobs_dir(self) -> Path:
        """Where the records of jobs are, a folder each."""
        return self.root / "jobs"

    @property
    def views_table(self) -> PartTable:
        """The views, in parts."""
        return PartTable(self.root / "views", "view_id", VIEW_SCHEMA)

    def embeddings_table(self, encoder: str) -> PartTable:
        """Return the embeddings that ``encoder`` made, in parts."""
        return PartTable(self.root / "embeddings" / checked_name(encoder, "encoder"), "view_id")

    def sample_points(self) -> gpd.GeoDataFrame:
        """Return the sample points (EPSG:4326); an empty frame when there are none yet."""
        path = self.root / "sample_points.parquet"
        return arrow_to_frame(read_part(path) if path.is_file() else SAMPLE_POINT_SCHEMA.empty_table())

    def write_sample_points(self, points: gpd.GeoDataFrame) -> None:
        """Replace the sample points (any CRS)."""
        write_frame(points.to_crs("EPSG:4326"), SAMPLE_POINT_SCHEMA, self.root / "sample_points.parquet")

    def views(self, *, status: str | None = "ok", columns: list[str] | None = None) -> gpd.GeoDataFrame:
        """Return the views as a GeoDataFrame (EPSG:4326), ordered by ``view_id``.

        Parameters
        ----------
        status : str or None
            Only views with this status; None for all of them.
        columns : list of str, optional
            Only these columns; without ``geometry`` among them the result is a plain DataFrame.
        """
        import pyarrow.compute as pc

        wanted = None if columns is None else list(dict.fromkeys([*columns, "view_id", "status"]))
        table = self.views_table.read(wanted)
        if status is not None:
            table = table.filter(pc.equal(table["status"], status))
        frame = arrow_to_frame(table.sort_by("view_id"))
        return frame if columns is None else frame[columns]

    def photo_licences(self) -> list[str]:
        """Return the licences of the study's photos, each once, sorted; photos without one add nothing."""
        return sorted(set(self.views(columns=["licence"])["licence"].dropna()) - {""})

    def photo_path(self, path: str) -> Path:
        """Return where a view's photo is: inside the study, or where a linked photo stayed."""
        return self.root / path

    def lock(self, doing: str) -> StudyLock:
        """Return a context manager that holds the study for writing (see `StudyLock`)."""
        return StudyLock(self.root, doing)


def checked_name(name: str, what: str) -> str:
    """Return ``name`` when it can name a file inside the study, else raise `InputError`.

    Letters, digits, space, ``. _ + -`` are allowed; path separators and leading dots are not.
    """
    if not _NAME.fullmatch(name) or ".." in name:
        raise InputError(f"{what}: '{name}' cannot be used as a name; use letters, digits, '.', '_' and '-'.")
    return name


def _polygons(area: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the valid polygons of ``area`` in EPSG:4326 without attributes."""
    import geopandas as gpd
    import shapely

    if area.crs is None:
        raise InputError("area: its coordinate reference system is missing; assign one and try again.")
    geometry = shapely.make_valid(area.to_crs("EPSG:4326").geometry.to_numpy())
    parts = shapely.get_parts(geometry)
    parts = parts[shapely.get_dimensions(parts) == 2]
    if len(parts) == 0:
        raise InputError("area: it holds no polygon; draw or choose a polygon layer.")
    return gpd.GeoDataFrame(geometry=parts, crs="EPSG:4326")
