"""The report of a run, and its PDF."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qgis.core import (
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsLayoutMultiFrame,
    QgsPointXY,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.layers.results import ResultLayers, RunFacts
from streetsense_qgis.layers.scores import interval_note, score_table
from streetsense_qgis.report.export import export_report
from streetsense_qgis.report.layout import make_report
from town_results import FILES, copy_results, record_of


@pytest.fixture
def run(studies: Path) -> RunFacts:
    made = "2026-03-04T12:00:00Z"
    return RunFacts("Income", "town", "engine 0.1.0", made, scores=record_of(studies), attribution="Ada", licence="CC0")


@pytest.fixture
def prediction(studies: Path, tmp_path: Path, run: RunFacts, qgis_new_project: None) -> Iterator[QgsVectorLayer]:
    layers = ResultLayers(QgsProject.instance())
    ids = layers.load(str(copy_results(studies, tmp_path / "results")), FILES, run)
    yield QgsProject.instance().mapLayer(ids[1])
    layers.close()


def made(prediction: QgsVectorLayer, run: RunFacts) -> QgsPrintLayout:
    project = QgsProject.instance()
    project.setCrs(prediction.crs())
    name = make_report(project, prediction.id(), run)
    layout = project.layoutManager().layoutByName(name)
    assert isinstance(layout, QgsPrintLayout)
    return layout


def one(layout: QgsPrintLayout, kind: type) -> object:
    (item,) = [item for item in layout.items() if isinstance(item, kind)]
    return item


def words(layout: QgsPrintLayout) -> str:
    return "\n".join(item.currentText() for item in layout.items() if isinstance(item, QgsLayoutItemLabel))


def pages(pdf: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))


def test_the_page_has_everything_a_reader_needs(prediction: QgsVectorLayer, run: RunFacts) -> None:
    layout = made(prediction, run)

    said = words(layout)
    assert "Predicted median income" in said
    assert "unit: USD a year" in said
    assert "meant to hold the true value in 90 % of cases" in said
    assert "Photos: Ada, CC0." in said
    assert "engine 0.1.0" in said
    assert one(layout, QgsLayoutItemScaleBar).linkedMap() is one(layout, QgsLayoutItemMap)
    tables = [frame for frame in layout.multiFrames() if isinstance(frame, QgsLayoutMultiFrame)]
    assert len(tables) == 1
    named = [node.layer().name() for node in one(layout, QgsLayoutItemLegend).model().rootGroup().findLayers()]
    assert named == ["Views", "Predicted median income", "Sample points"]


def test_the_map_shows_all_units_in_metres_and_true_proportions(prediction: QgsVectorLayer, run: RunFacts) -> None:
    item = one(made(prediction, run), QgsLayoutItemMap)

    assert not item.crs().isGeographic()
    to_map = QgsCoordinateTransform(prediction.crs(), item.crs(), QgsProject.instance())
    assert item.extent().contains(to_map.transformBoundingBox(prediction.extent()))
    assert item.extent().width() / item.extent().height() == pytest.approx(186 / 142, rel=1e-3)
    assert (item.rect().width(), item.rect().height()) == (pytest.approx(186), pytest.approx(142))
    assert prediction in item.layers()


def test_a_second_report_replaces_the_first(prediction: QgsVectorLayer, run: RunFacts) -> None:
    made(prediction, run)
    made(prediction, run)

    assert len(QgsProject.instance().layoutManager().layouts()) == 1


def test_a_report_without_scores_says_so(prediction: QgsVectorLayer) -> None:
    said = words(made(prediction, RunFacts("Income")))

    assert "No scores are known for this run." in said
    assert "how far single numbers can be off is not known" in said


def test_a_layer_that_is_gone_is_named_in_a_sentence(qgis_new_project: None, run: RunFacts) -> None:
    with pytest.raises(EngineError, match="not in the project any more"):
        make_report(QgsProject.instance(), "gone", run)


def test_the_pdf_has_one_page_with_the_map(prediction: QgsVectorLayer, run: RunFacts, tmp_path: Path) -> None:
    layout = made(prediction, run)
    target = tmp_path / "Bericht für Ä.pdf"
    target.write_bytes(b"an older one")

    assert export_report(layout.name(), str(target)).wait() == str(target)

    assert pages(target) == 1
    assert b"/Subtype /Image" in target.read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_the_layout_of_the_user_stays_as_it_was(prediction: QgsVectorLayer, run: RunFacts, tmp_path: Path) -> None:
    layout = made(prediction, run)

    export_report(layout.name(), str(tmp_path / "report.pdf")).wait()

    assert one(layout, QgsLayoutItemMap).isVisible()
    assert len(QgsProject.instance().layoutManager().layouts()) == 1


def test_a_cancelled_export_leaves_nothing(
    prediction: QgsVectorLayer, run: RunFacts, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    layout = made(prediction, run)
    pending = export_report(layout.name(), str(tmp_path / "report.pdf"))
    pending.progressed.connect(lambda *_: pending.cancel())

    with pytest.raises(EngineError) as caught:
        pending.wait()

    assert caught.value.kind == "cancelled"
    until = time.monotonic() + 0.5
    wait_for(lambda: time.monotonic() > until)
    assert not list(tmp_path.glob("report*"))


def test_a_folder_that_is_not_there_is_said(prediction: QgsVectorLayer, run: RunFacts, tmp_path: Path) -> None:
    layout = made(prediction, run)

    with pytest.raises(EngineError, match="choose another folder"):
        export_report(layout.name(), str(tmp_path / "missing" / "report.pdf")).wait()


def test_a_layout_that_is_not_there_is_said(qgis_new_project: None, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="There is no layout called"):
        export_report("Report: nothing", str(tmp_path / "report.pdf")).wait()


def test_the_strictest_test_stands_first(studies: Path) -> None:
    table = score_table(record_of(studies))

    assert table[0][1] == "Whole districts held out"
    assert table[1][0] == "Explained differences (R²)"
    assert re.fullmatch(r"-?\d\.\d\d \(-?\d\.\d\d to -?\d\.\d\d\)", table[1][1])
    assert all(len(row) == len(table[0]) for row in table)


def test_scores_that_are_not_defined_are_unknown_and_no_error() -> None:
    record = {"scores": [{"protocol": "split", "n_test": 3, "scores": {"r2": {"value": None}}, "coverage": None}]}

    assert score_table(record)[1:] == [["Explained differences (R²)", "unknown"]]
    assert interval_note(record).startswith("There is no interval")


@pytest.mark.parametrize("shape", [QgsRectangle(-180, -90, 180, 90), QgsRectangle(7, 51, 7, 51), None])
def test_a_layer_of_any_size_makes_a_report(qgis_new_project: None, run: RunFacts, shape: QgsRectangle | None) -> None:
    project = QgsProject.instance()
    layer = QgsVectorLayer("Point?crs=EPSG:4326", "anything", "memory")
    if shape is not None:
        corners = [QgsFeature(layer.fields()), QgsFeature(layer.fields())]
        for corner, (x, y) in zip(
            corners, [(shape.xMinimum(), shape.yMinimum()), (shape.xMaximum(), shape.yMaximum())], strict=True
        ):
            corner.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(x, y)))
        layer.dataProvider().addFeatures(corners)
    project.addMapLayer(layer)

    name = make_report(project, layer.id(), run)

    shown = one(project.layoutManager().layoutByName(name), QgsLayoutItemMap).extent()
    assert shown.width() > 100
    assert shown.isFinite()
