"""StreetSense speaks English and German, completely."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from built_package import ROOT
from streetsense_qgis.i18n import tr, use_language
from streetsense_qgis.i18n.messages import messages, read
from translations import LANGUAGES, NotLiteral, everything, known, path, texts

PLACEHOLDER = re.compile(r"\{[^{}]*\}")


@pytest.fixture
def german(qgis_app: object) -> Iterator[None]:
    use_language("de")
    yield
    use_language(None)


def test_every_text_is_two_literals() -> None:
    assert len(texts()) > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    done = known(language)
    assert [one for one in everything() if one not in done] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_of_a_text_that_is_gone(language: str) -> None:
    wanted = everything()
    assert [one for one in known(language) if one not in wanted] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_placeholders(language: str) -> None:
    for (context, text), translated in known(language).items():
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(translated)), (context, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_read_at_run_time_is_what_translators_wrote(language: str, qgis_app: object) -> None:
    assert read(path(language)) == known(language)


def test_a_text_is_spoken_in_german(german: None) -> None:
    (context, text), translated = next(iter(known("de").items()))
    assert tr(context, text) == translated


def test_a_language_of_a_country_falls_back_to_the_language() -> None:
    assert messages("de_AT") == messages("de")


def test_a_language_that_is_not_there_is_english(qgis_app: object) -> None:
    use_language("xx")
    try:
        assert tr("Dock", "Area") == "Area"
    finally:
        use_language(None)


def test_a_text_that_is_put_together_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("tr('Dock', f'{a} b')\n")
    with pytest.raises(NotLiteral, match=r"a\.py:1"):
        texts(tmp_path)


def test_everybody_uses_the_one_function() -> None:
    for file in (ROOT / "plugin" / "streetsense_qgis").rglob("*.py"):
        if file.parent.name != "i18n":
            assert "self.tr(" not in file.read_text(encoding="utf-8"), file
            assert "QCoreApplication.translate" not in file.read_text(encoding="utf-8"), file
