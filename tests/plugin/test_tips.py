"""Map tips and forms of views and predictions."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import (
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from streetsense_qgis.layers.fieldnames import set_field_names
from streetsense_qgis.layers.forms import set_photo_form
from streetsense_qgis.layers.photos import PHOTO_FOLDER, file_url, quoted
from streetsense_qgis.layers.tips import set_attention_tip, set_prediction_tip, set_view_tip

_VIEW = "Point?crs=EPSG:4326&field=view_id:string&field=captured_at:string&field=heading_deg:double"
_VIEWS = f"{_VIEW}&field=attribution:string&field=licence:string&field=photo:string"
_UNITS = (
    "Point?crs=EPSG:4326&field=unit_id:string&field=prediction:double&field=lower:double&field=upper:double"
    "&field=n_views:integer&field=outside:integer"
)


@pytest.fixture
def folder(qgis_new_project: None, tmp_path: Path) -> Path:
    made = tmp_path / "Straße #1, 100 % ready?"
    made.mkdir()
    return made


def saved(uri: str, values: list[object], path: Path) -> QgsVectorLayer:
    """Write a layer with one feature to a file and open it in the project."""
    source = QgsVectorLayer(uri, "made", "memory")
    feature = QgsFeature(source.fields())
    feature.setAttributes(values)
    source.dataProvider().addFeatures([feature])
    options = QgsVectorFileWriter.SaveVectorOptions()
    QgsVectorFileWriter.writeAsVectorFormatV3(source, str(path), QgsProject.instance().transformContext(), options)
    layer = QgsVectorLayer(str(path), "layer")
    assert layer.isValid()
    QgsProject.instance().addMapLayer(layer)
    return layer


def view(folder: Path, photo: str | None = "photos/ab/abcd.jpg", heading: float | None = 92.4) -> QgsVectorLayer:
    return saved(_VIEWS, ["v1", "2019-07", heading, "Ada", "CC BY 4.0", photo], folder / "views.gpkg")


def tip(layer: QgsVectorLayer) -> str:
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(next(layer.getFeatures()))
    return QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)


def evaluated(layer: QgsVectorLayer, text: str) -> object:
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(next(layer.getFeatures()))
    return QgsExpression(text).evaluate(context)


def test_a_photo_beside_the_layer_is_shown_whatever_the_folder_is_called(folder: Path) -> None:
    (folder / "photos" / "ab").mkdir(parents=True)
    (folder / "photos" / "ab" / "abcd.jpg").write_bytes(b"")
    layer = view(folder)
    set_view_tip(layer)

    shown = tip(layer)

    assert '/Straße%20%231,%20100%20%25%20ready%3F/photos/ab/abcd.jpg" width="320">' in shown
    assert '<img src="file:///' in shown
    assert "2019-07, looking 92° (0 is north, 90 east)" in shown
    assert "Ada, CC BY 4.0" in shown


def test_a_photo_of_the_engines_own_study_lies_one_folder_up(folder: Path) -> None:
    (folder / "photos" / "ab").mkdir(parents=True)
    (folder / "photos" / "ab" / "abcd.jpg").write_bytes(b"")
    (folder / "results").mkdir()
    layer = view(folder / "results")

    assert evaluated(layer, PHOTO_FOLDER) == str(folder)


@pytest.mark.parametrize("photo", ["photos/ab/abcd.jpg", None])
def test_a_photo_that_is_not_here_is_asked_for(folder: Path, photo: str | None) -> None:
    layer = view(folder, photo)
    set_view_tip(layer)

    assert "Click the view to see its photo." in tip(layer)
    assert "<img" not in tip(layer)


def test_an_unknown_heading_is_not_mentioned(folder: Path) -> None:
    layer = view(folder, heading=None)
    set_view_tip(layer)

    assert "looking" not in tip(layer)
    assert "2019-07" in tip(layer)


def test_the_tip_of_an_attention_map_shows_its_overlay(folder: Path) -> None:
    (folder / "attention" / "it's" / "overlays").mkdir(parents=True)
    (folder / "attention" / "it's" / "overlays" / "v1.png").write_bytes(b"")
    layer = view(folder)

    set_attention_tip(layer, "attention/it's/overlays")

    assert '/attention/it\'s/overlays/v1.png" width="320">' in tip(layer)


def test_a_prediction_is_said_with_interval_evidence_and_warning(folder: Path) -> None:
    layer = saved(_UNITS, ["u1", 48133.5, 32666.7, 63600.3, 20, 1], folder / "units.gpkg")
    set_prediction_tip(layer, "median_income", "USD a year")

    said = tip(layer)

    assert "median income" in said
    assert "48,134 USD a year" in said
    assert "between 32,667 and 63,600 USD a year" in said
    assert "from 20 views" in said
    assert "do not rely on this number" in said


def test_without_an_interval_nothing_is_said_of_one(folder: Path) -> None:
    layer = saved(_UNITS, ["u1", 6.477, None, None, 1, 0], folder / "units.gpkg")
    set_prediction_tip(layer, "safety", "of 10")

    assert "6.48 of 10" in tip(layer)
    assert "between" not in tip(layer)
    assert "rely" not in tip(layer)


def test_the_mark_is_shown_in_words(folder: Path) -> None:
    layer = saved(_UNITS, ["u1", 6.477, None, None, 1, 1], folder / "units.gpkg")
    set_field_names(layer, "safety", "of 10")

    assert evaluated(layer, 'represent_value("outside")') == "no: do not rely on it"


def test_addresses_of_windows_have_three_slashes(folder: Path) -> None:
    layer = view(folder)

    assert evaluated(layer, file_url(quoted("C:/a b/c.jpg"))) == "file:///C:/a%20b/c.jpg"


def test_the_form_shows_the_photo_first(folder: Path) -> None:
    layer = view(folder)

    set_photo_form(layer)

    tabs = [element.name() for element in layer.editFormConfig().tabs()]
    assert tabs[0] == "photo"
    assert "fid" not in tabs
    assert sorted(tabs) == sorted(name for name in layer.fields().names() if name != "fid")
    assert layer.editorWidgetSetup(layer.fields().lookupField("photo")).type() == "ExternalResource"
