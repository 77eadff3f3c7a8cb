"""Writes a layout as PDF without holding up the window: maps are drawn in other threads, pages one at a time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from qgis.core import (
    QgsFillSymbol,
    QgsLayoutExporter,
    QgsLayoutItemMap,
    QgsMapRendererParallelJob,
    QgsPrintLayout,
    QgsProject,
)
from qgis.PyQt.QtCore import QMarginsF, QObject, QRectF, QSizeF, QTimer
from qgis.PyQt.QtGui import QColor, QImage, QPageSize, QPainter, QPdfWriter, QPen

from ..connection.errors import EngineError
from ..connection.pending import Pending
from ..i18n import tr

#: Of texts and lines; of maps, which become pictures (200 dots an inch are sharp in print).
_TEXT_DPI, _MAP_DPI = 600, 200
_MM_PER_INCH = 25.4
#: Maps that are being given up; they live until they have noticed.
_ending: set[QgsMapRendererParallelJob] = set()


def _end_later(job: QgsMapRendererParallelJob) -> None:
    """Let go of a map that was given up, once it has returned from telling so."""
    QTimer.singleShot(0, lambda: _ending.discard(job))


def export_report(layout_name: str, path: str, project: QgsProject | None = None) -> Pending:
    """Write a layout, or all pages of its atlas, as PDF.

    The file is made under another name and renamed when it is whole.

    Parameters
    ----------
    layout_name : str
        A layout of the project.
    path : str
        The PDF; an older one is replaced.
    project : QgsProject, optional
        The open one unless given.

    Returns
    -------
    Pending
        Ends with ``path``.
    """
    project = project or QgsProject.instance()
    layout = project.layoutManager().layoutByName(layout_name)
    if not isinstance(layout, QgsPrintLayout):
        pending = Pending()
        sentence = tr("Report", "There is no layout called {name}; make the report again.").format(name=layout_name)
        pending.fail(EngineError(sentence, "missing"))
        return pending
    return _PdfExport(layout, Path(path)).pending


class _PdfExport(QObject):
    """One export. It works on a copy of the layout, so that people can go on with theirs."""

    def __init__(self, layout: QgsPrintLayout, path: Path) -> None:
        super().__init__()
        self.pending = Pending(self._stop)
        # Lives as long as the answer is under way.
        self.setParent(self.pending)
        self._path, self._part = path, path.with_name(path.name + ".part")
        self._layout: QgsPrintLayout = layout.clone()
        self._layout.renderContext().setDpi(_TEXT_DPI)
        self._number, self._count = 0, 1
        self._maps: list[QgsLayoutItemMap] = []
        self._drawn: list[tuple[QRectF, QImage]] = []
        self._job: QgsMapRendererParallelJob | None = None
        self._writer: QPdfWriter | None = None
        self._painter: QPainter | None = None
        QTimer.singleShot(0, self._begin)

    def _begin(self) -> None:
        if self.pending.is_decided:
            return
        atlas = self._layout.atlas()
        if atlas.enabled():
            atlas.beginRender()
            self._count = atlas.updateFeatures()
            if self._count == 0:
                self._fail(tr("Report", "The atlas has no pages: none of its units is in the layer."))
                return
        self._maps = [item for item in self._layout.items() if isinstance(item, QgsLayoutItemMap)]
        for item in self._maps:
            item.setVisibility(False)  # drawn as a picture, beneath everything else
        for number in range(self._layout.pageCollection().pageCount()):
            nothing = QgsFillSymbol.createSimple({"style": "no", "outline_style": "no"})
            self._layout.pageCollection().page(number).setPageStyleSymbol(nothing)
        self._writer = QPdfWriter(str(self._part))
        self._writer.setTitle(self._layout.name())
        self._writer.setCreator("StreetSense")
        self._writer.setResolution(_TEXT_DPI)
        size = self._layout.pageCollection().page(0).pageSize()
        self._writer.setPageSize(QPageSize(QSizeF(size.width(), size.height()), QPageSize.Unit.Millimeter))
        self._writer.setPageMargins(QMarginsF(0, 0, 0, 0))
        self._painter = QPainter()
        if not self._painter.begin(self._writer):
            self._fail(_cannot_write(self._path))
            return
        QTimer.singleShot(0, self._page)

    def _page(self) -> None:
        """Begin a page: its maps first."""
        if self.pending.is_decided:
            return
        if self._layout.atlas().enabled():
            self._layout.atlas().seekTo(self._number)
        what = tr("Report", "page {number} of {count}").format(number=self._number + 1, count=self._count)
        self.pending.progressed.emit(self._number / self._count, what)
        self._drawn = []
        QTimer.singleShot(0, lambda: self._draw_map(0))

    def _draw_map(self, number: int) -> None:
        if self.pending.is_decided:
            return
        if number == len(self._maps):
            QTimer.singleShot(0, self._paint)
            return
        item = self._maps[number]
        size = QSizeF(item.rect().width(), item.rect().height()) * (_MAP_DPI / _MM_PER_INCH)
        settings = item.mapSettings(item.extent(), size, _MAP_DPI, True)
        settings.setBackgroundColor(QColor("white"))
        self._job = QgsMapRendererParallelJob(settings)
        self._job.finished.connect(lambda: self._keep_map(number))
        self._job.start()

    def _keep_map(self, number: int) -> None:
        if self.pending.is_decided or self._job is None:
            return
        item = self._maps[number]
        picture = self._job.renderedImage().convertToFormat(QImage.Format.Format_RGB32)
        self._drawn.append((QRectF(item.pos(), item.rect().size()), picture))
        QTimer.singleShot(0, lambda: self._draw_map(number + 1))  # the job is still speaking

    def _paint(self) -> None:
        """Put the page onto paper."""
        if self.pending.is_decided or self._painter is None or self._writer is None:
            return
        if self._number and not self._writer.newPage():
            self._fail(_cannot_write(self._path))
            return
        per_mm = _TEXT_DPI / _MM_PER_INCH
        for place, picture in self._drawn:
            box = QRectF(place.topLeft() * per_mm, place.size() * per_mm)
            self._painter.drawImage(box, picture)
            self._painter.setPen(QPen(QColor("#9a9a9a"), 0.2 * per_mm))
            self._painter.drawRect(box)
        QgsLayoutExporter(self._layout).renderPage(self._painter, 0)
        self._number += 1
        QTimer.singleShot(0, self._page if self._number < self._count else self._finish)

    def _finish(self) -> None:
        if self.pending.is_decided:
            return
        self._let_go()
        try:
            self._part.replace(self._path)
        except OSError:
            self._part.unlink(missing_ok=True)
            self.pending.fail(EngineError(_cannot_write(self._path), "disk"))
            return
        self.pending.succeed(str(self._path))

    def _fail(self, sentence: str) -> None:
        self._let_go()
        self._remove_part()
        self.pending.fail(EngineError(sentence, "disk"))

    def _stop(self) -> None:
        self._let_go()
        self._remove_part()

    def _let_go(self) -> None:
        """End drawing and let go of the file."""
        if self._job is not None:
            if self._job.isActive():
                _ending.add(self._job)
                self._job.finished.connect(partial(_end_later, self._job))
                self._job.cancelWithoutBlocking()
            self._job = None
        if self._painter is not None and self._painter.isActive():
            self._painter.end()
        self._painter, self._writer = None, None
        self._drawn = []

    def _remove_part(self) -> None:
        if self._part.is_file():
            self._part.unlink()


def _cannot_write(path: Path) -> str:
    words = tr("Report", "The report cannot be written to {path}; choose another folder, or close the file elsewhere.")
    return words.format(path=path)
