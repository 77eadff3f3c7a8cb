"""The provider offers what an engine has, and leaves nothing behind."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("qgis.core")

from qgis.core import QgsApplication, QgsProcessingAlgRunnerTask, QgsProcessingContext, QgsProcessingFeedback
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QThread, QTimer, pyqtSignal
from streetsense_qgis.connection.client import EngineClient
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.processing.provider import StreetSenseProvider
from streetsense_qgis.resources import path

if TYPE_CHECKING:
    from engines import RunningEngine

pytestmark = pytest.mark.usefixtures("qgis_app")


class Connection(QObject):
    """A session that a test can put into any state."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.state, self.client, self.error = "off", None, None
        self.wishes, self.on_main_thread = 0, False
        self.next: tuple[Any, ...] = ("failed",)

    def connect_engine(self) -> None:
        """Do what the test says a little later, as a real session does."""
        self.wishes += 1
        self.on_main_thread = QThread.currentThread() is QgsApplication.instance().thread()
        self.state = "starting"
        QTimer.singleShot(50, lambda: self.become(*self.next))

    def become(self, state: str, client: EngineClient | None = None, error: EngineError | None = None) -> None:
        self.state, self.client, self.error = state, client, error
        self.changed.emit()


@pytest.fixture
def snapshot() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Path(path("process_descriptions.json")).read_text())["processes"]
    return found


@pytest.fixture
def provider(qgis_app: object) -> Iterator[StreetSenseProvider]:
    made = StreetSenseProvider()
    QgsApplication.processingRegistry().addProvider(made)
    yield made
    QgsApplication.processingRegistry().removeProvider(made)


def ids(provider: StreetSenseProvider) -> set[str]:
    return {algorithm.id() for algorithm in provider.algorithms()}


def test_every_process_of_the_snapshot_is_an_algorithm(
    provider: StreetSenseProvider, snapshot: list[dict[str, Any]]
) -> None:
    assert ids(provider) == {"streetsense:newstudy", *(f"streetsense:{entry['id']}" for entry in snapshot)}


def test_names_are_those_that_qgis_allows(provider: StreetSenseProvider) -> None:
    for algorithm in provider.algorithms():
        assert re.fullmatch(r"[a-z0-9_-]+", algorithm.name())
        assert algorithm.group() and algorithm.groupId()
        assert "plugin" not in algorithm.displayName().lower()


def test_the_help_says_what_every_input_means_and_how_to_run_without_a_window(provider: StreetSenseProvider) -> None:
    text = provider.algorithm("fetch").shortHelpString()
    assert "Where views come from" in text
    assert "STREETSENSE_URL" in text and "STREETSENSE_TOKEN" in text


def test_an_engine_with_another_process_brings_another_algorithm(
    provider: StreetSenseProvider, snapshot: list[dict[str, Any]]
) -> None:
    further = copy.deepcopy(snapshot[0])
    further["id"] = "dream"
    provider.refresh([*snapshot, further])
    assert "streetsense:dream" in ids(provider)
    assert provider.algorithm("dream").group() == "Further"
    provider.refresh(snapshot)
    assert "streetsense:dream" not in ids(provider)


def test_descriptions_that_cannot_be_read_leave_everything_as_it_was(provider: StreetSenseProvider) -> None:
    before = ids(provider)
    provider.refresh([{"id": "x"}])
    provider.refresh([])
    assert ids(provider) == before


def test_a_connection_brings_the_descriptions_of_its_engine(
    engine: RunningEngine, wait_for: Callable[..., None]
) -> None:
    connection = Connection()
    provider = StreetSenseProvider(connection)
    QgsApplication.processingRegistry().addProvider(provider)
    provider.refresh([{"id": "old", "title": "Old", "description": "", "inputs": {"study": {}}, "outputs": {}}])
    assert ids(provider) == {"streetsense:newstudy", "streetsense:old"}
    connection.become("connected", EngineClient(engine.url, engine.token))
    wait_for(lambda: "streetsense:predict" in ids(provider))
    assert "streetsense:old" not in ids(provider)
    QgsApplication.processingRegistry().removeProvider(provider)
    connection.client.close()


def test_it_can_be_loaded_and_unloaded_ten_times(qgis_app: object) -> None:
    connection = Connection()
    for _ in range(10):
        provider = StreetSenseProvider(connection)
        QgsApplication.processingRegistry().addProvider(provider)
        assert QgsApplication.processingRegistry().removeProvider(provider)
        assert connection.receivers(connection.changed) == 0
        assert sip.isdeleted(provider)
    assert QgsApplication.processingRegistry().providerById("streetsense") is None


def run_in_a_thread(
    connection: Connection, wait_for: Callable[..., None], cancel_after: int | None = None
) -> tuple[bool, dict[str, Any], str]:
    """Run an algorithm as the toolbox does; return whether it went well, its results, and its log."""
    provider = StreetSenseProvider(connection)
    QgsApplication.processingRegistry().addProvider(provider)
    context, feedback, ends = QgsProcessingContext(), QgsProcessingFeedback(False), []
    parameters = {"NAME": "town", "EXTENT": "0,1000,0,1000 [EPSG:3857]", "REUSE": True}
    task = QgsProcessingAlgRunnerTask(provider.algorithm("newstudy"), parameters, context, feedback)
    task.executed.connect(lambda is_good, results: ends.append((is_good, results)))
    if cancel_after is not None:
        QTimer.singleShot(cancel_after, task.cancel)
    QgsApplication.taskManager().addTask(task)
    wait_for(lambda: ends)
    QgsApplication.processingRegistry().removeProvider(provider)
    return (*ends[0], feedback.textLog())


def test_an_algorithm_connects_on_the_window_s_thread_and_waits_for_it(
    engine: RunningEngine, wait_for: Callable[..., None]
) -> None:
    connection = Connection()
    connection.next = ("connected", EngineClient(engine.url, engine.token))
    is_good, results, _ = run_in_a_thread(connection, wait_for)
    assert is_good and results["STUDY"] == "town"
    assert connection.wishes == 1 and connection.on_main_thread


def test_an_engine_that_cannot_be_reached_is_the_connection_s_sentence(
    qgis_app: object, wait_for: Callable[..., None]
) -> None:
    connection = Connection()
    connection.next = ("failed", None, EngineError("The host is asleep; wake it.", "network"))
    is_good, _, log = run_in_a_thread(connection, wait_for)
    assert not is_good and "The host is asleep; wake it." in log


def test_waiting_for_a_connection_can_be_stopped(qgis_app: object, wait_for: Callable[..., None]) -> None:
    connection = Connection()
    connection.next = ("starting",)
    is_good, _, log = run_in_a_thread(connection, wait_for, cancel_after=300)
    assert not is_good or "stopped" in log
