"""The window that installs the engine: says what comes, where and how large, and how it goes."""

from __future__ import annotations

from pathlib import Path

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QFontDatabase
from qgis.PyQt.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ...connection import environment
from ...connection.builds import BUILDS, has_cuda
from ...connection.diskroom import free_bytes, size_in_words
from ...connection.errors import EngineError
from ...connection.install import EngineInstall
from ...connection.settings import ConnectionSettings
from ...i18n import tr
from ...version import version

#: Steps of the progress bar; finer than a percent, so that it moves.
_STEPS = 1000
#: Lines of the log that are kept in the window; the file has all.
_LOG_LINES = 2000


class InstallDialog(QDialog):
    """Installs or updates the engine. It is not modal, and closing it while it works only hides it.

    Parameters
    ----------
    settings : ConnectionSettings
        What was chosen so far; what is installed here is written into them.
    pip_config : str
        See `EngineInstall`.
    parent : QWidget, optional
        QGIS' window.
    """

    #: With the path of the Python that has the engine.
    installed = pyqtSignal(str)

    def __init__(self, settings: ConnectionSettings, pip_config: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data_folder = settings.data_folder
        self._pip_config = pip_config
        self._install: EngineInstall | None = None
        self.setWindowTitle(tr("Install", "StreetSense engine"))
        self.setModal(False)
        self._lay_out()
        self._choose(settings.build, settings.wheel)
        self._show_what_is_there()

    @property
    def is_installing(self) -> bool:
        """Whether an installation runs."""
        return self._install is not None

    @property
    def message(self) -> str:
        """What is being done, or how it ended."""
        return str(self._message.text())

    @property
    def log(self) -> str:
        """What was printed."""
        return str(self._log.toPlainText())

    @property
    def build(self) -> str:
        """The build that is chosen, ``cpu`` or ``cuda``."""
        return "cuda" if self._cuda.isChecked() else "cpu"

    @property
    def wheel(self) -> str:
        """The wheel file that is chosen, empty for the package index."""
        return str(self._wheel.filePath()).strip() if self._from_file.isChecked() else ""

    def use(self, settings: ConnectionSettings) -> None:
        """Take settings that have changed since; nothing happens while it installs."""
        if self._install is None:
            self._data_folder = settings.data_folder
            self._choose(settings.build, settings.wheel)
            self._show_what_is_there()

    def start(self) -> None:
        """Begin to install what is chosen."""
        if self._install is not None:
            return
        self._log.clear()
        install = EngineInstall(self._data_folder, self.build, self.wheel, self._pip_config, self)
        install.progressed.connect(self._show_progress)
        install.printed.connect(self._log.appendPlainText)
        install.finished.connect(self._succeed)
        install.failed.connect(self._fail)
        self._install = install
        self._show_running(True)
        install.start()

    def cancel(self) -> None:
        """Stop the installation."""
        if self._install is not None:
            self._cancel_button.setEnabled(False)
            self._install.cancel()

    def shut_down(self) -> None:
        """End everything at once, for QGIS that closes or StreetSense that is unloaded."""
        if self._install is not None:
            self._install.close()
            self._install = None
        self.close()
        self.deleteLater()

    # Below: how it looks.

    def _lay_out(self) -> None:
        about = _text(
            tr(
                "Install",
                "StreetSense computes with its engine, a program of its own (Python with PyTorch). It is installed "
                "once, for you alone and apart from QGIS, which is not changed. You need no administrator's rights.",
            )
        )
        self._there = _text("")
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._version = _text(version())
        self._place = _text("")
        self._place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._options = QWidget()
        # Labels that wrap have no height of their own, so that the window would take theirs from what is here.
        self._options.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        options = QVBoxLayout(self._options)
        options.setContentsMargins(0, 0, 0, 0)
        options.addWidget(self._builds())
        options.addWidget(self._sources())
        form.addRow(tr("Install", "Version"), self._version)
        form.addRow(tr("Install", "Folder"), self._place)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, _STEPS)
        self._bar.setAccessibleName(tr("Install", "Progress of the installation"))
        self._message = _text("")
        self._log = QPlainTextEdit()
        self._log.setReadOnly(True)
        self._log.setMaximumBlockCount(_LOG_LINES)
        self._log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._log.setMinimumHeight(160)
        self._log.hide()
        layout = QVBoxLayout(self)
        for widget in (about, self._there):
            layout.addWidget(widget)
        layout.addLayout(form)
        for widget in (self._options, self._bar, self._message):
            layout.addWidget(widget)
        layout.addWidget(self._log, 1)
        layout.addStretch()
        layout.addLayout(self._buttons())
        self._bar.hide()
        self._message.hide()
        self.setMinimumWidth(560)

    def _builds(self) -> QWidget:
        self._cpu = QRadioButton(_with_sizes(tr("Install", "Processor, for every computer"), "cpu"))
        self._cuda = QRadioButton(_with_sizes(tr("Install", "NVIDIA graphics card, much faster"), "cuda"))
        self._cuda.setEnabled(has_cuda())
        return _group(tr("Install", "Compute with"), self._cpu, self._cuda)

    def _sources(self) -> QWidget:
        self._from_index = QRadioButton(tr("Install", "Download it from the package index (internet)"))
        self._from_file = QRadioButton(
            tr("Install", "Use a wheel file of the engine (what it depends on is downloaded)")
        )
        self._wheel = QgsFileWidget()
        self._wheel.setStorageMode(QgsFileWidget.StorageMode.GetFile)
        self._wheel.setFilter(tr("Install", "Wheel files (*.whl)"))
        self._wheel.setDialogTitle(tr("Install", "Wheel file of the engine"))
        self._from_file.toggled.connect(self._wheel.setEnabled)
        return _group(tr("Install", "Where from"), self._from_index, self._from_file, self._wheel)

    def _buttons(self) -> QHBoxLayout:
        self._log_button = QPushButton(tr("Install", "Show log"))
        self._log_button.setCheckable(True)
        self._log_button.toggled.connect(self._show_log)
        self._install_button = QPushButton(tr("Install", "Install"))
        self._install_button.setDefault(True)
        self._install_button.clicked.connect(self.start)
        self._cancel_button = QPushButton(tr("Install", "Cancel"))
        self._cancel_button.clicked.connect(self.cancel)
        self._cancel_button.hide()
        self._close_button = QPushButton(tr("Install", "Close"))
        self._close_button.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(self._log_button)
        row.addStretch()
        for button in (self._install_button, self._cancel_button, self._close_button):
            row.addWidget(button)
        return row

    def _choose(self, build: str, wheel: str) -> None:
        (self._cuda if build == "cuda" and has_cuda() else self._cpu).setChecked(True)
        (self._from_file if wheel else self._from_index).setChecked(True)
        self._wheel.setFilePath(wheel)
        self._wheel.setEnabled(bool(wheel))

    def _show_what_is_there(self) -> None:
        place = str(environment.engine_folder(self._data_folder))
        free = free_bytes(self._data_folder)
        if free is not None:
            place = tr("Install", "{folder} ({free} free on this disk)").format(folder=place, free=size_in_words(free))
        self._place.setText(place)
        there = environment.installed_engine(self._data_folder)
        if there is None:
            self._there.hide()
            return
        if there.version == version():
            text = tr("Install", "Version {version} is installed and up to date. Installing again repairs it.")
            self._install_button.setText(tr("Install", "Install again"))
        else:
            text = tr("Install", "Version {version} is installed; this StreetSense belongs to another one: update it.")
            self._install_button.setText(tr("Install", "Update"))
        self._there.setText(text.format(version=there.version))
        self._there.show()

    def _show_running(self, runs: bool) -> None:
        self._options.setEnabled(not runs)
        self._install_button.setVisible(not runs)
        self._cancel_button.setVisible(runs)
        self._cancel_button.setEnabled(True)
        self._close_button.setText(tr("Install", "Hide") if runs else tr("Install", "Close"))
        self._bar.setVisible(runs)
        # How it ended is what there is to read.
        font = self._message.font()
        font.setBold(not runs)
        self._message.setFont(font)
        self._message.setVisible(True)
        self.adjustSize()

    def _show_progress(self, share: float, message: str) -> None:
        self._bar.setValue(int(share * _STEPS))
        self._message.setText(message)

    def _show_log(self, visible: bool) -> None:
        self._log_button.setText(tr("Install", "Hide log") if visible else tr("Install", "Show log"))
        self._log.setVisible(visible)
        self.adjustSize()

    def _succeed(self, python: str) -> None:
        words = [tr("Install", "The engine is installed."), self._install.note if self._install is not None else ""]
        self._end()
        self._show_what_is_there()
        try:
            self._remember()
        except EngineError as error:
            words.append(str(error))
        self._message.setText(" ".join(filter(None, words)))
        self.installed.emit(python)

    def _remember(self) -> None:
        # As they are now: an installation takes minutes, in which somebody may have changed others.
        settings = ConnectionSettings.load()
        settings.build, settings.wheel = self.build, self.wheel
        # What was just installed is what is meant to run, not a Python that was given before.
        settings.python = ""
        settings.save()

    def _fail(self, error: EngineError) -> None:
        self._end()
        self._message.setText(str(error))
        self.adjustSize()
        if error.kind != "cancelled":
            self._install_button.setText(tr("Install", "Try again"))
            log = environment.log_file(self._data_folder)
            self._log_button.setToolTip(str(log) if Path(log).is_file() else "")

    def _end(self) -> None:
        if self._install is not None:
            self._install.deleteLater()
            self._install = None
        self._show_running(False)


def _text(words: str) -> QLabel:
    label = QLabel(words)
    label.setWordWrap(True)
    return label


def _group(title: str, *widgets: QWidget) -> QWidget:
    """Put radio buttons together; a box of its own keeps them apart from the other ones."""
    group = QWidget()
    group.setAccessibleName(title)
    layout = QVBoxLayout(group)
    layout.setContentsMargins(0, 6, 0, 0)
    group.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    layout.addWidget(QLabel(title))
    for widget in widgets:
        layout.addWidget(widget)
    return group


def _with_sizes(words: str, build: str) -> str:
    sizes = BUILDS[build]
    return tr("Install", "{what}: about {download} to download, {disk} on the disk").format(
        what=words, download=size_in_words(sizes.download), disk=size_in_words(sizes.disk)
    )
