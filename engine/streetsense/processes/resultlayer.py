"""A result layer and its surface: what they hold, and how they come into the study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from streetsense.atomic import atomic_path
from streetsense.errors import InputError
from streetsense.processes.forms import Makes
from streetsense.processes.process import ProcessOutputs
from streetsense.progress import Progress
from streetsense.study import Study

if TYPE_CHECKING:
    import geopandas as gpd

    from streetsense.maps.layers import LayerMetadata
    from streetsense.maps.styles import LayerStyle


class LayerOutputs(ProcessOutputs):
    """What was made."""

    layer: Annotated[str, Makes("vector")] = Field(description="GeoPackage inside the study")
    surface: Annotated[str, Makes("raster")] = Field(description="Cloud Optimized GeoTIFF inside the study")
    features: int = Field(description="units or views in the layer")
    outside: int = Field(description="of these, how many lie outside what the predictor was trained on")
    lowest: float = Field(description="smallest prediction, in the target's unit, or first component of appearance")
    highest: float = Field(description="largest prediction, in the target's unit, or first component of appearance")
    resolution: float = Field(description="cell size of the surface (metres)", json_schema_extra={"unit": "m"})


@dataclass(frozen=True)
class ResultLayer:
    """A layer before it is written.

    Attributes
    ----------
    frame : GeoDataFrame
        The features, EPSG:4326.
    column : str
        What the surface shows.
    description, unit : str
        Of the surface's band.
    styles : list of LayerStyle
        The first is the default.
    metadata : LayerMetadata
        Where the numbers come from.
    """

    frame: gpd.GeoDataFrame
    column: str
    description: str
    unit: str
    styles: list[LayerStyle]
    metadata: LayerMetadata

    def write(self, study: Study, name: str, resolution: float | None, job: Progress) -> LayerOutputs:
        """Write ``results/<name>.gpkg`` and ``results/<name>.tif``; on any error both stay as they were.

        Parameters
        ----------
        study : Study
            Where to.
        name : str
            What to call them.
        resolution : float or None
            Cell size of the surface in metres; None chooses one from the size of the features.
        job : Progress
            Told before each of the two.

        Raises
        ------
        InputError
            When the resolution makes too many cells, or the disk is full or cannot be written to.
        """
        import numpy as np

        from streetsense.maps.layers import write_layer
        from streetsense.maps.surface import burn, sensible_resolution, write_surface

        layer, surface = study.results_dir / f"{name}.gpkg", study.results_dir / f"{name}.tif"
        metres = self.frame.to_crs(study.crs)
        cell = resolution or sensible_resolution(metres)
        values = self.frame[self.column].to_numpy(dtype=np.float64)
        raster = burn(metres, values, cell)  # refuses a resolution that is too fine, before anything is written
        # Both are made under other names and renamed together, so that they never show two different predictions.
        with atomic_path(layer) as new_layer, atomic_path(surface) as new_surface:
            job.report(0.8, 1.0, "writing the layer")
            write_layer(new_layer, self.frame, name, self.styles, self.metadata)
            job.report(0.9, 1.0, "writing the surface")
            write_surface(
                new_surface,
                raster,
                description=self.description,
                unit=self.unit,
                tags={"TITLE": self.metadata.title, **self.metadata.facts, "licence": self.metadata.licence},
            )
        return LayerOutputs(
            layer=layer.relative_to(study.root).as_posix(),
            surface=surface.relative_to(study.root).as_posix(),
            features=len(self.frame),
            outside=int(self.frame["outside"].sum()) if "outside" in self.frame else 0,
            lowest=float(values.min()),
            highest=float(values.max()),
            resolution=cell,
        )


def placed_views(study: Study) -> gpd.GeoDataFrame:
    """Return ``view_id`` and position (EPSG:4326) of the study's views.

    Raises
    ------
    InputError
        When there are none.
    """
    views = study.views(columns=["view_id", "geometry"])
    if len(views) == 0:
        raise InputError("views: the study has no photos; run 'streetsense fetch' first.")
    return views
