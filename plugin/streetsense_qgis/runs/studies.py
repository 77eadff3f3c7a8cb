"""The study that a run works on: made where it is missing, and refused where it is about another place."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import QgsGeometry, QgsJsonUtils
from qgis.PyQt import QtCore

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..connection.pending import Pending
from ..i18n import tr
from .plan import RunPlan

#: Two areas are one when they share so much of what they cover together: drawing and saving rounds coordinates.
_SAME = 0.999


def study_of(client: EngineClient, plan: RunPlan) -> Pending:
    """Make the study of a plan, unless the engine has one of that name and area already.

    Returns
    -------
    Pending
        Of nothing; it fails when the name belongs to a study of another area.
    """
    pending = Pending()

    def on_failure(error: EngineError) -> None:
        if error.status != 409:
            pending.fail(error)
            return
        asked = client.area(plan.study)
        pending.on_cancel(asked.cancel)
        asked.then(on_area, pending.fail)

    def on_area(found: dict[str, Any]) -> None:
        if is_same_area(found, plan.area):
            pending.succeed(None)
        else:
            sentence = tr("Run", "There is a study “{name}” of another area already; choose another name.")
            pending.fail(EngineError(sentence.format(name=plan.study), "refused"))

    asked = client.create_study(plan.study, plan.area, plan.study)
    pending.on_cancel(asked.cancel)
    asked.then(pending.succeed, on_failure)
    return pending


def is_same_area(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two GeoJSON objects (a geometry, a feature or a collection) cover the same place."""
    first, second = geometry_of(one), geometry_of(other)
    both = first.combine(second).area()
    return both > 0 and first.intersection(second).area() / both > _SAME


def geometry_of(geojson: dict[str, Any]) -> QgsGeometry:
    """Return all polygons of a GeoJSON object as one geometry (EPSG:4326)."""
    if geojson.get("type") not in ("FeatureCollection", "Feature"):
        geojson = {"type": "Feature", "properties": {}, "geometry": geojson}
    text = json.dumps(geojson)
    # Qt 6 knows no codecs any more, and QGIS takes none there.
    codec = [QtCore.QTextCodec.codecForName("UTF-8")] if hasattr(QtCore, "QTextCodec") else []
    features = QgsJsonUtils.stringToFeatureList(text, QgsJsonUtils.stringToFields(text, *codec), *codec)
    # Rounding can let an outline cross itself; the engine mends that too.
    return QgsGeometry.unaryUnion([feature.geometry().makeValid() for feature in features])
