"""The translations that come along: Qt's ``.ts`` files, read as they are.

Translators edit ``.ts`` files with Qt Linguist or on the web. Reading them directly spares the compiled form, a binary
file that nobody can review in a package.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from qgis.PyQt.QtCore import QXmlStreamReader

_FOLDER = Path(__file__).resolve().parent


@lru_cache(maxsize=4)
def messages(language: str) -> dict[tuple[str, str], str]:
    """Return all finished translations: (context, English) to the words of ``language``.

    Parameters
    ----------
    language : str
        Such as ``de`` or ``de_AT``, which falls back to ``de``.
    """
    for name in (language, language.partition("_")[0]):
        file = _FOLDER / f"streetsense_{name}.ts"
        if name and file.is_file():
            return read(file)
    return {}


def read(file: Path) -> dict[tuple[str, str], str]:
    """Return the finished translations of one ``.ts`` file."""
    found: dict[tuple[str, str], str] = {}
    reader = QXmlStreamReader(file.read_bytes())
    context = source = ""
    while not reader.atEnd():
        reader.readNext()
        if not reader.isStartElement():
            continue
        tag = reader.name()
        if tag == "name":
            context = reader.readElementText()
        elif tag == "source":
            source = reader.readElementText()
        elif tag == "translation":
            finished = not reader.attributes().hasAttribute("type")
            translated = reader.readElementText()
            if finished and translated:
                found[context, source] = translated
    return found
