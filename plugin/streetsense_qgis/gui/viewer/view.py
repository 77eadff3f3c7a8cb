"""What is known about one view, as its layer says it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsProject,
    QgsProviderRegistry,
    QgsVectorLayer,
)

from ...layers.kinds import STUDY, VIEWS, kind_of

WGS84 = "EPSG:4326"
#: Names of files that may be a photo; anything else in the field ``photo`` is not opened.
_PHOTOS = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")


@dataclass(frozen=True)
class View:
    """One perspective street view image.

    Attributes
    ----------
    layer_id, feature_id : str, int
        Where it is in the project; an empty id when no layer has it.
    study, view_id : str
        What the engine knows it by.
    longitude, latitude : float
        Of the camera (degrees, WGS84); not a number when unknown.
    heading_deg, fov_deg : float or None
        Clockwise from north, and horizontal field of view (degrees).
    captured_at : str
        ISO 8601 text of any precision, from a month to a millisecond.
    pano_id, sequence_id, point_id : str
        The panorama it was cut from, the drive, the sample point.
    photo : str
        Where the photo lies, relative to the layer's folder or to its study.
    folder : str
        The folder of the layer's file; empty when it has none.
    """

    layer_id: str
    feature_id: int
    study: str
    view_id: str
    longitude: float = math.nan
    latitude: float = math.nan
    heading_deg: float | None = None
    fov_deg: float | None = None
    captured_at: str = ""
    provider: str = ""
    pano_id: str = ""
    sequence_id: str = ""
    point_id: str = ""
    licence: str = ""
    attribution: str = ""
    source_url: str = ""
    photo: str = ""
    folder: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What photos and answers about it are kept under."""
        return self.study, self.view_id

    @property
    def has_place(self) -> bool:
        """Whether it is known where it was taken."""
        return math.isfinite(self.longitude) and math.isfinite(self.latitude)

    @property
    def moment(self) -> str:
        """The capture time in a form that sorts: ISO 8601 in UTC does so as text, but for its two ways to say UTC."""
        return self.captured_at.replace("Z", "+00:00")

    def photo_places(self) -> list[Path]:
        """Return where the photo may lie on this computer, the likelier place first.

        A name that leads out of the folder is no place: layers come from other people.
        """
        name = PurePosixPath(self.photo.replace("\\", "/"))
        is_inside = bool(self.photo) and not name.is_absolute() and ".." not in name.parts and ":" not in self.photo
        if not is_inside or not self.folder or name.suffix.lower() not in _PHOTOS:
            return []
        places = [Path(self.folder) / name]
        if self.lies_in_study:
            places.insert(0, Path(self.folder).parent / name)
        return places

    @property
    def lies_in_study(self) -> bool:
        """Whether the layer's file is a result in the study folder itself, where the engine keeps the photos."""
        return bool(self.folder) and (Path(self.folder).parent / "study.json").is_file()


class ViewReader:
    """Reads features of one views layer; made anew for every use, because layers come and go.

    Parameters
    ----------
    layer : QgsVectorLayer
        A layer of points with the fields of views; fields that it lacks are unknown.
    """

    def __init__(self, layer: QgsVectorLayer) -> None:
        self._layer_id = layer.id()
        self._study = str(layer.customProperty(STUDY, "") or "")
        self._folder = folder_of(layer)
        fields = layer.fields()
        self._index = {name: fields.indexOf(name) for name in View.__dataclass_fields__}
        wgs84 = QgsCoordinateReferenceSystem(WGS84)
        self._to_wgs84 = QgsCoordinateTransform(layer.crs(), wgs84, QgsProject.instance())

    def read(self, feature: QgsFeature) -> View:
        """Return what a feature says."""
        longitude, latitude = self._place(feature)
        return View(
            self._layer_id,
            feature.id(),
            self._study,
            self._text(feature, "view_id"),
            longitude,
            latitude,
            self._number(feature, "heading_deg"),
            self._number(feature, "fov_deg"),
            folder=self._folder,
            **{name: self._text(feature, name) for name in _TEXTS},
        )

    def _place(self, feature: QgsFeature) -> tuple[float, float]:
        geometry = feature.geometry()
        if geometry.isNull() or geometry.isEmpty():
            return math.nan, math.nan
        try:
            point = self._to_wgs84.transform(geometry.boundingBox().center())
        except QgsCsException:
            return math.nan, math.nan
        return point.x(), point.y()

    def _value(self, feature: QgsFeature, name: str) -> object:
        index = self._index[name]
        value = feature.attribute(index) if index >= 0 else None
        return None if value is None or value == NULL else value

    def _text(self, feature: QgsFeature, name: str) -> str:
        value = self._value(feature, name)
        return "" if value is None else str(value)

    def _number(self, feature: QgsFeature, name: str) -> float | None:
        try:
            number = float(self._value(feature, name))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return None
        return number if math.isfinite(number) else None


_TEXTS = (
    "captured_at",
    "provider",
    "pano_id",
    "sequence_id",
    "point_id",
    "licence",
    "attribution",
    "source_url",
    "photo",
)


def folder_of(layer: QgsVectorLayer) -> str:
    """Return the folder of a layer's file; empty when it is not made from a file."""
    path = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source()).get("path")
    return str(Path(path).parent) if path and Path(path).is_absolute() else ""


def views_layers(study: str | None = None) -> list[QgsVectorLayer]:
    """Return the project's layers of views, all or those of one study."""
    return [
        layer
        for layer in QgsProject.instance().mapLayers().values()
        if is_views_layer(layer) and study in (None, layer.customProperty(STUDY))
    ]


def is_views_layer(layer: object) -> bool:
    """Tell whether a layer holds views."""
    return isinstance(layer, QgsVectorLayer) and layer.isValid() and kind_of(layer) == VIEWS
