"""The synthetic city: layers for the map and everything that its pictures are made of, from one seed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from streetsense.errors import InputError

from .furniture import Furniture, furnish
from .groundmap import GroundMap, StreetTable, map_ground, tabulate_streets
from .hashing import F32, NoiseTexture
from .indicators import INDICATORS, Indicator, draw_block_groups, measure
from .latent import LatentFields
from .lots import Lots, build_lots
from .streets import HIGHWAYS, Streets, lay_streets
from .walls import Walls, raise_walls

if TYPE_CHECKING:
    import geopandas as gpd

#: Longitude and latitude of the city's centre: open Atlantic, hundreds of kilometres from any land.
CENTRE: Final = (-29.5, 45.0)
_SMALLEST_M: Final = 400.0
_LARGEST_M: Final = 5000.0


class DemoCity:
    """A synthetic city in the open Atlantic, the same for the same seed.

    Nothing in it is real. It exists so that everything downstream can be tried and tested without a network, a
    licence or a face.

    Parameters
    ----------
    seed : int, default 0
        Which city.
    size_m : tuple of float, default (1600, 1200)
        Width (east) and height (north) in metres, each from 400 to 5000.

    Attributes
    ----------
    crs : pyproj.CRS
        The UTM zone of the city, metres.
    latent : LatentFields
        Wealth and centrality in local metres (east and north of the south-west corner).

    Raises
    ------
    InputError
        When the size is out of range or the seed is negative.
    """

    INDICATORS: Mapping[str, Indicator] = INDICATORS

    def __init__(self, seed: int = 0, *, size_m: tuple[float, float] = (1600.0, 1200.0)) -> None:
        if not all(np.isfinite(side) and _SMALLEST_M <= side <= _LARGEST_M for side in size_m):
            raise InputError(
                f"size_m: {size_m} is out of range; give two lengths from {_SMALLEST_M:g} to {_LARGEST_M:g} metres."
            )
        if seed < 0:
            raise InputError(f"seed: {seed} is negative; give a whole number from 0.")
        self.seed = int(seed)
        self.size_m = (float(size_m[0]), float(size_m[1]))
        self.crs = pyproj.CRS.from_epsg(32626)
        self._to_metres = pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)
        centre_x, centre_y = self._to_metres.transform(*CENTRE)
        self._origin = (round(centre_x) - self.size_m[0] / 2, round(centre_y) - self.size_m[1] / 2)
        #: Degrees to subtract from a true bearing to get a grid bearing.
        self.convergence_deg = float(pyproj.Proj(self.crs).get_factors(*CENTRE).meridian_convergence)
        self.latent = LatentFields(self.seed, self.size_m)

    def to_local(self, lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Convert EPSG:4326 degrees to local metres east and north of the south-west corner."""
        x, y = self._to_metres.transform(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
        return np.asarray(x) - self._origin[0], np.asarray(y) - self._origin[1]

    def to_lonlat(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Convert local metres to EPSG:4326 degrees."""
        east, north = (
            np.asarray(x, dtype=np.float64) + self._origin[0],
            np.asarray(y, dtype=np.float64) + self._origin[1],
        )
        lon, lat = self._to_metres.transform(east, north, direction="INVERSE")
        return np.asarray(lon), np.asarray(lat)

    @cached_property
    def streets(self) -> Streets:
        """The street pieces, local metres."""
        return lay_streets(self.seed, self.size_m)

    @cached_property
    def lots(self) -> Lots:
        """The buildings."""
        return build_lots(self.seed, self.size_m, self.streets, self.latent)

    @cached_property
    def walls(self) -> Walls:
        """The upright surfaces of the buildings and yards."""
        return raise_walls(self.seed, self.lots)

    @cached_property
    def furniture(self) -> Furniture:
        """Trees, lamps, bins, and the places of cars and people."""
        return furnish(self.seed, self.size_m, self.streets, self.latent)

    @cached_property
    def ground(self) -> GroundMap:
        """Rasters of the ground."""
        return map_ground(self.size_m, self.streets, self.lots, self.furniture.trees)

    @cached_property
    def street_table(self) -> StreetTable:
        """Per-piece numbers for the ground's pixels."""
        return tabulate_streets(self.seed, self.streets, self.latent)

    @cached_property
    def smooth_noise(self) -> NoiseTexture:
        """Noise with features of many texels: clouds, stains, patches."""
        return NoiseTexture(self.seed * 2 + 1, (4, 8, 16, 32, 64))

    @cached_property
    def fine_noise(self) -> NoiseTexture:
        """Noise with features of a few texels: asphalt, plaster, grass."""
        return NoiseTexture(self.seed * 2 + 2, (32, 64, 128, 256))

    @cached_property
    def cloud_noise(self) -> NoiseTexture:
        """Noise for the clouds, finer in texels because the sky fills half a picture."""
        return NoiseTexture(self.seed * 2 + 5, (4, 8, 16, 32, 64), size=512)

    def area(self) -> gpd.GeoDataFrame:
        """The outline of the city.

        Returns
        -------
        GeoDataFrame
            One polygon in EPSG:4326 with a ``name`` that says it is synthetic.
        """
        return self._frame({"name": [f"Democity {self.seed} (synthetic)"]}, np.array([shapely.box(0, 0, *self.size_m)]))

    def roads(self) -> gpd.GeoDataFrame:
        """The streets as a road layer.

        Returns
        -------
        GeoDataFrame
            LineStrings in EPSG:4326 with ``road_id``, ``name`` (synthetic), ``highway`` (an OpenStreetMap value) and
            ``oneway``.
        """
        s = self.streets
        lines = s.lines()
        columns = {
            "road_id": [f"synthetic-{self.seed}-{i:04d}" for i in range(len(s))],
            "name": s.names(),
            "highway": np.array(HIGHWAYS)[s.rank],
            "oneway": s.rank == 3,
        }
        return self._frame(columns, lines)

    def block_groups(self) -> gpd.GeoDataFrame:
        """Small census-like units with their indicators.

        Returns
        -------
        GeoDataFrame
            Polygons in EPSG:4326 that tile the area, with ``geoid`` (text, begins with SYN) and one column an entry
            of ``INDICATORS``.
        """
        polygons = draw_block_groups(self.seed, self.size_m)
        columns: dict[str, object] = {"geoid": [f"SYN{self.seed:04d}{i:05d}" for i in range(len(polygons))]}
        columns.update(measure(self.seed, self.latent, polygons))
        return self._frame(columns, polygons)

    def wealth_and_centrality(self, lon: ArrayLike, lat: ArrayLike) -> tuple[F32, F32]:
        """The latent fields at geographic positions, each in ``[0, 1]``."""
        return self.latent.wealth_and_centrality(*self.to_local(lon, lat))

    def _frame(self, columns: Mapping[str, object], geometry: NDArray[np.object_]) -> gpd.GeoDataFrame:
        import geopandas as gpd

        metric = shapely.transform(geometry, lambda xy: xy + np.array(self._origin))
        return gpd.GeoDataFrame(dict(columns), geometry=metric, crs=self.crs).to_crs("EPSG:4326")
