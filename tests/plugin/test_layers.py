"""Results as layers of the project."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qgis.core import (
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayerTreeGroup,
    QgsLayerTreeModel,
    QgsProject,
    QgsVectorLayer,
)
from qgis.gui import QgsLayerTreeView
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.layers import kinds
from streetsense_qgis.layers.results import ResultLayers, RunFacts
from town_results import FILES, copy_results, record_of


@pytest.fixture
def results(studies: Path, tmp_path: Path) -> Path:
    return copy_results(studies, tmp_path / "results")


@pytest.fixture
def run(studies: Path) -> RunFacts:
    steps = [{"process": "fit", "version": "0.1.0", "inputs": {"name": "median_income", "penalties": 20}}]
    return RunFacts("Income", "town", "engine 0.1.0", "2026-03-04T12:00:00Z", steps, scores=record_of(studies))


@pytest.fixture
def project(qgis_new_project: None) -> QgsProject:
    return QgsProject.instance()


@pytest.fixture
def layers(project: QgsProject) -> Iterator[ResultLayers]:
    loaded = ResultLayers(project)
    yield loaded
    loaded.close()


def of_kind(project: QgsProject, kind: str) -> QgsVectorLayer:
    layer = kinds.newest_layer(project, kind)
    assert layer is not None, kind
    return layer


def test_a_run_is_one_group_with_its_layers_in_drawing_order(
    layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts
) -> None:
    ids = layers.load(str(results), FILES, run)

    group = project.layerTreeRoot().children()[0]
    assert isinstance(group, QgsLayerTreeGroup)
    assert group.name().startswith("Income, ")
    assert "2026" in group.name()
    assert [node.layerId() for node in group.children()] == ids
    assert [kinds.kind_of(project.mapLayer(one)) for one in ids] == [
        kinds.VIEWS,
        kinds.PREDICTION,
        kinds.SURFACE,
        kinds.POINTS,
        kinds.ROADS,
    ]


def test_the_list_of_layers_shows_what_is_in_the_group_beside_other_layers(
    layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts
) -> None:
    view = QgsLayerTreeView()
    view.setModel(QgsLayerTreeModel(project.layerTreeRoot(), view))
    project.addMapLayer(QgsVectorLayer("LineString?crs=EPSG:4326", "Streets", "memory"))
    layers.load(str(results), FILES, run)
    group = project.layerTreeRoot().children()[0]
    assert view.isExpanded(view.node2index(group))


def test_a_second_run_lies_above_the_first_and_has_the_newest_views(
    layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts
) -> None:
    layers.load(str(results), FILES, run)
    second = layers.load(str(results), ["views.gpkg"], RunFacts("Again"))

    assert project.layerTreeRoot().children()[0].name().startswith("Again")
    newest = layers.views_layer()
    assert newest is not None
    assert newest.id() == second[0]


def test_loading_in_steps_ends_with_the_same_layers(
    layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts
) -> None:
    shares: list[float] = []
    pending = layers.load_in_steps(str(results), FILES, run)
    pending.progressed.connect(lambda share, _name: shares.append(share))

    ids = pending.wait()

    assert [kinds.kind_of(project.mapLayer(one)) for one in ids][:2] == [kinds.VIEWS, kinds.PREDICTION]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_project_that_is_closed_while_results_load_ends_the_loading_with_a_sentence(
    layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts
) -> None:
    pending = layers.load_in_steps(str(results), FILES, run)
    pending.progressed.connect(lambda *_: project.clear())

    with pytest.raises(EngineError, match="load them again"):
        pending.wait()


def test_files_that_are_no_layers_or_not_there_are_passed_over(
    layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts
) -> None:
    (results / "broken.gpkg").write_bytes(b"SQLite format 3\0 and then nothing")

    ids = layers.load(str(results), ["democity_safety.csv", "missing.gpkg", "broken.gpkg", "missing.tif"], run)

    assert ids == []
    assert project.layerTreeRoot().children() == []


def test_layers_say_what_they_are_and_cannot_be_edited(
    layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts
) -> None:
    layers.load(str(results), FILES, run)

    layer = of_kind(project, kinds.PREDICTION)
    assert layer.customProperty(kinds.STUDY) == "town"
    assert layer.customProperty(kinds.ENGINE) == "engine 0.1.0"
    assert layer.customProperty(kinds.RUN) == run.title
    assert layer.readOnly()
    assert not layer.startEditing()


def test_the_metadata_name_origin_scores_and_licence(
    layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts
) -> None:
    run.attribution, run.licence = "The town", "CC BY 4.0"
    layers.load(str(results), FILES, run)

    metadata = of_kind(project, kinds.PREDICTION).metadata()
    history = "\n".join(metadata.history())
    assert "encoder: tiny" in history  # what the file says of itself
    assert "fit 0.1.0: name=median_income, penalties=20" in history  # what is known of the run
    assert "engine 0.1.0" in metadata.abstract()
    assert "R²" in metadata.abstract()
    assert "meant to hold the true value in 90 % of cases" in metadata.abstract()
    assert metadata.rights() == ["The town"]
    assert metadata.extent().spatialExtents()[0].bounds.width() > 0
    assert of_kind(project, kinds.VIEWS).metadata().licenses() == ["CC BY 4.0"]


def test_columns_have_names_and_units(layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts) -> None:
    layers.load(str(results), FILES, run)

    layer = of_kind(project, kinds.PREDICTION)
    names = {field.name(): field.displayName() for field in layer.fields()}
    assert names["prediction"] == "Predicted median income [USD a year]"
    assert names["lower"].endswith("[USD a year]")
    views = {field.name(): field.displayName() for field in of_kind(project, kinds.VIEWS).fields()}
    assert views["heading_deg"] == "Heading [degrees clockwise from north]"


def test_the_project_with_its_folder_can_move(
    layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts, tmp_path: Path
) -> None:
    layers.load(str(results), FILES, run)
    assert project.write(str(results / "map.qgs"))
    project.clear()
    elsewhere = tmp_path / "Öffentliche Ablage" / "planning 2026"
    shutil.copytree(results, elsewhere)
    shutil.rmtree(results)

    assert project.read(str(elsewhere / "map.qgs"))

    assert str(results) not in (elsewhere / "map.qgs").read_text(encoding="utf-8")
    for kind in (kinds.VIEWS, kinds.PREDICTION, kinds.SURFACE, kinds.POINTS, kinds.ROADS):
        layer = of_kind(project, kind)
        assert layer.isValid()
        assert layer.source().startswith(str(elsewhere))
        assert layer.customProperty(kinds.STUDY) == "town"
    assert of_kind(project, kinds.PREDICTION).readOnly()
    assert set(of_kind(project, kinds.PREDICTION).styleManager().styles()) == {"Prediction", "Interval width"}


def test_views_with_an_attention_map_are_a_layer_of_their_own(
    layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts
) -> None:
    views = QgsVectorLayer(str(results / "views.gpkg"))
    names = [feature["view_id"] for feature in views.getFeatures()][:3]
    overlays = results / "attention" / "tiny-relevance" / "overlays"
    overlays.mkdir(parents=True)
    for name in names:
        (overlays / f"{name}.png").write_bytes(b"")

    layers.load(str(results), [*FILES, "attention/tiny-relevance"], run)

    layer = of_kind(project, kinds.ATTENTION)
    assert {feature["view_id"] for feature in layer.getFeatures()} == set(names)
    assert 'width="320"' in layer.mapTipTemplate()


def test_whom_the_photos_are_by_is_found_in_the_views_and_given_to_the_whole_run(
    layers: ResultLayers,
    project: QgsProject,
    results: Path,
    run: RunFacts,
    wait_for: Callable[..., None],
) -> None:
    with sqlite3.connect(results / "views.gpkg") as database:
        database.execute("DROP TRIGGER IF EXISTS rtree_views_geom_update1")
        database.execute("DROP TRIGGER IF EXISTS rtree_views_geom_update3")
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE views SET attribution = 'Ada' WHERE fid % 3 = 0")

    layers.load(str(results), FILES, run)
    wait_for(lambda: of_kind(project, kinds.VIEWS).metadata().rights())

    named = "StreetSense democity (synthetic) | Ada"
    assert of_kind(project, kinds.VIEWS).metadata().rights() == [named]
    assert of_kind(project, kinds.PREDICTION).customProperty(kinds.ATTRIBUTION) == named
    assert project.readEntry("CopyrightLabel", "/Label")[0] == "Ada | StreetSense democity (synthetic)"


def test_a_layer_that_was_removed_meanwhile_needs_no_names(
    layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts, wait_for: Callable[..., None]
) -> None:
    layers.load(str(results), ["views.gpkg"], run)
    project.removeAllMapLayers()

    wait_for(lambda: not layers._tasks)

    assert project.readEntry("CopyrightLabel", "/Label")[0] == ""


def test_numbers_in_tables_have_no_more_decimals_than_they_deserve(
    layers: ResultLayers, project: QgsProject, results: Path, run: RunFacts
) -> None:
    layers.load(str(results), FILES, run)

    layer = of_kind(project, kinds.PREDICTION)
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(next(layer.getFeatures()))
    shown = QgsExpression('represent_value("prediction")').evaluate(context)
    assert re.fullmatch(r"[\d,]+", shown)
    hidden = [column.name for column in layer.attributeTableConfig().columns() if column.hidden]
    assert "fid" in hidden
    assert "prediction" not in hidden
