"""One thread beside the window's, for reading photos and searching layers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal


class Worker(QObject):
    """Does one thing after the other in its own thread and tells the window's thread what came of it.

    QGIS' own tasks would show every photo as a task in the window's status bar.
    """

    _done = pyqtSignal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="streetsense-viewer")
        self._is_closed = False
        self._done.connect(self._tell)

    def run(self, work: Callable[[], Any], on_done: Callable[[Any], None]) -> None:
        """Do ``work`` in the other thread, then call ``on_done`` in the window's with what it returned.

        An exception is handed over like a result; ``work`` touches neither widgets nor the project.
        """
        if not self._is_closed:
            self._threads.submit(self._work, work, on_done)

    def close(self) -> None:
        """Finish what is being done, drop the rest, and tell nobody any more."""
        self._is_closed = True
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _work(self, work: Callable[[], Any], on_done: Callable[[Any], None]) -> None:
        try:
            result = work()
        except Exception as error:
            result = error
        if not self._is_closed:
            self._done.emit(on_done, result)

    def _tell(self, on_done: Callable[[Any], None], result: object) -> None:
        if not self._is_closed:
            on_done(result)
