"""An answer that is still to come."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from typing import ClassVar

import pytest
from qgis.core import QgsFeedback
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QThread, QTimer
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.connection.pending import Pending

pytestmark = pytest.mark.usefixtures("qgis_app")


def test_nothing_is_told_before_control_is_back_in_the_event_loop(wait_for: Callable[..., None]) -> None:
    heard: list[object] = []
    pending = Pending()
    pending.succeed("answer")
    pending.then(heard.append)
    assert heard == []
    wait_for(lambda: heard)
    assert heard == ["answer"]


def test_it_ends_once() -> None:
    heard: list[object] = []
    pending = Pending().then(heard.append, heard.append)
    pending.succeed(1)
    pending.fail(EngineError("too late.", "server"))
    pending.succeed(2)
    pending.cancel()
    assert pending.wait() == 1
    assert heard == [1]


def test_who_comes_after_the_end_hears_it_too(wait_for: Callable[..., None]) -> None:
    pending = Pending()
    pending.succeed(1)
    pending.wait()
    heard: list[object] = []
    pending.then(heard.append)
    assert heard == []
    wait_for(lambda: heard == [1])


def test_cancelling_stops_the_work_and_ends_in_a_failure() -> None:
    stopped: list[bool] = []
    pending = Pending(lambda: stopped.append(True))
    pending.cancel()
    pending.cancel()
    with pytest.raises(EngineError) as error:
        pending.wait()
    assert error.value.kind == "cancelled"
    assert stopped == [True]


def test_it_lives_although_nobody_keeps_it(wait_for: Callable[..., None]) -> None:
    heard: list[object] = []
    made = Pending().then(heard.append)
    QTimer.singleShot(20, lambda made=made: made.succeed("here"))
    del made
    gc.collect()
    wait_for(lambda: heard == ["here"])


def test_methods_of_deleted_objects_are_not_called(wait_for: Callable[..., None]) -> None:
    class Listener(QObject):
        heard: ClassVar[list[object]] = []

        def hear(self, value: object) -> None:
            self.heard.append(value)

    listener, others = Listener(), []
    pending = Pending().then(listener.hear).then(others.append)
    sip.delete(listener)
    QTimer.singleShot(50, lambda: pending.succeed(1))
    wait_for(lambda: others)
    assert Listener.heard == []


def test_waiting_ends_when_the_feedback_is_cancelled_from_another_thread() -> None:
    feedback = QgsFeedback()
    threading.Timer(0.2, feedback.cancel).start()
    begin = time.monotonic()
    with pytest.raises(EngineError) as error:
        Pending().wait(feedback)
    assert error.value.kind == "cancelled"
    assert time.monotonic() - begin < 2


def test_a_thread_without_an_event_loop_of_its_own_can_wait(wait_for: Callable[..., None]) -> None:
    found: list[object] = []

    class Worker(QThread):
        def run(self) -> None:
            pending = Pending()
            pending.succeed("in the thread")
            found.append(pending.wait())

    worker = Worker()
    worker.start()
    wait_for(lambda: worker.isFinished())
    assert found == ["in the thread"]
