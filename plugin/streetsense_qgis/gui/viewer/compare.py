"""Two photos side by side that move as one."""

from __future__ import annotations

from qgis.PyQt.QtCore import QObject

from .pane import PhotoPane
from .photoview import PhotoView


class Comparison(QObject):
    """Keeps two panes alike: the same part of the photo, the same colours for the same values.

    Parameters
    ----------
    first, second : PhotoPane
        The second one takes part while it is visible.
    """

    def __init__(self, first: PhotoPane, second: PhotoPane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._first, self._second = first, second
        self._is_following = False
        first.photo.moved.connect(self._second_follows)
        second.photo.moved.connect(self._first_follows)
        first.answered.connect(self._answered)
        second.answered.connect(self._answered)

    def common_scale(self) -> tuple[float, float] | None:
        """Return the values of the first and last colour of both maps; None when only one is shown."""
        one, two = self._first.answer, self._second.answer
        if self._second.isHidden() or one is None or two is None:
            return None
        return min(one.scale[0], two.scale[0]), max(one.scale[1], two.scale[1])

    def draw(self) -> None:
        """Draw both maps in colours that can be compared."""
        scale = self.common_scale()
        self._first.draw(scale)
        if not self._second.isHidden():
            self._second.draw(scale)

    def _answered(self, _answer: object) -> None:
        self.draw()

    def _second_follows(self) -> None:
        self._follow(self._first.photo, self._second.photo)

    def _first_follows(self) -> None:
        self._follow(self._second.photo, self._first.photo)

    def _follow(self, leader: PhotoView, follower: PhotoView) -> None:
        if self._is_following or self._second.isHidden():
            return
        self._is_following = True
        follower.go(leader.place())
        self._is_following = False
