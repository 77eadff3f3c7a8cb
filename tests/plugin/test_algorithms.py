"""Algorithms against a real engine: layers go there, jobs run, results come back."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("qgis.core")

from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from streetsense_qgis.processing.provider import StreetSenseProvider
from streetsense_qgis.resources import path

if TYPE_CHECKING:
    from engines import RunningEngine


class Heard(QgsProcessingFeedback):
    """Keeps what an algorithm says."""

    def __init__(self) -> None:
        super().__init__(False)
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self.texts: list[str] = []
        self.progress_seen: list[float] = []
        self.progressChanged.connect(self.progress_seen.append)

    def reportError(self, error: str, fatalError: bool = False) -> None:
        self.errors.append(error)

    def pushWarning(self, warning: str) -> None:
        self.warnings.append(warning)

    def pushInfo(self, info: str) -> None:
        self.texts.append(info)

    def setProgressText(self, text: str) -> None:
        self.texts.append(text)


#: Runs an algorithm by its name and parameters; returns results and what was said.
Run = Callable[..., "tuple[dict[str, Any], Heard]"]


@pytest.fixture
def provider(qgis_app: object, engine: RunningEngine, monkeypatch: pytest.MonkeyPatch) -> Iterator[StreetSenseProvider]:
    monkeypatch.setenv("STREETSENSE_URL", engine.url)
    monkeypatch.setenv("STREETSENSE_TOKEN", engine.token)
    made = StreetSenseProvider()
    QgsApplication.processingRegistry().addProvider(made)
    yield made
    QgsApplication.processingRegistry().removeProvider(made)


@pytest.fixture
def context(qgis_new_project: object) -> QgsProcessingContext:
    made = QgsProcessingContext()
    made.setProject(QgsProject.instance())
    return made


@pytest.fixture
def run(provider: StreetSenseProvider, context: QgsProcessingContext) -> Callable[..., tuple[dict[str, Any], Heard]]:
    """Run an algorithm as a window or a command line does: check, then run; return results and what was said."""

    def run(name: str, **parameters: object) -> tuple[dict[str, Any], Heard]:
        heard, algorithm = Heard(), provider.algorithm(name)
        is_good, sentence = algorithm.checkParameterValues(parameters, context)
        if not is_good:
            heard.errors.append(sentence)
            return {}, heard
        results, is_good = algorithm.run(parameters, context, heard)
        assert is_good != bool(heard.errors), heard.errors
        return results, heard

    return run


@pytest.fixture
def study(engine: RunningEngine, request: pytest.FixtureRequest) -> str:
    """Return the name of a study of its own: the area and the sample points of the town, without its views."""
    name = request.node.name[:60]
    town, folder = engine.studies / "town", engine.studies / name
    folder.mkdir()
    for file in ("study.json", "sample_points.parquet"):
        shutil.copy(town / file, folder)
    return name


def polygons(texts: list[str], crs: str = "EPSG:3857", fields: str = "") -> QgsVectorLayer:
    layer = QgsVectorLayer(f"Polygon?crs={crs}{fields}", "Bezirke Süd", "memory")
    for text in texts:
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(text))
        layer.dataProvider().addFeature(feature)
    QgsProject.instance().addMapLayer(layer)
    return layer


SQUARE = "Polygon((0 0, 0 1000, 1000 1000, 1000 0, 0 0))"
FAR = "Polygon((2000000 0, 2000000 1000, 2001000 1000, 2001000 0, 2000000 0))"


def area_of(engine: RunningEngine, study: str) -> list[float]:
    record = json.loads((engine.studies / study / "study.json").read_text())
    text = json.dumps(record["area"])
    numbers = [json.loads(f"[{part.split(']')[0]}]") for part in text.split("[") if "]" in part and "," in part]
    points = [pair for pair in numbers if len(pair) == 2]
    return [f(pair[axis] for pair in points) for f in (min, max) for axis in (0, 1)]


def test_a_study_is_made_of_polygons_in_another_reference_system(run: Run, engine: RunningEngine) -> None:
    results, _ = run("newstudy", NAME="mercator", AREA=polygons([SQUARE]))
    assert results["STUDY"] == "mercator"
    assert results["AREA_KM2"] == pytest.approx(1.0, rel=0.02)
    assert area_of(engine, "mercator") == pytest.approx([0, 0, 0.008983, 0.008983], abs=1e-5)


def test_only_selected_polygons_are_taken_when_somebody_says_so(run: Run, engine: RunningEngine) -> None:
    layer = polygons([SQUARE, FAR])
    layer.selectByIds([next(layer.getFeatures()).id()])
    chosen = QgsProcessingFeatureSourceDefinition(layer.id(), True)
    run("newstudy", NAME="selected", AREA=chosen)
    assert area_of(engine, "selected")[2] < 1


def test_a_study_is_made_of_an_extent_with_its_reference_system(run: Run, engine: RunningEngine) -> None:
    run("newstudy", NAME="extent", EXTENT="0,1000,0,1000 [EPSG:3857]")
    assert area_of(engine, "extent") == pytest.approx([0, 0, 0.008983, 0.008983], abs=1e-5)


def test_a_name_that_is_taken_is_refused_unless_it_may_be_used(run: Run) -> None:
    run("newstudy", NAME="twice", AREA=polygons([SQUARE]))
    _, heard = run("newstudy", NAME="twice", AREA=polygons([FAR]))
    assert heard.errors == ["There is a study 'twice' already; choose another name, or allow its use."]
    results, _ = run("newstudy", NAME="twice", AREA=polygons([FAR]), REUSE=True)
    assert results["AREA_KM2"] == pytest.approx(1.0, rel=0.02)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "Give the area by a layer (AREA) or by an extent (EXTENT)"),
        ({"EXTENT": "0,1,0,1 [EPSG:4326]", "AREA": "x"}, ""),
    ],
)
def test_an_area_is_given_in_one_way(run: Run, parameters: dict[str, Any], words: str) -> None:
    _, heard = run("newstudy", NAME="none", **parameters)
    assert len(heard.errors) == 1 and words in heard.errors[0]


def test_an_empty_layer_is_no_area(run: Run) -> None:
    _, heard = run("newstudy", NAME="empty", AREA=polygons([]))
    assert heard.errors == ["AREA: there is no polygon in this layer; draw or select one."]


def test_a_process_runs_and_its_layers_come_into_the_folder_and_the_project(
    run: Run, study: str, tmp_path: Path, context: QgsProcessingContext
) -> None:
    results, heard = run("sample", STUDY=study, ROADS="democity", SPACING=250, OUTPUT=str(tmp_path / "out ü"))
    assert results["STUDY"] == study and results["SPACING"] == 250
    layer = QgsVectorLayer(results["POINTS_LAYER"], "points", "ogr")
    assert layer.featureCount() == results["SAMPLE_POINTS"] > 0
    assert Path(results["ROADS_LAYER"]) == tmp_path / "out ü" / "roads.gpkg"
    assert set(context.layersToLoadOnCompletion()) == {results["ROADS_LAYER"], results["POINTS_LAYER"]}
    assert heard.progress_seen[-1] == 100


def test_layers_are_not_opened_when_nobody_wants_that(run: Run, study: str, context: QgsProcessingContext) -> None:
    results, _ = run("sample", STUDY=study, ROADS="democity", SPACING=250, LOAD=False)
    assert Path(results["ROADS_LAYER"]).is_file()
    assert "sample" not in str(context.layersToLoadOnCompletion()) or not context.layersToLoadOnCompletion()


def test_without_a_folder_results_stay_in_the_study(run: Run, study: str) -> None:
    results, _ = run("sample", STUDY=study, ROADS="democity", SPACING=250, OUTPUT=None)
    assert results["ROADS_LAYER"] == "results/roads.gpkg"


def test_roads_can_be_a_layer_of_the_project(run: Run, study: str, engine: RunningEngine) -> None:
    roads = QgsVectorLayer(str(engine.studies / "town" / "uploads" / "roads.gpkg"), "Straßen: neu", "ogr")
    QgsProject.instance().addMapLayer(roads)
    results, _ = run("sample", STUDY=study, ROADS_LAYER=roads, SPACING=250)
    assert results["ROADS"] > 10
    (sent,) = (engine.studies / study / "uploads").rglob("*.gpkg")
    assert sent.name == "Straßen_neu.gpkg"


def test_a_layer_sent_again_takes_the_place_of_the_first(run: Run, study: str, engine: RunningEngine) -> None:
    roads = QgsVectorLayer(str(engine.studies / "town" / "uploads" / "roads.gpkg"), "roads", "ogr")
    QgsProject.instance().addMapLayer(roads)
    for spacing in (250, 300):
        run("sample", STUDY=study, ROADS_LAYER=roads, SPACING=spacing)
    assert len(list((engine.studies / study / "uploads").rglob("*.gpkg"))) == 1


def test_roads_can_be_a_file_here_and_the_engine_s_sentence_names_it_as_it_was_given(
    run: Run, study: str, tmp_path: Path
) -> None:
    bad = tmp_path / "my roads.geojson"
    bad.write_text("{}")
    _, heard = run("sample", STUDY=study, ROADS=str(bad))
    assert len(heard.errors) == 1
    assert str(bad) in heard.errors[0] and "uploads/" not in heard.errors[0]


def test_a_path_that_leads_nowhere_is_refused_before_anything_is_sent(run: Run, study: str) -> None:
    _, heard = run("sample", STUDY=study, ROADS="/nowhere/roads.gpkg")
    assert len(heard.errors) == 1 and "ROADS: /nowhere/roads.gpkg is no file on this computer" in heard.errors[0]


def test_a_layer_and_a_text_for_one_input_are_refused(run: Run, engine: RunningEngine) -> None:
    layer = polygons([SQUARE])
    _, heard = run("predict", STUDY="town", NAME="x", PREDICTOR="safety", UNITS_LAYER=layer, UNITS="h3:9")
    assert heard.errors == ["UNITS_LAYER and UNITS are both given; leave one of them empty."]


def test_a_required_layer_that_is_missing_is_named(run: Run, engine: RunningEngine) -> None:
    _, heard = run("fit", STUDY="town", NAME="x", TARGET="y", ENCODER="tiny")
    assert heard.errors == ["LABELS_LAYER or LABELS is missing; give one of them."]


def test_a_study_that_is_not_there_is_one_sentence(run: Run) -> None:
    _, heard = run("sample", STUDY="atlantis", ROADS="democity")
    assert heard.errors == ["STUDY: the engine has no study 'atlantis'; make it with 'New study' or correct it."]


def test_labels_with_text_nulls_and_a_column_called_fid_reach_the_engine_as_they_are(
    run: Run, study: str, engine: RunningEngine
) -> None:
    layer = polygons(
        [SQUARE, SQUARE, SQUARE], fields="&field=fid:string&field=name:string&field=income:double&field=note:string"
    )
    rows = [("7", "Süd", 1.5, None), ("7", None, None, "x"), (None, "", 3.0, "")]
    for number, feature in enumerate(list(layer.getFeatures())):
        layer.dataProvider().changeAttributeValues({feature.id(): dict(enumerate(rows[number]))})
    _, heard = run("fit", STUDY=study, NAME="x", LABELS_LAYER=layer, TARGET="income", ENCODER="none")
    assert len(heard.errors) == 1  # there is no such encoder; the labels are there
    (sent,) = (engine.studies / study / "uploads").rglob("*.gpkg")
    with sqlite3.connect(sent) as database:
        found = database.execute('SELECT fid, name, income, note FROM "Bezirke_Süd"').fetchall()
    assert found == rows


def test_a_table_is_sent_as_the_file_it_is(run: Run, study: str, engine: RunningEngine, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("view_id,safety\na,1\n")
    layer = QgsVectorLayer(str(table), "labels", "ogr")
    QgsProject.instance().addMapLayer(layer)
    run("fit", STUDY=study, NAME="x", LABELS_LAYER=layer, TARGET="safety", ENCODER="none")
    (sent,) = (engine.studies / study / "uploads").rglob("labels.csv")
    assert sent.read_text() == table.read_text()


def test_predictions_for_units_of_a_layer_come_back_with_style_and_surface(
    run: Run, engine: RunningEngine, tmp_path: Path
) -> None:
    blocks = QgsVectorLayer(str(engine.studies / "town" / "results" / "democity_block_groups.gpkg"), "blocks", "ogr")
    QgsProject.instance().addMapLayer(blocks)
    results, _ = run(
        "predict", STUDY="town", NAME="by_processing", PREDICTOR="median_income", UNITS_LAYER=blocks,
        OUTPUT=str(tmp_path),
    )  # fmt: skip
    layer = QgsVectorLayer(results["LAYER"], "layer", "ogr")
    assert layer.featureCount() == results["FEATURES"] > 0
    assert layer.renderer().type() != "singleSymbol"
    assert QgsRasterLayer(results["SURFACE"], "surface").isValid()
    json.dumps(results)


def test_a_folder_of_photos_is_sent_once(run: Run, study: str, engine: RunningEngine, tmp_path: Path) -> None:
    photos = sorted((engine.studies / "town" / "photos").rglob("*.jpg"))[:5]
    folder = tmp_path / "meine Fotos"
    (folder / "a").mkdir(parents=True)
    for number, photo in enumerate(photos):
        (folder / "a" / f"{number} ü.jpg").write_bytes(photo.read_bytes())
    (folder / "notes.txt").write_text("no photo")
    for expected in ("5 of 5 files were sent", "0 of 5 files were sent"):
        results, heard = run("fetch", STUDY=study, PROVIDER="folder", PHOTOS=str(folder))
        assert any(expected in text for text in heard.texts)
    assert sum(results["VIEWS"].values()) + sum(results["NOT_USED"].values()) >= 5


def test_warnings_of_the_engine_are_shown(run: Run, study: str, engine: RunningEngine, tmp_path: Path) -> None:
    photo = next((engine.studies / "town" / "photos").rglob("*.jpg"))
    (tmp_path / "nowhere.jpg").write_bytes(photo.read_bytes())
    _, heard = run("fetch", STUDY=study, PROVIDER="folder", PHOTOS=str(tmp_path))
    assert any("no view can be used" in warning for warning in heard.warnings)


def test_what_a_form_leaves_at_its_default_is_not_sent(run: Run, study: str, engine: RunningEngine) -> None:
    algorithm = QgsApplication.processingRegistry().algorithmById("streetsense:sample")
    all_of_them = {one.name(): one.defaultValue() for one in algorithm.parameterDefinitions()}
    run("sample", **{**all_of_them, "STUDY": study, "ROADS": "democity", "SPACING": 260, "OUTPUT": None})
    newest = max((engine.studies / study / "jobs").iterdir(), key=lambda one: one.stat().st_mtime)
    assert json.loads((newest / "inputs.json").read_text())["spacing"] == 260


def test_a_wish_to_stop_dismisses_the_job(
    provider: StreetSenseProvider, study: str, engine: RunningEngine, context: QgsProcessingContext
) -> None:
    heard = Heard()
    parameters = {"STUDY": study, "PROVIDER": "democity", "SIZE": 512, "DATES": "2019-07,2020-07,2021-07,2022-07"}

    def stop(text: str) -> None:
        if "running" in text or "view" in text:
            heard.cancel()

    heard.setProgressText = stop  # type: ignore[method-assign]
    results, _ = provider.algorithm("fetch").run(parameters, context, heard)
    assert heard.isCanceled() and results == {}
    newest = max((engine.studies / study / "jobs").iterdir(), key=lambda one: one.stat().st_mtime)
    assert json.loads((newest / "status.json").read_text())["status"] == "dismissed"


def test_it_runs_in_a_thread_while_the_window_works(
    provider: StreetSenseProvider, study: str, context: QgsProcessingContext, wait_for: Callable[..., None]
) -> None:
    heard, ends = Heard(), []
    parameters = {"STUDY": study, "ROADS": "democity", "SPACING": 240}
    task = QgsProcessingAlgRunnerTask(provider.algorithm("sample"), parameters, context, heard)
    task.executed.connect(lambda is_good, results: ends.append((is_good, results)))
    QgsApplication.taskManager().addTask(task)
    wait_for(lambda: ends, 60)
    ((is_good, results),) = ends
    assert is_good, heard.errors
    assert results["SPACING"] == 240


def test_a_model_passes_the_study_from_step_to_step(
    provider: StreetSenseProvider, context: QgsProcessingContext
) -> None:
    def value(what: object) -> list[QgsProcessingModelChildParameterSource]:
        return [QgsProcessingModelChildParameterSource.fromStaticValue(what)]

    model = QgsProcessingModelAlgorithm("town", "tests")
    first = QgsProcessingModelChildAlgorithm("streetsense:newstudy")
    first.setChildId("first")
    first.addParameterSources("NAME", value("by model"))
    first.addParameterSources("AREA", value(path("democity_area.geojson")))
    second = QgsProcessingModelChildAlgorithm("streetsense:sample")
    second.setChildId("second")
    second.addParameterSources("STUDY", [QgsProcessingModelChildParameterSource.fromChildOutput("first", "STUDY")])
    second.addParameterSources("ROADS", value("democity"))
    second.addParameterSources("SPACING", value(300))
    model.addChildAlgorithm(first)
    model.addChildAlgorithm(second)
    model.initAlgorithm()
    heard = Heard()
    results, is_good = model.run({}, context, heard)
    assert is_good, heard.errors
    assert results["CHILD_RESULTS"]["second"]["STUDY"] == "by model"
    assert results["CHILD_RESULTS"]["second"]["SAMPLE_POINTS"] > 0


def test_a_token_that_is_missing_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STREETSENSE_TOKEN")
    _, heard = run("sample", STUDY="town")
    assert heard.errors == [
        "STREETSENSE_URL is set but STREETSENSE_TOKEN is not; set it to the token that the engine shows."
    ]
