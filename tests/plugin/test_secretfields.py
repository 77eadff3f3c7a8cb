"""Secrets that an algorithm reads from QGIS' store of passwords, on whichever thread it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from qgis.core import QgsApplication, QgsFeedback
from qgis.PyQt.QtCore import QThread
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.connection.settings import store_token
from streetsense_qgis.processing.secretfields import SecretReader

pytestmark = pytest.mark.usefixtures("qgis_app")


class Asking(QThread):
    """A thread that reads a secret, like one of Processing."""

    def __init__(self, reader: SecretReader, authcfg: str, feedback: QgsFeedback) -> None:
        super().__init__()
        self._ask = lambda: reader.read(authcfg, "access_token", feedback)
        self.answers: list[str] = []
        self.done = threading.Event()

    def run(self) -> None:
        try:
            self.answers.append(self._ask())
        except EngineError as error:
            self.answers.append(error.kind)
        self.done.set()


@pytest.fixture
def authcfg() -> str:
    QgsApplication.authManager().setMasterPassword("a master password", True)
    return store_token("a-secret", "", "https://host")


def test_threads_that_ask_for_the_same_secret_at_once_all_get_it(authcfg: str, wait_for: Callable[..., None]) -> None:
    reader = SecretReader()
    threads = [Asking(reader, authcfg, QgsFeedback()) for _ in range(8)]
    for thread in threads:
        thread.start()
    wait_for(lambda: all(thread.isFinished() for thread in threads), 10)
    assert [thread.answers for thread in threads] == [["a-secret"]] * 8


def test_somebody_who_stops_does_not_wait_for_the_window(authcfg: str) -> None:
    reader, feedback = SecretReader(), QgsFeedback()
    thread = Asking(reader, authcfg, feedback)
    thread.start()
    feedback.cancel()
    # The window's thread does nothing here, as while it asks for the master password.
    assert thread.done.wait(5)
    assert thread.wait(5000)
    assert thread.answers == ["cancelled"]


def test_on_the_windows_own_thread_it_is_read_at_once(authcfg: str) -> None:
    assert SecretReader().read(authcfg, "access_token") == "a-secret"
    with pytest.raises(EngineError) as error:
        SecretReader().read("zzzzzzz", "access_token")
    assert "has no password" in str(error.value)
