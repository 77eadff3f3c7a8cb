"""Studies over HTTP: their list, a new one, and what is in one."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from streetsense.atomic import UNFINISHED, remove_unfinished
from streetsense.errors import InputError
from streetsense.server.files import FileEntry, offered_files, study_folder
from streetsense.server.links import address
from streetsense.server.problems import PROBLEM, RESPONSES, Problem
from streetsense.server.settings import ServerSettings
from streetsense.study import Study, checked_name

router = APIRouter(tags=["studies"])

GEOJSON = "application/geo+json"
#: Bytes of a study's record that are read for a list.
_MAX_RECORD = 8 * 2**20
_making = threading.Lock()
_EXAMPLE_AREA = {
    "type": "Polygon",
    "coordinates": [[[-1.252, 44.648], [-1.242, 44.648], [-1.242, 44.658], [-1.252, 44.658], [-1.252, 44.648]]],
}


class StudyEntry(BaseModel):
    """A study of the server."""

    name: str = Field(description="its folder's name, by which all requests know it", examples=["town"])
    title: str = Field(description="what people call it")
    created: str = Field(description="ISO 8601, UTC")
    crs: str = Field(description="its working coordinate reference system, in metres", examples=["EPSG:32630"])


class StudyList(BaseModel):
    """The studies of the server, by name."""

    studies: list[StudyEntry]


class NewStudy(BaseModel):
    """What a new study is made from."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="a name for its folder: letters, digits, space and . _ + -", examples=["town"])
    title: str | None = Field(None, max_length=200, description="what to call it; its name by default")
    area: dict[str, Any] = Field(
        description="GeoJSON (WGS84): a feature collection, a feature or a geometry", examples=[_EXAMPLE_AREA]
    )


class StudyDetails(StudyEntry):
    """What is in a study."""

    area_km2: float = Field(description="of its area")
    sample_points: int = Field(description="how many there are")
    views: dict[str, int] = Field(description="by status")
    providers: dict[str, int] = Field(description="views by provider")
    embeddings: dict[str, int] = Field(description="by encoder")
    encoders: list[str] = Field(description="their names")
    predictors: list[str] = Field(description="their names")
    results: list[str] = Field(description="files and folders of results")
    written_by: str | None = Field(description="what writes to it now")
    files: list[FileEntry] = Field(description="what can be downloaded")


class EncoderList(BaseModel):
    """The encoders of a study, by name."""

    encoders: list[dict[str, Any]] = Field(description="what each one's config.json says")


@router.get("/studies", operation_id="getStudies", summary="List the studies", responses=RESPONSES)
def studies(request: Request) -> StudyList:
    """List the studies of the server; a folder whose record cannot be read is left out."""
    settings: ServerSettings = request.app.state.settings
    found = []
    for path in sorted(settings.studies.glob("*/study.json")):
        entry = _entry(settings, path)
        if entry is not None:
            found.append(entry)
    return StudyList(studies=found)


@router.post(
    "/studies",
    operation_id="createStudy",
    summary="Make a study",
    status_code=201,
    responses=RESPONSES
    | {
        201: {
            "headers": {"Location": {"description": "the study", "schema": {"type": "string", "format": "uri"}}},
        },
        409: {**PROBLEM, "description": "There is a study of that name already."},
        507: {**PROBLEM, "description": "The disk is full."},
    },
)
def create(request: Request, response: Response, new: Annotated[NewStudy, Body()]) -> StudyEntry:
    """Make a new study from an area."""
    settings: ServerSettings = request.app.state.settings
    root = settings.studies.resolve() / checked_name(new.name, "name")
    if new.name.endswith((".", " ")):
        raise InputError(f"name: '{new.name}' ends with a dot or a space; leave that out.")
    if shutil.disk_usage(settings.studies).free < settings.keep_free:
        raise Problem(507, "Insufficient Storage", "study: the server's disk is full; ask the administrator.")
    area = read_area(new.area)
    with _making:  # two requests for one name: one makes it, the other is told so
        if not _is_free(root):
            raise Problem(409, "Conflict", f"name: there is a '{new.name}' already; choose another name.")
        made = _make(root, area, new.title)
    response.headers["Location"] = address(request, f"/studies/{new.name}")
    return StudyEntry(name=new.name, title=made.name, created=made.record.created, crs=made.record.crs)


