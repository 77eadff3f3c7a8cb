"""An atlas: a page for each unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from qgis.core import QgsLayoutItemLabel, QgsLayoutItemPicture, QgsPrintLayout, QgsProject, QgsVectorLayer
from qgis.PyQt.QtGui import QColor, QImage
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.layers.results import ResultLayers, RunFacts
from streetsense_qgis.report.atlas import atlas_units, make_atlas
from streetsense_qgis.report.export import export_report
from town_results import FILES, copy_results, record_of


@pytest.fixture
def run(studies: Path) -> RunFacts:
    return RunFacts("Income", "town", "engine 0.1.0", "2026-03-04T12:00:00Z", scores=record_of(studies))


@pytest.fixture
def prediction(studies: Path, tmp_path: Path, run: RunFacts, qgis_new_project: None) -> Iterator[QgsVectorLayer]:
    layers = ResultLayers(QgsProject.instance())
    ids = layers.load(str(copy_results(studies, tmp_path / "results")), FILES, run)
    yield QgsProject.instance().mapLayer(ids[1])
    layers.close()


def first_units(layer: QgsVectorLayer, count: int) -> list[str]:
    return sorted(str(feature["unit_id"]) for feature in layer.getFeatures())[:count]


def made(
    prediction: QgsVectorLayer, run: RunFacts, photos: dict[str, list[tuple[str, str]]], units: list[str]
) -> QgsPrintLayout:
    name = make_atlas(QgsProject.instance(), prediction.id(), run, photos, units)
    layout = QgsProject.instance().layoutManager().layoutByName(name)
    assert isinstance(layout, QgsPrintLayout)
    return layout


def item(layout: QgsPrintLayout, name: str) -> QgsLayoutItemLabel | QgsLayoutItemPicture:
    return layout.itemById(name)


def test_every_unit_has_a_page_with_its_prediction_in_words(prediction: QgsVectorLayer, run: RunFacts) -> None:
    units = first_units(prediction, 3)
    layout = made(prediction, run, {}, units)
    values = {feature["unit_id"]: feature["prediction"] for feature in prediction.getFeatures()}

    assert layout.atlas().updateFeatures() == 3
    assert layout.atlas().beginRender()
    for number, unit in enumerate(units):
        assert layout.atlas().seekTo(number)
        assert item(layout, "title").currentText() == f"Predicted median income: {unit}"
        assert item(layout, "prediction").currentText() == f"{values[unit]:,.0f} USD a year"
        assert re.fullmatch(
            r"between [\d,]+ and [\d,]+ USD a year   from \d+ views", item(layout, "interval").currentText()
        )


def test_the_map_goes_from_unit_to_unit(prediction: QgsVectorLayer, run: RunFacts) -> None:
    layout = made(prediction, run, {}, first_units(prediction, 2))
    layout.atlas().beginRender()
    extents = []
    for number in range(2):
        layout.atlas().seekTo(number)
        extents.append(item(layout, "map").extent())

    assert extents[0] != extents[1]
    assert max(extent.width() for extent in extents) < 2_000  # metres, not the whole town


def test_photos_and_overlays_stand_beside_each_other(prediction: QgsVectorLayer, run: RunFacts, tmp_path: Path) -> None:
    units = first_units(prediction, 2)
    paths = []
    for number in range(2):
        paths.append(str(tmp_path / f"Foto ü '{number}'.png"))
        picture = QImage(8, 8, QImage.Format.Format_RGB32)
        picture.fill(QColor("red"))
        picture.save(paths[-1])
    layout = made(prediction, run, {units[0]: [(paths[0], paths[1]), (paths[1], "")]}, units)

    layout.atlas().beginRender()
    layout.atlas().seekTo(0)
    layout.refresh()
    shown = [item(layout, f"{what} {number}").evaluatedPath() for number in (1, 2, 3) for what in ("photo", "overlay")]
    layout.atlas().seekTo(1)
    layout.refresh()

    assert shown == [paths[0], paths[1], paths[1], "", "", ""]
    assert item(layout, "photo 1").evaluatedPath() == ""


def test_the_pdf_has_a_page_for_each_unit(prediction: QgsVectorLayer, run: RunFacts, tmp_path: Path) -> None:
    layout = made(prediction, run, {}, first_units(prediction, 3))
    pending = export_report(layout.name(), str(tmp_path / "atlas.pdf"))
    steps: list[str] = []
    pending.progressed.connect(lambda _share, what: steps.append(what))

    pending.wait()

    content = (tmp_path / "atlas.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 3
    assert steps == ["page 1 of 3", "page 2 of 3", "page 3 of 3"]


def test_selected_units_are_chosen(prediction: QgsVectorLayer) -> None:
    some = [feature.id() for feature in prediction.getFeatures()][2:5]
    prediction.selectByIds(some)

    units = atlas_units(prediction)

    assert len(units.unit_ids) == 3
    assert units.note == ""


def test_too_many_units_are_cut_and_said(prediction: QgsVectorLayer) -> None:
    units = atlas_units(prediction, most=5)

    assert len(units.unit_ids) == 5
    assert units.note == f"5 of {prediction.featureCount()} units get a page; select the ones that matter to you."


def test_an_atlas_of_no_units_is_refused(prediction: QgsVectorLayer, run: RunFacts) -> None:
    with pytest.raises(EngineError, match="select some on the map"):
        make_atlas(QgsProject.instance(), prediction.id(), run, {}, [])


def test_a_unit_with_a_quote_in_its_name_has_a_page(prediction: QgsVectorLayer, run: RunFacts) -> None:
    index = prediction.fields().lookupField("unit_id")
    feature = next(prediction.getFeatures())
    prediction.dataProvider().changeAttributeValues({feature.id(): {index: 'St. John\'s "East"'}})

    layout = made(prediction, run, {}, ['St. John\'s "East"'])

    assert layout.atlas().updateFeatures() == 1
