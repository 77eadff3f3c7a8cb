"""How layers are drawn: looked at in the picture, pixel by pixel."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsLayerTree,
    QgsLayerTreeLayer,
    QgsLayerTreeModel,
    QgsMapRendererCustomPainterJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QImage, QPainter
from streetsense_qgis.layers.predictions import limits_of, style_predictions
from streetsense_qgis.layers.styling import ARROW_SCALE, style_surface, views_renderer
from town_results import copy_results

_SIDE = 200


@pytest.fixture
def results(studies: Path, tmp_path: Path, qgis_new_project: None) -> Path:
    return copy_results(studies, tmp_path / "results")


def drawn(layer: QgsVectorLayer, extent: QgsRectangle) -> QImage:
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setOutputSize(QSize(_SIDE, _SIDE))
    settings.setExtent(extent)
    picture = QImage(_SIDE, _SIDE, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    painter = QPainter(picture)
    job = QgsMapRendererCustomPainterJob(settings, painter)
    job.start()
    job.waitForFinished()
    painter.end()
    return picture


def inked(picture: QImage) -> list[tuple[int, int]]:
    white = QColor("white").rgb()
    return [(x, y) for x in range(_SIDE) for y in range(_SIDE) if picture.pixel(x, y) != white]


def one_view(heading: float | None) -> QgsVectorLayer:
    layer = QgsVectorLayer("Point?crs=EPSG:3857&field=view_id:string&field=heading_deg:double", "views", "memory")
    feature = QgsFeature(layer.fields())
    feature.setAttributes(["v", heading])
    feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(0, 0)))
    layer.dataProvider().addFeatures([feature])
    layer.setRenderer(views_renderer())
    return layer


def middle_of_ink(layer: QgsVectorLayer, half: float) -> tuple[float, float, int]:
    """Return where the ink is, from the view to the right and up (pixels), and how much."""
    pixels = inked(drawn(layer, QgsRectangle(-half, -half, half, half)))
    right = sum(x - _SIDE / 2 for x, _ in pixels) / len(pixels)
    up = sum(_SIDE / 2 - y for _, y in pixels) / len(pixels)
    return right, up, len(pixels)


@pytest.mark.parametrize(("heading", "right", "up"), [(0, 0, 1), (90, 1, 0), (180, 0, -1), (270, -1, 0)])
def test_arrows_point_where_the_camera_looked(qgis_new_project: None, heading: float, right: int, up: int) -> None:
    found_right, found_up, _ = middle_of_ink(one_view(heading), 20)

    assert found_right == pytest.approx(7 * right, abs=3)
    assert found_up == pytest.approx(7 * up, abs=3)


def test_views_without_a_heading_are_dots(qgis_new_project: None) -> None:
    right, up, count = middle_of_ink(one_view(None), 20)

    assert (right, up) == (pytest.approx(0, abs=1), pytest.approx(0, abs=1))
    assert count > 20


def test_seen_from_afar_views_are_small_dots(qgis_new_project: None) -> None:
    right, up, far = middle_of_ink(one_view(90), ARROW_SCALE)
    _, _, near = middle_of_ink(one_view(90), 20)

    assert (right, up) == (pytest.approx(0, abs=1), pytest.approx(0, abs=1))
    assert far < near / 2


def test_both_styles_of_a_prediction_can_be_chosen(results: Path) -> None:
    layer = QgsVectorLayer(str(results / "predicted_median_income.gpkg"))

    assert style_predictions(layer, "USD a year") == ["Prediction", "Interval width"]

    assert layer.styleManager().currentStyle() == "Prediction"
    assert layer.renderer().classAttribute() == "prediction"
    layer.styleManager().setCurrentStyle("Interval width")
    assert layer.renderer().classAttribute() == '"upper" - "lower"'


def test_the_legend_has_units_and_explains_the_mark(results: Path) -> None:
    layer = QgsVectorLayer(str(results / "predicted_median_income.gpkg"))
    style_predictions(layer, "USD a year")

    labels = [classed.label() for classed in layer.renderer().ranges()]

    assert all(label.endswith(" USD a year") for label in labels[:-1])
    assert labels[-1].startswith("Marked")
    assert len(labels) >= 4


def test_the_limits_of_the_classes_are_those_of_the_values(results: Path) -> None:
    layer = QgsVectorLayer(str(results / "predicted_median_income.gpkg"))
    values = [feature["prediction"] for feature in layer.getFeatures()]
    style_predictions(layer, "")

    assert limits_of(layer) == (pytest.approx(min(values)), pytest.approx(max(values)))


def with_marks(results: Path, outside: int) -> QgsVectorLayer:
    layer = QgsVectorLayer(str(results / "predicted_median_income.gpkg"))
    index = layer.fields().lookupField("outside")
    changes = {feature.id(): {index: outside} for feature in layer.getFeatures()}
    assert layer.dataProvider().changeAttributeValues(changes)
    style_predictions(layer, "")
    return layer


def colours_in_the_middle(picture: QImage) -> set[str]:
    around = range(_SIDE // 10, _SIDE // 10 + 20)
    return {picture.pixelColor(x, y).name(QColor.NameFormat.HexArgb) for x in around for y in around}


def test_units_unlike_the_training_data_are_hatched_on_the_map(results: Path) -> None:
    pictures = []
    for outside in (0, 1):
        layer = with_marks(results, outside)
        pictures.append(drawn(layer, layer.extent()))

    plain, hatched = pictures
    changed = sum(plain.pixel(x, y) != hatched.pixel(x, y) for x in range(_SIDE) for y in range(_SIDE))
    assert changed > _SIDE * _SIDE / 8


def test_in_the_legend_only_the_explanation_is_hatched(results: Path) -> None:
    layer = with_marks(results, 0)
    QgsProject.instance().addMapLayer(layer)
    tree = QgsLayerTree()
    node = QgsLayerTreeLayer(layer)
    tree.addChildNode(node)
    model = QgsLayerTreeModel(tree)
    entries = model.layerLegendNodes(node)

    mixed = [len(colours_in_the_middle(entry.symbol().asImage(QSize(60, 60)))) > 1 for entry in entries]

    assert mixed == [False] * (len(entries) - 1) + [True]


def test_a_surface_takes_the_limits_of_its_map(results: Path) -> None:
    surface = QgsRasterLayer(str(results / "predicted_median_income.tif"))

    style_surface(surface, "USD a year", (10.0, 110.0))

    function = surface.renderer().shader().rasterShaderFunction()
    steps = function.colorRampItemList()
    assert (steps[0].value, steps[-1].value) == (10.0, 110.0)
    assert steps[0].color.name() == "#440154"
    assert steps[0].label == "10 USD a year"
    assert surface.renderer().opacity() == pytest.approx(0.7)


def test_a_surface_alone_finds_its_limits_in_its_cells(results: Path) -> None:
    surface = QgsRasterLayer(str(results / "predicted_median_income.tif"))

    style_surface(surface, "")

    assert 0 < surface.renderer().classificationMin() < surface.renderer().classificationMax() < 1e6