@router.get("/studies/{study}", operation_id="getStudy", summary="Say what is in a study", responses=RESPONSES)
def details(request: Request, study: str) -> StudyDetails:
    """Count what a study holds, and list what can be downloaded."""
    from streetsense.study.summary import summarise

    root = study_folder(request.app.state.settings, study)
    summary = summarise(Study.open(root))
    counted = summary.model_dump(exclude={"name", "folder"})
    return StudyDetails(name=study, title=summary.name, files=list(offered_files(root)), **counted)


@router.get(
    "/studies/{study}/area",
    operation_id="getArea",
    summary="Return the area of a study",
    response_class=JSONResponse,
    response_model=None,
    responses=RESPONSES
    | {200: {"description": "A feature collection (WGS84).", "content": {GEOJSON: {"schema": {"type": "object"}}}}},
)
def area(request: Request, study: str) -> JSONResponse:
    """Return the polygons of a study's area as GeoJSON."""
    opened = Study.open(study_folder(request.app.state.settings, study))
    return JSONResponse(opened.record.area, media_type=GEOJSON)


@router.get(
    "/studies/{study}/encoders", operation_id="getEncoders", summary="List the encoders of a study", responses=RESPONSES
)
def encoders(request: Request, study: str) -> EncoderList:
    """Return what is known about each encoder of a study."""
    folder = study_folder(request.app.state.settings, study) / "encoders"
    found = []
    for path in sorted(folder.glob("*/config.json")):
        try:
            config = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(config, dict):
            found.append(config)
    return EncoderList(encoders=found)


def _is_free(root: Path) -> bool:
    """Tell whether a study can be made here: there is nothing, or what is left of one that was never finished."""
    if root.is_symlink() or not root.exists():
        return not root.is_symlink()
    return root.is_dir() and all(path.name.startswith(UNFINISHED) and path.is_file() for path in root.iterdir())


def _make(root: Path, area: Any, title: str | None) -> Study:  # noqa: ANN401 - see read_area
    """Make a study; nothing that would block its name is left when that fails."""
    remove_unfinished(root)
    try:
        return Study.create(root, area, title)
    except BaseException:
        with contextlib.suppress(OSError):  # it was not made at all, or something else lies in it
            root.rmdir()
        raise


def read_area(geojson: dict[str, Any]) -> Any:  # noqa: ANN401 - geopandas has no types, and is loaded when needed
    """Return the GeoDataFrame (EPSG:4326) of GeoJSON.

    Raises
    ------
    InputError
        When it is no GeoJSON with geometries on the globe.
    """
    import geopandas as gpd
    import numpy as np

    features = _features(geojson)
    try:
        frame = gpd.GeoDataFrame.from_features(
            [{"type": "Feature", "properties": {}, "geometry": feature["geometry"]} for feature in features],
            crs="EPSG:4326",
        )
        frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
        bounds = frame.total_bounds
    except Exception as error:  # shapely and geopandas raise many types for one thing: coordinates that make no sense
        raise InputError("area: its geometry cannot be read; give GeoJSON polygons.") from error
    if not len(frame) or not np.isfinite(bounds).all():
        raise InputError("area: it holds no polygon; draw or choose a polygon layer.")
    if (np.abs(bounds[[0, 2]]) > 180).any() or (np.abs(bounds[[1, 3]]) > 90).any():
        raise InputError("area: it lies outside the world; GeoJSON is in degrees of longitude and latitude (WGS84).")
    return frame


def _features(geojson: dict[str, Any]) -> list[dict[str, Any]]:
    match geojson.get("type"):
        case "FeatureCollection":
            features = geojson.get("features")
        case "Feature":
            features = [geojson]
        case _:
            features = [{"geometry": geojson}]
    if not isinstance(features, list) or not all(isinstance(one, dict) and "geometry" in one for one in features):
        raise InputError("area: it is no GeoJSON; give a feature collection, a feature or a geometry.")
    return features


def _entry(settings: ServerSettings, path: Path) -> StudyEntry | None:
    try:
        folder = study_folder(settings, path.parent.name)
        with (folder / "study.json").open("rb") as file:
            record = json.loads(file.read(_MAX_RECORD))
        return StudyEntry(
            name=folder.name, title=str(record["name"]), created=str(record["created"]), crs=str(record["crs"])
        )
    except (OSError, ValueError, KeyError, TypeError, InputError):
        return None
