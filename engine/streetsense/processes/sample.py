"""``sample``: points along the roads of the study's area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from streetsense.processes.forms import ADVANCED, Makes
from streetsense.processes.joining import MAX_DISTANCE, join_views
from streetsense.processes.maplayers import write_points_layer
from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.processes.reads import HostDecides, Reads
from streetsense.progress import Progress, Stage
from streetsense.roads.networktypes import NetworkType
from streetsense.study import Study
from streetsense.vectors import write_vector

if TYPE_CHECKING:
    import geopandas as gpd

#: The words that stand for a download and for the synthetic city's own streets, where a path would stand for a file.
_DOWNLOAD, _SYNTHETIC = "osm", "democity"


class Inputs(ProcessInputs):
    """What ``sample`` needs."""

    roads: Annotated[str, Reads(words=(_DOWNLOAD, _SYNTHETIC), kind="vector")] = Field(
        _DOWNLOAD,
        min_length=1,
        description="'osm' to download them from OpenStreetMap, 'democity' for the synthetic city's, or a file: any "
        "line layer (GeoJSON, GeoPackage, Shapefile) or an OpenStreetMap extract (.osm, .osm.bz2, .osm.gz, .osm.pbf)",
    )
    spacing: float = Field(
        15.0,
        ge=1,
        le=100_000,
        allow_inf_nan=False,
        description="distance between points along a street (metres, 1 to 100,000)",
        json_schema_extra={"unit": "m"},
    )
    network: NetworkType = Field(
        "drive", description="which OpenStreetMap ways are roads; of a line layer every line is one"
    )
    max_distance: Annotated[float, ADVANCED] = Field(
        MAX_DISTANCE,
        gt=0,
        allow_inf_nan=False,
        description="how far a view that the study has already may be from the sample point that it is joined to "
        "(metres, more than 0)",
        json_schema_extra={"unit": "m"},
    )
    overpass_url: Annotated[str, HostDecides(), ADVANCED] = Field(
        "https://overpass-api.de/api",
        pattern=r"^https?://[^\s]+$",
        description="the Overpass server that roads are downloaded from (http or https, without /interpreter)",
    )


class Outputs(ProcessOutputs):
    """What ``sample`` made."""

    sample_points: int = Field(description="number of sample points")
    roads: int = Field(description="number of roads that they lie on")
    length_km: float = Field(
        description="length of the streets, each once (kilometres)", json_schema_extra={"unit": "km"}
    )
    spacing: float = Field(
        description="distance between points along a street (metres)", json_schema_extra={"unit": "m"}
    )
    views_joined: int = Field(description="views that have another sample point than before, or none any more")
    roads_layer: Annotated[str, Makes("vector")] = Field(
        description="the roads inside the area (GeoPackage), relative to the study"
    )
    points_layer: Annotated[str, Makes("vector")] = Field(
        description="the sample points (GeoPackage), relative to the study"
    )


def run(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    """Place sample points along the roads of the study's area, in place of those it had.

    Writes ``sample_points.parquet`` and, for a GIS, ``results/sample_points.gpkg`` and ``results/roads.gpkg`` (layer
    ``roads``: road_id, name, highway). Views that the study has are joined to the new points.

    Raises
    ------
    InputError
        When the roads cannot be read, none lies inside the area, or the spacing fits no street.
    StreetSenseError
        When roads cannot be downloaded.
    """
    from streetsense.roads import RoadNetwork, sample_points
    from streetsense.streetview.nearest import NearestPoints

    roads = _read(study, inputs, Stage(job, 0.0, 0.7))
    job.report(0.7, 1, f"merging {len(roads)} roads")
    network = RoadNetwork.merge(roads.to_crs(study.crs))
    job.report(0.8, 1, f"placing points along {network.length / 1000:.1f} km")
    points = sample_points(network, inputs.spacing)
    job.report(0.9, 1, f"writing {len(points)} sample points")
    layer = study.results_dir / "roads.gpkg"
    write_vector(roads, layer)
    study.write_sample_points(points)
    points_layer = write_points_layer(study)
    # No report in between: a cancelled run must not leave views that name points of yesterday.
    joined = join_views(study, NearestPoints(study.sample_points(), study.crs, inputs.max_distance))
    job.report(1, 1, f"{len(points)} sample points")
    return Outputs(
        sample_points=len(points),
        roads=network.road_count,
        length_km=round(network.length / 1000, 3),
        spacing=inputs.spacing,
        views_joined=joined,
        roads_layer=layer.relative_to(study.root).as_posix(),
        points_layer=points_layer,
    )


def _read(study: Study, inputs: Inputs, job: Progress) -> gpd.GeoDataFrame:
    """Return the roads of the study's area (EPSG:4326)."""
    from streetsense.roads import clip_lines, download_roads, read_roads
    from streetsense.streetview.democity import DemoCity

    match inputs.roads.strip().lower():
        case "osm":
            return download_roads(study.area, inputs.network, overpass_url=inputs.overpass_url, progress=job)
        case "democity":
            roads = DemoCity().roads().drop(columns="oneway")
            return clip_lines(roads, study.area, "the synthetic city").sort_values("road_id", ignore_index=True)
        case _:
            return read_roads(inputs.roads, study.area, inputs.network, progress=job)


PROCESS = Process(
    id="sample",
    title="Sample points along roads",
    description="Places points at even distances along the roads of the area, each street once, with the bearing of "
    "the road; roads come from OpenStreetMap, an OpenStreetMap extract or any line layer.",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    short=True,
)
