"""The buttons of the photo viewer: along the road, in time, around, and what else can be done with a photo."""

from __future__ import annotations

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction, QComboBox, QToolBar, QWidget

from ... import resources
from ...i18n import tr
from .neighbours import Neighbours
from .view import View
from .words import date_in_words


class Navigation(QToolBar):
    """Says which way somebody wants to go, and offers only ways that there are."""

    #: previous, next, earlier, later, left, right, fit, open.
    asked = pyqtSignal(str)
    #: The date to compare with was chosen: its `View`.
    date_chosen = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("PhotoViewer", "Photo"), parent)
        side = self.fontMetrics().height() + 6
        self.setIconSize(QSize(side, side))
        self.pick = self._switch("views", tr("PhotoViewer", "Click a view on the map"))
        self.addSeparator()
        words = {
            "previous": ("previous", tr("PhotoViewer", "Back along the road (←)")),
            "next": ("next", tr("PhotoViewer", "On along the road (→)")),
            "left": ("viewer-turnleft", tr("PhotoViewer", "Turn left (Page up)")),
            "right": ("viewer-turnright", tr("PhotoViewer", "Turn right (Page down)")),
            "earlier": ("earlier", tr("PhotoViewer", "The same place at an earlier date (↓)")),
            "later": ("later", tr("PhotoViewer", "The same place at a later date (↑)")),
            "fit": ("viewer-fit", tr("PhotoViewer", "Show the whole photo (0)")),
            "open": ("viewer-open", tr("PhotoViewer", "Open this photo at its provider")),
        }
        self._ways = {way: self._action(way, icon, tip) for way, (icon, tip) in words.items()}
        self.compare = self._switch("compare", tr("PhotoViewer", "Compare with another date, side by side"))
        #: Lies beside the buttons, where the owner has put it.
        self.dates = QComboBox(parent)
        self.dates.setToolTip(tr("PhotoViewer", "The date to compare with"))
        self.dates.setAccessibleName(self.dates.toolTip())
        self.dates.setVisible(False)
        self.dates.activated.connect(self._date_activated)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.offer(None, Neighbours())

    def offer(self, view: View | None, around: Neighbours) -> None:
        """Offer the ways that there are from a view."""
        moments = [one.moment for one in around.moments]
        here = moments.index(view.moment) if view is not None and view.moment in moments else 0
        possible = {
            "previous": around.previous is not None,
            "next": around.next is not None,
            "left": len(around.headings) > 1,
            "right": len(around.headings) > 1,
            "earlier": here > 0,
            "later": here < len(moments) - 1,
            "fit": view is not None,
            "open": view is not None and view.source_url.startswith("https://"),
        }
        for way, is_possible in possible.items():
            self._ways[way].setEnabled(is_possible)
        self.compare.setEnabled(len(moments) > 1 or self.compare.isChecked())

    def can(self, way: str) -> bool:
        """Tell whether a way is offered."""
        return self._ways[way].isEnabled()

    def offer_dates(self, views: list[View], chosen: View | None) -> None:
        """Offer dates to compare with; none while nothing is compared."""
        self.dates.clear()
        for view in views:
            self.dates.addItem(date_in_words(view.captured_at), view)
        if chosen is not None:
            self.dates.setCurrentIndex([view.view_id for view in views].index(chosen.view_id))
        self.dates.setVisible(bool(views))

    def _date_activated(self, index: int) -> None:
        self.date_chosen.emit(self.dates.itemData(index))

    def _action(self, way: str, icon: str, tip: str) -> QAction:
        action = self.addAction(_icon(icon), tip)
        action.setToolTip(tip)
        action.triggered.connect(lambda: self.asked.emit(way))
        return action

    def _switch(self, icon: str, tip: str) -> QAction:
        action = self.addAction(_icon(icon), tip)
        action.setCheckable(True)
        return action


def _icon(name: str) -> QIcon:
    return QIcon(resources.path(f"icons/{name}.svg"))
