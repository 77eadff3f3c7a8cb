"""Whom to name, in the map's copyright decoration."""

from __future__ import annotations

import pytest
from qgis.core import QgsProject, QgsVectorLayer
from streetsense_qgis.layers import kinds
from streetsense_qgis.layers.credits import show_credits


@pytest.fixture
def project(qgis_new_project: None) -> QgsProject:
    return QgsProject.instance()


def add_layer(project: QgsProject, attribution: str) -> QgsVectorLayer:
    layer = QgsVectorLayer("Point?crs=EPSG:4326", "views", "memory")
    layer.setCustomProperty(kinds.KIND, kinds.VIEWS)
    layer.setCustomProperty(kinds.ATTRIBUTION, attribution)
    project.addMapLayer(layer)
    return layer


def label(project: QgsProject) -> str:
    return project.readEntry("CopyrightLabel", "/Label")[0]


def is_shown(project: QgsProject) -> bool:
    return project.readBoolEntry("CopyrightLabel", "/Enabled")[0]


def test_the_decoration_is_switched_on_with_the_names(project: QgsProject) -> None:
    add_layer(project, "Ada, CC BY")

    show_credits(project, None)

    assert label(project) == "Ada, CC BY"
    assert is_shown(project)


def test_names_are_given_once(project: QgsProject) -> None:
    add_layer(project, "Ada | Bo")
    add_layer(project, "Bo | Cy")

    show_credits(project, None)
    show_credits(project, None)

    assert label(project) == "Ada | Bo | Cy"


def test_the_users_own_words_stay(project: QgsProject) -> None:
    project.writeEntry("CopyrightLabel", "/Label", "© City of Example")
    first = add_layer(project, "Ada")
    show_credits(project, None)
    assert label(project) == "© City of Example | Ada"

    add_layer(project, "Bo")
    project.removeMapLayer(first.id())
    show_credits(project, None)
    assert label(project) == "© City of Example | Bo"

    project.removeAllMapLayers()
    show_credits(project, None)
    assert label(project) == "© City of Example"
    assert is_shown(project)


def test_a_name_that_the_user_wrote_is_not_written_again(project: QgsProject) -> None:
    project.writeEntry("CopyrightLabel", "/Label", "Photos by Ada")
    add_layer(project, "Ada")

    show_credits(project, None)
    show_credits(project, None)

    assert label(project) == "Photos by Ada"


def test_without_layers_and_words_the_decoration_goes(project: QgsProject) -> None:
    layer = add_layer(project, "Ada")
    show_credits(project, None)

    project.removeMapLayer(layer.id())
    show_credits(project, None)

    assert label(project) == ""
    assert not is_shown(project)


def test_a_project_without_our_layers_is_left_alone(project: QgsProject) -> None:
    project.setDirty(False)

    show_credits(project, None)

    assert not project.isDirty()
