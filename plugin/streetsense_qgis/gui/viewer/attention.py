"""Where a model looked in a view: questions to the engine, and its answers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qgis.PyQt.QtCore import QObject, QTimer

from ...connection.errors import EngineError
from ...i18n import tr
from .view import View

#: The token whose attention is asked for unless somebody clicks a patch: the one that the embedding is read from.
WHOLE_VIEW = "embedding"
#: Answers that are kept, and how long and often the engine is asked again while it is busy (milliseconds).
_KEPT, _ASK_AGAIN_MS, _MOST_TIMES = 200, 2000, 30


@dataclass(frozen=True)
class Question:
    """What is asked about a view.

    Attributes
    ----------
    encoder, predictor : str or None
        One of them: whose attention.
    method : str
        ``relevance``, ``rollout`` or ``raw``.
    layer : int or None
        From 0; what the method takes by itself unless given.
    query : str
        ``embedding``, or ``ROW,COLUMN`` of a patch.
    """

    encoder: str | None = None
    predictor: str | None = None
    method: str = "relevance"
    layer: int | None = None
    query: str = WHOLE_VIEW

    def parameters(self) -> dict[str, Any]:
        """Return it as the engine reads it."""
        named = {"encoder": self.encoder, "predictor": self.predictor, "layer": self.layer}
        given = {name: value for name, value in named.items() if value is not None}
        return {**given, "method": self.method, "query": self.query}


@dataclass(frozen=True)
class Answer:
    """A map: one value a patch, the values of its first and last colour, and which part of the photo it covers."""

    question: Question
    values: list[list[float]]
    scale: tuple[float, float]
    seen: tuple[float, float, float, float]
    layer: int

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        return len(self.values), len(self.values[0])


class Asking:
    """One question under way; after `cancel` nobody is told."""

    def __init__(self) -> None:
        self.is_cancelled = False
        self.pending: Any = None
        self.times = 0

    def cancel(self) -> None:
        """Break off."""
        self.is_cancelled = True
        if self.pending is not None:
            self.pending.cancel()


class AttentionStore(QObject):
    """Asks the engine, keeps its answers, and asks again by itself while it is busy.

    Parameters
    ----------
    session : Session
        The connection to the engine.
    """

    def __init__(self, session: Any, parent: QObject | None = None) -> None:  # noqa: ANN401 - Session
        super().__init__(parent)
        self._session = session
        self._kept: OrderedDict[tuple[object, ...], Answer] = OrderedDict()

    def ask(
        self,
        view: View,
        question: Question,
        on_answer: Callable[[Answer], None],
        on_failure: Callable[[str], None],
        on_wait: Callable[[str], None],
    ) -> Asking:
        """Ask about a view; ``on_answer`` is called at once with what is known already.

        Parameters
        ----------
        view, question : View, Question
            What is asked.
        on_answer, on_failure : callable
            Take the map, or a sentence that says why there is none; one of them is called.
        on_wait : callable
            Takes a sentence that says why it takes longer.
        """
        asking = Asking()
        known = self._kept.get((view.key, question))
        if known is not None:
            self._kept.move_to_end((view.key, question))
            on_answer(known)
        else:
            self._send(asking, view, question, (on_answer, on_failure, on_wait))
        return asking

    def forget(self) -> None:
        """Drop all answers: another engine may give others."""
        self._kept.clear()

    def _send(self, asking: Asking, view: View, question: Question, tell: tuple[Callable[[Any], None], ...]) -> None:
        if asking.is_cancelled:
            return
        client = self._session.client
        if client is None:
            tell[1](tr("PhotoViewer", "Connect the engine to see where the model looked."))
            return

        def succeeded(document: dict[str, Any]) -> None:
            if asking.is_cancelled:
                return
            try:
                answer = read_answer(question, document)
            except (KeyError, TypeError, ValueError, IndexError):
                tell[1](tr("PhotoViewer", "The engine's answer cannot be read; its version may be another one."))
                return
            self._kept[(view.key, question)] = answer
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            tell[0](answer)

        def failed(error: EngineError) -> None:
            if asking.is_cancelled or error.kind == "cancelled":
                return
            asking.times += 1
            if error.status in (429, 503) and asking.times < _MOST_TIMES:
                tell[2](tr("PhotoViewer", "The engine is busy; the picture comes as soon as it can."))
                QTimer.singleShot(_ASK_AGAIN_MS, lambda: self._send(asking, view, question, tell))
                return
            tell[1](_why_no_map(error, question))

        asking.pending = client.attention_map(view.study, view.view_id, **question.parameters())
        asking.pending.then(succeeded, failed)


def read_answer(question: Question, document: dict[str, Any]) -> Answer:
    """Return an answer of the engine.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it is none.
    """
    values = [[float(value) for value in row] for row in document["values"]]
    low, high = map(float, document["scale"])
    left, top, right, bottom = map(float, document["seen"])
    if not values or not values[0] or any(len(row) != len(values[0]) for row in values):
        raise ValueError("values")
    if not (0 <= left < right <= 1.000001 and 0 <= top < bottom <= 1.000001):
        raise ValueError("seen")
    return Answer(question, values, (low, high), (left, top, right, bottom), int(document["layer"]))


def layers_of(encoder: dict[str, Any]) -> int:
    """Return how many layers an encoder has, from its record; 12 when it does not say."""
    depth = (encoder.get("options") or {}).get("depth")
    if isinstance(depth, int) and 0 < depth < 200:
        return depth
    architecture = str(encoder.get("architecture", ""))
    sizes = {"_large": 24, "_huge": 32, "_giant": 40, "_gigantic": 48}
    return next((layers for size, layers in sizes.items() if size in architecture), 12)


def _why_no_map(error: EngineError, question: Question) -> str:
    if error.status != 404:
        return str(error)
    return tr(
        "PhotoViewer", "The engine has no picture for this: the photo or the model “{model}” is missing there."
    ).format(model=question.predictor or question.encoder or "")
