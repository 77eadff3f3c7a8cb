"""The page of StreetSense in QGIS' settings: where the engine runs, and whether it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.gui import QgsFileWidget, QgsOptionsPageWidget
from qgis.PyQt.QtCore import QLocale, Qt
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ...connection.address import checked_address, same_host
from ...connection.builds import BUILDS, has_cuda
from ...connection.client import EngineClient
from ...connection.errors import EngineError
from ...connection.handshake import described, readers_note, shake_hands, version_note
from ...connection.session import Session
from ...connection.settings import ConnectionSettings, default_data_folder, read_token, store_token
from ...i18n import tr
from .trial import LocalTrial

#: By this name ``iface.showOptionsDialog(parent, PAGE_NAME)`` opens the settings at this page.
PAGE_NAME = "mOptionsPageStreetSense"


class OptionsPage(QgsOptionsPageWidget):
    """The page.

    Parameters
    ----------
    session : Session
        The connection that the settings are of; it connects anew when they change.
    install : callable
        Opens the window that installs the engine.
    tell : callable
        Shows a sentence when the settings' window is closing already.
    parent : QWidget, optional
        Of this page.
    """

    def __init__(
        self,
        session: Session,
        install: Callable[[], None],
        tell: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(PAGE_NAME)
        self._session, self._install, self._tell = session, install, tell
        self._stored = ConnectionSettings.load()
        self._client: EngineClient | None = None
        self._is_testing_session = False

        self.here = QRadioButton(tr("Options", "On &this computer"))
        self.there = QRadioButton(tr("Options", "On a &remote host"))
        self.local, self.remote = self._local_group(), self._remote_group()
        self.test_button = QPushButton(tr("Options", "T&est the connection"))
        self.test_button.clicked.connect(self.test)
        self.result = QLabel()
        self.result.setWordWrap(True)
        self.result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.result.setAccessibleName(tr("Options", "Result of the test"))
        self._lay_out()
        self._show(self._stored)
        self.here.toggled.connect(self._switch)
        self._switch()
        session.changed.connect(self._session_changed)

    def apply(self) -> None:
        """Store what was entered, and connect anew when that changed; QGIS calls it for OK."""
        try:
            self._store()
        except EngineError as error:
            self._tell(str(error))

    def helpKey(self) -> str:
        """Return no page of QGIS' own manual."""
        return ""

    def test(self) -> None:
        """Shake hands with the engine that the entries lead to, and say what came of it."""
        self._say(tr("Options", "Connecting…"))
        self.test_button.setEnabled(False)
        try:
            entered = self._entered()
            if entered.mode == "remote":
                self._test_there(entered)
            elif entered == self._stored:
                self._test_session()
            else:
                self._say(tr("Options", "The engine's Python is asked; the first time this takes a minute…"))
                trial = LocalTrial(entered)
                trial.told.connect(self._tested)
                trial.begin()
        except EngineError as error:
            self._tested(str(error), False)

    def _test_there(self, entered: ConnectionSettings) -> None:
        address = checked_address(entered.address)
        token = self.token.text().strip()
        if not token:
            self._require_stored_token(address)
            token = read_token(entered.authcfg, may_ask=True)
        self._client = EngineClient(address, token, self)
        shake_hands(self._client).then(self._answered, self._refused)

    def _test_session(self) -> None:
        self._is_testing_session = True
        if self._session.state == "connected":
            self._session_changed()
        else:
            self._session.connect_engine()

    def _session_changed(self) -> None:
        if self._is_testing_session and self._session.state != "starting":
            self._is_testing_session = False
            sentence = f"{self._session.describe()} {self._session.warning}".strip()
            self._tested(sentence, self._session.state == "connected")

    def _answered(self, health: dict[str, Any]) -> None:
        if self._client is not None:
            address = self._client.address
            words = [described(health, address, is_local=False), version_note(health, is_local=False)]
            self._tested(" ".join(filter(None, [*words, readers_note(address)])), True)

    def _refused(self, error: EngineError) -> None:
        self._tested(str(error), False)

    def _tested(self, sentence: str, is_good: bool) -> None:
        self.test_button.setEnabled(True)
        self._say(("✓ " if is_good else "✗ ") + sentence)

    def _store(self) -> None:
        """Store the entries.

        Raises
        ------
        EngineError
            When they cannot be used or stored.
        """
        entered = self._entered()
        token = self.token.text().strip()
        if entered.mode == "remote":
            entered.address = checked_address(entered.address)
            if not token and entered.authcfg:
                self._require_stored_token(entered.address)
        if token:
            entered.authcfg = store_token(token, entered.authcfg, entered.address)
            self.token.clear()
        elif not same_host(entered.address, self._stored.address):
            entered.authcfg = ""  # it is another host's
        if entered == self._stored and not token:
            return
        self._stored = entered
        try:
            entered.save()
        finally:
            self._session.reconnect_engine()

    def _require_stored_token(self, address: str) -> None:
        """Refuse to show the token of one host to another one.

        Raises
        ------
        EngineError
            When the token that is stored belongs to another address.
        """
        if self._stored.authcfg and not same_host(address, self._stored.address):
            sentence = tr("Options", "The stored token is for {stored}; enter the token of {address} as well.")
            raise EngineError(sentence.format(stored=self._stored.address, address=address), "token")

    def _install_now(self) -> None:
        """Open the installation with what is entered here."""
        try:
            self._store()
        except EngineError as error:
            self._say(f"✗ {error}")
            return
        self._install()

    def _entered(self) -> ConnectionSettings:
        return ConnectionSettings(
            mode="local" if self.here.isChecked() else "remote",
            address=self.address.text().strip(),
            authcfg=self._stored.authcfg,
            python=self.python.filePath().strip(),
            data_folder=self.data_folder.filePath().strip() or default_data_folder(),
            build=str(self.build.currentData()),
            wheel=self.wheel.filePath().strip(),
        )

    def _show(self, settings: ConnectionSettings) -> None:
        self.here.setChecked(settings.mode == "local")
        self.there.setChecked(settings.mode == "remote")
        self.address.setText(settings.address)
        self.python.setFilePath(settings.python)
        self.data_folder.setFilePath(settings.data_folder)
        self.build.setCurrentIndex(max(0, self.build.findData(settings.build)))
        self.wheel.setFilePath(settings.wheel)
        if settings.authcfg:
            self.token.setPlaceholderText(tr("Options", "stored; enter another one to change it"))

    def _switch(self) -> None:
        self.local.setVisible(self.here.isChecked())
        self.remote.setVisible(self.there.isChecked())
        self._say("")

    def _warn_of_readers(self) -> None:
        try:
            note = readers_note(checked_address(self.address.text()))
        except EngineError:
            note = ""  # it is not complete yet
        self.warning.setText(note)
        self.warning.setVisible(bool(note))

    def _say(self, sentence: str) -> None:
        self.result.setText(sentence)

    def _local_group(self) -> QGroupBox:
        group = QGroupBox(tr("Options", "This computer"))
        self.data_folder = _file_widget(tr("Options", "Folder for the engine and the studies"))
        self.data_folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.build = QComboBox()
        for name, label in (
            ("cpu", tr("Options", "Processor, works everywhere ({size} to download)")),
            ("cuda", tr("Options", "NVIDIA graphics card ({size} to download)")),
        ):
            if name == "cuda" and not has_cuda():
                continue
            self.build.addItem(label.format(size=_size(BUILDS[name].download)), name)
        self.wheel = _file_widget(tr("Options", "File to install the engine from"), tr("Options", "from the internet"))
        self.wheel.setFilter(tr("Options", "Engine files") + " (*.whl)")
        self.python = _file_widget(
            tr("Options", "Python that has the engine already"), tr("Options", "the one that StreetSense installs")
        )
        self.install_button = QPushButton(tr("Options", "&Install or update the engine…"))
        self.install_button.clicked.connect(self._install_now)
        note = _note(tr("Options", "When you choose another folder, what lies in the old one stays there."))
        form = QFormLayout(group)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(tr("Options", "&Data folder"), self.data_folder)
        form.addRow("", note)
        form.addRow(tr("Options", "&Build of the engine"), self.build)
        form.addRow(tr("Options", "Engine &file (.whl)"), self.wheel)
        form.addRow("", self.install_button)
        form.addRow(tr("Options", "Use this &Python instead"), self.python)
        return group

    def _remote_group(self) -> QGroupBox:
        group = QGroupBox(tr("Options", "Remote host"))
        self.address = QLineEdit()
        self.address.setPlaceholderText("https://gpu.example.org:8765")
        self.address.textChanged.connect(self._warn_of_readers)
        self.token = QLineEdit()
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setPlaceholderText(tr("Options", "from the administrator of the host"))
        self.warning = _note("")
        self.warning.setVisible(False)
        note = _note(tr("Options", "The token is kept in QGIS' encrypted authentication database."))
        form = QFormLayout(group)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(tr("Options", "&Address"), self.address)
        form.addRow("", self.warning)
        form.addRow(tr("Options", "T&oken"), self.token)
        form.addRow("", note)
        return group

    def _lay_out(self) -> None:
        where = QGroupBox(tr("Options", "Where the StreetSense engine runs"))
        choices = QVBoxLayout(where)
        choices.addWidget(self.here)
        choices.addWidget(self.there)
        testing = QHBoxLayout()
        testing.addWidget(self.test_button)
        testing.addWidget(self.result, 1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.addWidget(where)
        page.addWidget(self.local)
        page.addWidget(self.remote)
        page.addLayout(testing)
        page.addStretch(1)


def _note(text: str) -> QLabel:
    made = QLabel(text)
    made.setWordWrap(True)
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return made


def _size(number: int) -> str:
    return QLocale().formattedDataSize(number, 0, QLocale.DataSizeFormat.DataSizeSIFormat)


def _file_widget(title: str, placeholder: str = "") -> QgsFileWidget:
    made = QgsFileWidget()
    made.setDialogTitle(title)
    made.lineEdit().setPlaceholderText(placeholder)
    made.lineEdit().setAccessibleName(title)
    return made
