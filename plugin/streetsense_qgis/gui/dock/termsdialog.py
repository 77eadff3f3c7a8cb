"""The terms of a provider in plain words, with the way to the full ones."""

from __future__ import annotations

import html

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from ...i18n import tr
from ...runs.providers import Provider

_WIDTH = 460


class TermsDialog(QDialog):
    """Shows the terms; the window goes on meanwhile.

    Parameters
    ----------
    provider : Provider
        Whose terms.
    parent : QWidget
        Of this window.
    """

    def __init__(self, provider: Provider, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Dock", "Terms of {provider}").format(provider=provider.title))
        layout = QVBoxLayout(self)
        lines = [
            (tr("Dock", "Licence"), html.escape(provider.licence)),
            (tr("Dock", "To be named"), html.escape(provider.attribution)),
            (tr("Dock", "In full"), link(provider.terms_url, html.escape(provider.terms_url))),
        ]
        known = "<br>".join(f"<b>{title}:</b> {words}" for title, words in lines if words)
        for text in (html.escape(provider.notice), known):
            label = QLabel(text, self)
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setWordWrap(True)
            label.setOpenExternalLinks(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
            label.setVisible(bool(text))
            layout.addWidget(label)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.resize(_WIDTH, self.sizeHint().height())


def link(address: str, words: str) -> str:
    """Return a link (HTML); empty where the address is none of the web: it comes from the engine."""
    if not address.startswith(("https://", "http://")):
        return ""
    return f'<a href="{html.escape(address)}">{words}</a>'
