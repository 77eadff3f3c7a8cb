"""Layers of a project as files that the engine reads."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsFeedback,
    QgsGeometry,
    QgsProcessingFeatureSource,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..connection.errors import EngineError
from ..i18n import tr

#: Formats of one layer a file, which are sent as they are: written anew, numbers in a CSV would become text.
_AS_THEY_ARE = (".csv", ".tsv", ".parquet", ".geoparquet", ".geojson")
#: Column of the file's own numbers; a layer may well have one called "fid".
_NUMBER_COLUMN = "streetsense_fid"


def file_behind(layer: QgsVectorLayer | None) -> str | None:
    """Return the file that a layer shows, where it can be sent as it is.

    That is not so when the layer is filtered, being edited, or read in a way that its address describes.
    """
    if layer is None or layer.providerType() != "ogr" or layer.subsetString() or layer.isEditable():
        return None
    found = layer.source().partition("|")[0]
    return found if found.lower().endswith(_AS_THEY_ARE) and Path(found).is_file() else None


def write_layer(
    source: QgsProcessingFeatureSource,
    path: str,
    name: str,
    transforms: QgsCoordinateTransformContext,
    feedback: QgsFeedback,
) -> int:
    """Write features into a new GeoPackage and return how many these were.

    Parameters
    ----------
    source : QgsProcessingFeatureSource
        Where they come from; it leaves out what was not chosen.
    path, name : str
        The file, and what its layer is called.
    transforms : QgsCoordinateTransformContext
        Of the project.
    feedback : QgsFeedback
        Asked now and then whether to stop.

    Raises
    ------
    EngineError
        When the file cannot be written, or somebody stopped it.
    """
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = name
    options.fileEncoding = "UTF-8"
    options.layerOptions = [f"FID={_NUMBER_COLUMN}"]
    kind = QgsWkbTypes.linearType(source.wkbType())
    writer = QgsVectorFileWriter.create(path, source.fields(), kind, source.sourceCrs(), transforms, options)
    if writer.hasError() != QgsVectorFileWriter.WriterError.NoError:
        raise _unwritable(source, writer.errorMessage())
    # Geometries that are not valid are the engine's to judge, with a sentence of its own.
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    written = 0
    for feature in source.getFeatures(QgsFeatureRequest(), flags):
        if feedback.isCanceled():
            raise EngineError(tr("Processing", "This was stopped."), "cancelled")
        if not writer.addFeature(_straight(feature), QgsFeatureSink.Flag.FastInsert):
            raise _unwritable(source, writer.errorMessage())
        written += 1
    if not writer.flushBuffer():
        raise _unwritable(source, writer.errorMessage())
    del writer  # closes the file
    return written


def _straight(feature: QgsFeature) -> QgsFeature:
    """Return a feature without arcs, which the engine's libraries do not read."""
    geometry = feature.geometry()
    if geometry.isNull() or not geometry.constGet().hasCurvedSegments():
        return feature
    feature.setGeometry(QgsGeometry(geometry.constGet().segmentize()))
    return feature


def _unwritable(source: QgsProcessingFeatureSource, reason: str) -> EngineError:
    sentence = tr(
        "Processing",
        "{layer}: this layer cannot be sent ({reason}); save it as a GeoPackage in QGIS and give that one.",
    )
    return EngineError(sentence.format(layer=source.sourceName(), reason=reason.strip().rstrip(".")), "disk")
