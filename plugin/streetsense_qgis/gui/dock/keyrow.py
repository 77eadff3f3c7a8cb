"""Entering a key of a provider: hidden while it is typed, then kept by QGIS, encrypted, and never shown again."""

from __future__ import annotations

import html
from collections.abc import Callable

from qgis.gui import QgsPasswordLineEdit
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ...connection.errors import EngineError
from ...connection.providerkeys import forget_key, has_key, store_key
from ...i18n import tr
from ...runs.providers import Provider, ProviderSecret
from .termsdialog import link


class KeyRow(QWidget):
    """One key of one provider.

    Parameters
    ----------
    provider : Provider
        Whose key.
    wanted : ProviderSecret
        Which of its keys.
    parent : QWidget
        Of this widget.
    """

    #: A key was stored or forgotten, or is being entered.
    changed = pyqtSignal()

    def __init__(self, provider: Provider, wanted: ProviderSecret, parent: QWidget) -> None:
        super().__init__(parent)
        self._provider, self._wanted = provider, wanted
        #: What people call it.
        self.title = f"{provider.title} {wanted.title}"
        heading = wanted.title[:1].upper() + wanted.title[1:]
        self._heading = QLabel(heading, self)
        self.field = QgsPasswordLineEdit(self, False)
        self.field.setAccessibleName(self.title)
        self._heading.setBuddy(self.field)
        self.store = _button(tr("Dock", "Store"), tr("Dock", "QGIS keeps it encrypted, for all projects"), self)
        self.forget = _button(tr("Dock", "Forget"), tr("Dock", "Take it out of QGIS again"), self)
        self._said = QLabel(self)
        self._said.setWordWrap(True)
        self._said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._said.setTextFormat(Qt.TextFormat.RichText)
        self._said.setOpenExternalLinks(True)
        line = QHBoxLayout()
        line.addWidget(self.field, 1)
        line.addWidget(self.store)
        line.addWidget(self.forget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._heading)
        layout.addLayout(line)
        layout.addWidget(self._said)
        self.field.textChanged.connect(self._show)
        self.field.returnPressed.connect(self._store)
        self.store.clicked.connect(self._store)
        self.forget.clicked.connect(self._forget)
        self._show()

    @property
    def is_there(self) -> bool:
        """Whether the engine has one, or will get the one that is kept here."""
        return bool(self._wanted.configured) or self._is_kept

    def missing(self) -> str:
        """Return what is missing, in a sentence; empty when nothing."""
        if self.field.text().strip():
            return tr("Dock", "Press Store to keep your {title}.").format(title=self.title)
        if self._wanted.is_needed and not self.is_there:
            return tr("Dock", "Enter your {title}.").format(title=self.title)
        return ""

    @property
    def _is_kept(self) -> bool:
        return has_key(self._provider.name, self._wanted.name)

    def _store(self) -> None:
        if self.field.text().strip():
            self._try(lambda: store_key(self._provider.name, self._wanted.name, self.title, self.field.text()))

    def _forget(self) -> None:
        self._try(lambda: forget_key(self._provider.name, self._wanted.name, self.title))

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except EngineError as error:
            self._said.setText(html.escape(str(error)))
            return
        self.field.clear()
        self._show()

    def _show(self) -> None:
        is_kept, is_entered = self._is_kept, bool(self.field.text().strip())
        self.store.setVisible(is_entered or not is_kept)
        self.store.setEnabled(is_entered)
        self.forget.setVisible(is_kept and not is_entered)
        self.field.setPlaceholderText(tr("Dock", "stored; enter another one to change it") if is_kept else "")
        at_engine = {
            "environment": tr("Dock", "The engine has one, in an environment variable."),
            "keyring": tr("Dock", "The engine has one, in its keyring."),
        }.get(self._wanted.configured, tr("Dock", "The engine has one.") if self._wanted.configured else "")
        if is_kept:
            words = [tr("Dock", "Kept by QGIS, encrypted; it goes to the engine with each request to fetch.")]
        elif at_engine:
            words = [at_engine, tr("Dock", "One that you enter here is used instead.")]
        else:
            need = tr("Dock", "Needed.") if self._wanted.is_needed else tr("Dock", "Optional.")
            words = [need, link(self._provider.key_url, html.escape(tr("Dock", "Get one…")))]
        self._said.setText(" ".join(filter(None, words)))
        self.changed.emit()


def _button(text: str, tip: str, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setText(text)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
