"""A new study from an area: what every other algorithm begins with."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterString,
)

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..i18n import tr
from .base import STUDY, StreetSenseAlgorithm
from .sentences import sentences

NAME, TITLE, AREA, EXTENT, REUSE = "NAME", "TITLE", "AREA", "EXTENT", "REUSE"
#: More than any area that somebody drew; a layer of buildings was given by mistake.
_MOST_POLYGONS = 10_000


class NewStudyAlgorithm(StreetSenseAlgorithm):
    """Makes a study from polygons or an extent."""

    def createInstance(self) -> NewStudyAlgorithm:
        """Return another one of the same."""
        return NewStudyAlgorithm(self.reach)

    def name(self) -> str:
        """Return what programs call it."""
        return "newstudy"

    def displayName(self) -> str:
        """Return what people call it."""
        return tr("Processing", "New study")

    def group(self) -> str:
        """Return the name of the group it is shown in."""
        return tr("Processing", "Street views")

    def groupId(self) -> str:
        """Return the identifier of the group it is shown in."""
        return "streetviews"

    def shortDescription(self) -> str:
        """Return a sentence about it."""
        return tr(
            "Processing",
            "Makes a study from an area: the polygons of a layer, of which all or the selected ones are taken, or an "
            "extent. Everything else happens in a study.",
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        parameters = (
            (
                QgsProcessingParameterString(NAME, tr("Processing", "Name of the study")),
                tr("Processing", "A name for its folder: letters, digits, space and . _ + -"),
            ),
            (
                QgsProcessingParameterFeatureSource(
                    AREA,
                    tr("Processing", "Area: a polygon layer"),
                    [QgsProcessing.SourceType.TypeVectorPolygon],
                    None,
                    True,
                ),
                tr("Processing", "Its polygons are the area, in any coordinate reference system."),
            ),
            (
                QgsProcessingParameterExtent(EXTENT, tr("Processing", "Area: an extent"), None, True),
                tr("Processing", "A rectangle, instead of a layer."),
            ),
            (
                QgsProcessingParameterString(TITLE, tr("Processing", "Title"), None, False, True),
                tr("Processing", "What people call the study; its name when not given."),
            ),
            (
                QgsProcessingParameterBoolean(
                    REUSE, tr("Processing", "Use a study of that name if there is one"), False
                ),
                tr("Processing", "Otherwise a name that is taken is refused. The area of that study stays as it is."),
            ),
        )
        for parameter, text in parameters:
            parameter.setHelp(text)
            self.addParameter(parameter)
        self.addOutput(QgsProcessingOutputString(STUDY, tr("Processing", "Study")))
        self.addOutput(QgsProcessingOutputNumber("AREA_KM2", tr("Processing", "Area (km²)")))

    def checkParameterValues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> tuple[bool, str]:
        """Refuse what cannot be run, with a sentence."""
        is_good, sentence = super().checkParameterValues(parameters, context)
        if is_good and (parameters.get(AREA) in (None, "")) == (parameters.get(EXTENT) in (None, "")):
            return False, tr("Processing", "Give the area by a layer (AREA) or by an extent (EXTENT), one of the two.")
        return is_good, sentence

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        """Begin to connect."""
        self.reach.want()
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Make the study."""
        name = self.parameterAsString(parameters, NAME, context).strip()
        with sentences():
            area = self._area(parameters, context, feedback)
            client = EngineClient(*self.reach.wait(feedback))
            try:
                self._make(client, name, area, parameters, context, feedback)
                found = client.study(name).wait(feedback)
            finally:
                client.close()
                client.deleteLater()
        return {STUDY: name, "AREA_KM2": found["area_km2"]}

    def _make(
        self,
        client: EngineClient,
        name: str,
        area: dict[str, Any],
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        title = self.parameterAsString(parameters, TITLE, context).strip() or None
        try:
            client.create_study(name, area, title).wait(feedback)
        except EngineError as error:
            if error.status != 409:
                raise
            if not self.parameterAsBoolean(parameters, REUSE, context):
                sentence = tr("Processing", "There is a study '{name}' already; choose another name, or allow its use.")
                raise EngineError(sentence.format(name=name), "refused", 409) from error
            feedback.pushInfo(tr("Processing", "The study '{name}' is there already and used.").format(name=name))

    def _area(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Return the area as GeoJSON."""
        degrees = QgsCoordinateReferenceSystem("EPSG:4326")
        if parameters.get(AREA) in (None, ""):
            # Its edges get more corners, so that they stay where they were in the other reference system.
            polygons = [self.parameterAsExtentGeometry(parameters, EXTENT, context, degrees)]
        else:
            source = self.parameterAsSource(parameters, AREA, context)
            if source is None:
                raise EngineError(tr("Processing", "AREA: this layer cannot be read; choose another one."), "disk")
            polygons = _polygons(source, degrees, context, feedback)
        return {"type": "GeometryCollection", "geometries": [json.loads(one.asJson(9)) for one in polygons]}


def _polygons(
    source: QgsProcessingFeatureSource,
    degrees: QgsCoordinateReferenceSystem,
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
) -> list[QgsGeometry]:
    """Return the polygons of a layer in degrees."""
    if not source.sourceCrs().isValid():
        sentence = tr("Processing", "AREA: this layer has no coordinate reference system; set it in its properties.")
        raise EngineError(sentence, "refused")
    transform = QgsCoordinateTransform(source.sourceCrs(), degrees, context.transformContext())
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    found = []
    for feature in source.getFeatures(QgsFeatureRequest().setNoAttributes(), flags):
        if feedback.isCanceled():
            raise EngineError(tr("Processing", "This was stopped."), "cancelled")
        geometry = feature.geometry()
        if geometry.isNull() or geometry.isEmpty():
            continue
        if len(found) == _MOST_POLYGONS:
            sentence = tr("Processing", "AREA: this layer has more than {number} polygons; select those that matter.")
            raise EngineError(sentence.format(number=_MOST_POLYGONS), "refused")
        try:
            geometry.transform(transform)
        except QgsCsException as error:
            sentence = tr("Processing", "AREA: its coordinates fit no place on earth; check its reference system.")
            raise EngineError(sentence, "refused") from error
        found.append(geometry)
    if not found:
        raise EngineError(tr("Processing", "AREA: there is no polygon in this layer; draw or select one."), "refused")
    return found
