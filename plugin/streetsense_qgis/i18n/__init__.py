"""Words for people, in their language."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication

from .messages import messages


def tr(context: str, text: str) -> str:
    """Return ``text`` in the user's language.

    Our words come from the ``.ts`` files beside this one and are looked up here, not by a translator installed in Qt:
    every word of QGIS itself would pass through that, and it would have to be taken out again.

    Parameters
    ----------
    context : str
        The part of StreetSense that speaks, a literal: ``"Dock"``.
    text : str
        English, a literal; placeholders are filled in afterwards: ``tr("Jobs", "{done} of {total}").format(…)``.
    """
    translated = messages(language()).get((context, text))
    return translated or QCoreApplication.translate(context, text)


_chosen: list[str] = []


def language() -> str:
    """Return the language of QGIS, such as ``de`` or ``pt_BR``; it stays the same until QGIS is started again."""
    if not _chosen:
        _chosen.append(QgsApplication.locale())
    return _chosen[0]


def use_language(name: str | None) -> None:
    """Speak another language from now on, or that of QGIS again (None)."""
    _chosen[:] = [name] if name else []
