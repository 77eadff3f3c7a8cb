"""Which encoders and predictors a study has, as the engine says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...connection.errors import EngineError
from ...connection.pending import Pending
from ...i18n import tr


class StudyModels(QObject):
    """Asks once a study and keeps the answer until another engine is connected.

    Parameters
    ----------
    session : Session
        The connection to the engine.
    """

    #: The models of this study are known now.
    known = pyqtSignal(str)
    #: Why they are not.
    said = pyqtSignal(str)

    def __init__(self, session: Any, parent: QObject | None = None) -> None:  # noqa: ANN401 - Session
        super().__init__(parent)
        self._session, self._is_closed = session, False
        self._of: dict[str, tuple[list[dict[str, Any]], list[str]]] = {}
        self._asked: set[str] = set()

    def of(self, study: str) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the records of the encoders and the names of the predictors, as far as they are known."""
        return self._of.get(study, ([], []))

    def ask(self, study: str) -> None:
        """Ask about a study; `known` follows, soon or at once."""
        client = self._session.client
        if study in self._of:
            self.known.emit(study)
        if not study or client is None or study in self._asked:
            return
        self._asked.add(study)

        def facts_wanted(encoders: list[dict[str, Any]]) -> None:
            self._follow(client.study(study), study, lambda facts: self._came(study, encoders, facts))

        self._follow(client.encoders(study), study, facts_wanted)

    def forget(self) -> None:
        """Ask again when it is wanted."""
        self._of.clear()
        self._asked.clear()

    def why_none(self, study: str) -> str:
        """Return why there is nothing to choose."""
        if not study:
            return ""
        if self._session.client is None:
            return tr("PhotoViewer", "Connect the engine to see where the model looked.")
        if study not in self._of:
            return tr("PhotoViewer", "The engine is asked for the models of this study…")
        return tr("PhotoViewer", "This study has no encoder yet; add one in the step Model.")

    def close(self) -> None:
        """Want nothing any more: answers come after this object is gone, too."""
        self._is_closed = True

    def _follow(self, pending: Pending, study: str, on_success: Callable[[Any], None]) -> None:
        def unless_closed(answer: object) -> None:
            if not self._is_closed:
                on_success(answer)

        pending.then(unless_closed, lambda error: self._failed(study, error))

    def _came(self, study: str, encoders: list[dict[str, Any]], facts: dict[str, Any]) -> None:
        names = [str(name) for name in facts.get("predictors") or []]
        self._of[study] = ([encoder for encoder in encoders if encoder.get("name")], names)
        self._asked.discard(study)  # what is fitted later is seen when the next photo is opened
        self.known.emit(study)

    def _failed(self, study: str, error: EngineError) -> None:
        self._asked.discard(study)
        if self._is_closed:
            return
        if error.kind != "cancelled":
            self.said.emit(str(error))
