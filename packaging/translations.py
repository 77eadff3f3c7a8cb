"""Keep the translations together with the sources: ``python packaging/translations.py [check]``.

Finds every ``tr("Context", "text")``, and what the process descriptions that come along say, and writes it into the
``.ts`` files, where translators work with Qt Linguist or on the web. Translations that are there stay; those of texts
that are gone go. ``check`` changes nothing and says what is missing.
"""

from __future__ import annotations

import ast
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "plugin" / "streetsense_qgis"
FOLDER = SOURCES / "i18n"
LANGUAGES = ("de",)
#: The engine's words come from its descriptions, so here, and here alone, ``tr`` may take any text.
PROCESSES = "Processes"
DESCRIPTIONS = ROOT / "resources" / "process_descriptions.json"

#: (context, text) to the file that says it first.
Texts = dict[tuple[str, str], str]


class NotLiteral(ValueError):
    """A text that cannot be found before the program runs, so nobody could translate it."""


def texts(sources: Path = SOURCES) -> Texts:
    """Return all texts for people below a folder, in the order of files and lines.

    Raises
    ------
    NotLiteral
        Where ``tr`` is called with something else than two literals.
    """
    found: Texts = {}
    for file in sorted(sources.rglob("*.py")):
        name = file.relative_to(sources).as_posix()
        calls = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if _is_tr(node)]
        for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            words = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if words == [PROCESSES] and len(call.args) == 2:
                continue
            if len(words) != 2 or len(call.args) != 2:
                raise NotLiteral(f"{name}:{call.lineno}: tr() takes two literals; fill in values with .format().")
            found.setdefault((words[0], words[1]), name)
    return found


def spoken_by_processes(file: Path = DESCRIPTIONS) -> Texts:
    """Return the texts of process descriptions that people see: titles, and what processes and inputs are for."""
    found: Texts = {}
    for process in json.loads(file.read_text(encoding="utf-8"))["processes"]:
        inputs, outputs = process["inputs"].values(), process["outputs"].values()
        for text in (
            *(process["title"], process["description"]),
            *(text for one in inputs for text in (one["title"], one["description"])),
            *(one["title"] for one in outputs),
        ):
            found.setdefault((PROCESSES, text), f"../../resources/{file.name}")
    return found


def everything() -> Texts:
    """Return all that is to be translated."""
    return {**texts(), **spoken_by_processes()}


def _is_tr(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr"


def path(language: str) -> Path:
    """Return the ``.ts`` file of a language."""
    return FOLDER / f"streetsense_{language}.ts"


def known(language: str) -> dict[tuple[str, str], str]:
    """Return the finished translations of a language."""
    if not path(language).exists():
        return {}
    done: dict[tuple[str, str], str] = {}
    for context in ET.parse(path(language)).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            if translation is not None and translation.text and translation.get("type") is None:
                done[context.findtext("name", ""), message.findtext("source", "")] = translation.text
    return done


def write(language: str, wanted: Texts, done: dict[tuple[str, str], str]) -> None:
    """Write the ``.ts`` file of a language."""
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    for name in sorted({context for context, _ in wanted}):
        context = ET.SubElement(root, "context")
        ET.SubElement(context, "name").text = name
        for (place, text), file in wanted.items():
            if place != name:
                continue
            message = ET.SubElement(context, "message")
            # Without line numbers: they would change with every edit above.
            ET.SubElement(message, "location", filename=f"../{file}")
            ET.SubElement(message, "source").text = text
            translation = ET.SubElement(message, "translation")
            if (place, text) in done:
                translation.text = done[place, text]
            else:
                translation.set("type", "unfinished")
    ET.indent(root, "    ")
    body = ET.tostring(root, encoding="unicode")
    path(language).write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', encoding="utf-8")


def main(check: bool) -> int:
    """Bring all languages up to date, or say what they lack; return the exit code."""
    wanted = everything()
    lacking = 0
    for language in LANGUAGES:
        done = known(language)
        missing = [one for one in wanted if one not in done]
        lacking += len(missing)
        for context, text in missing:
            sys.stdout.write(f"{language}: {context}: {text}\n")
        if not check:
            write(language, wanted, done)
        sys.stdout.write(f"{language}: {len(wanted) - len(missing)} of {len(wanted)} texts\n")
    return 1 if check and lacking else 0


if __name__ == "__main__":
    sys.exit(main("check" in sys.argv[1:]))
