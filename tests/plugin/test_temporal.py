"""When views were taken, for the temporal controller."""

from __future__ import annotations

import shutil
from pathlib import Path

from qgis.core import QgsDateTimeRange, QgsVectorLayer, QgsVectorLayerTemporalContext
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime
from streetsense_qgis.layers.temporal import set_capture_time


def test_views_can_be_filtered_by_the_time_of_capture(studies: Path, tmp_path: Path, qgis_new_project: None) -> None:
    shutil.copy(studies / "town" / "results" / "views.gpkg", tmp_path)
    layer = QgsVectorLayer(str(tmp_path / "views.gpkg"))
    assert set_capture_time(layer)
    years = [feature["captured_at"][:4] for feature in layer.getFeatures()]
    midnight = QTime(0, 0)
    start = QDateTime(QDate(2019, 1, 1), midnight, Qt.TimeSpec.UTC)
    end = QDateTime(QDate(2020, 1, 1), midnight, Qt.TimeSpec.UTC)

    context = QgsVectorLayerTemporalContext()
    context.setLayer(layer)
    wanted = layer.temporalProperties().createFilterString(context, QgsDateTimeRange(start, end))
    kept = [feature["captured_at"][:4] for feature in layer.getFeatures(wanted)]

    assert set(years) == {"2019", "2023"}
    assert set(kept) == {"2019"}
    assert len(kept) == years.count("2019")


def test_a_layer_without_the_time_stays_as_it_is(qgis_new_project: None) -> None:
    layer = QgsVectorLayer("Point?crs=EPSG:4326&field=view_id:string", "views", "memory")

    assert not set_capture_time(layer)
    assert not layer.temporalProperties().isActive()
