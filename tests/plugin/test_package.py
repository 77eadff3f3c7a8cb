"""The zip meets what the repository of QGIS checks on upload."""

from __future__ import annotations

import configparser
import re
import shutil
import zipfile
from pathlib import Path
from urllib.parse import urlparse

import pytest
from built_package import KINDS, PACKAGE, ROOT, build, built, unpacked

WANTED = ("name", "description", "version", "qgisMinimumVersion", "author", "email", "about", "tracker", "repository")
TRUE_OR_FALSE = ("experimental", "deprecated")
LIMIT_BYTES = 25_000_000


@pytest.fixture(scope="module")
def entries() -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(built()) as package:
        assert package.testzip() is None
        return package.infolist()


@pytest.fixture(scope="module")
def metadata() -> dict[str, str]:
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unpacked() / PACKAGE / "metadata.txt", encoding="utf-8")
    return dict(parser["general"])


def test_all_lies_in_one_folder_that_python_can_import(entries: list[zipfile.ZipInfo]) -> None:
    assert {entry.filename.split("/")[0] for entry in entries} == {PACKAGE}
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]+", PACKAGE)
    assert PACKAGE.isidentifier()


def test_the_folder_holds_its_init_its_metadata_and_its_licence(entries: list[zipfile.ZipInfo]) -> None:
    names = {entry.filename for entry in entries}
    assert {f"{PACKAGE}/__init__.py", f"{PACKAGE}/metadata.txt", f"{PACKAGE}/LICENSE"} <= names


def test_nothing_compiled_hidden_or_executable_is_in_it(entries: list[zipfile.ZipInfo]) -> None:
    for entry in entries:
        parts = entry.filename.split("/")
        assert not any(part.startswith((".", "__MACOSX", "__pycache__")) for part in parts), entry.filename
        assert ".." not in entry.filename
        assert parts[-1] == "LICENSE" or Path(entry.filename).suffix in KINDS, entry.filename
        assert not (entry.external_attr >> 16) & 0o111, entry.filename


def test_every_file_but_pictures_is_text() -> None:
    for file in unpacked().rglob("*"):
        if file.is_file() and file.suffix != ".png":
            file.read_text(encoding="utf-8")


def test_it_is_small_enough() -> None:
    assert built().stat().st_size <= LIMIT_BYTES


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    for place in (tmp_path / "one", tmp_path / "two"):
        for folder in ("plugin", "resources"):
            shutil.copytree(ROOT / folder if place.name == "one" else tmp_path / "one" / folder, place / folder)
        for file in ("LICENSE", "metadata.txt"):
            shutil.copy(ROOT / file, place)
    one, two = (build(tmp_path / f"{name}.zip", tmp_path / name) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_a_file_of_a_kind_that_is_not_handed_out_stops_the_build(tmp_path: Path) -> None:
    for part in (f"plugin/{PACKAGE}", "resources"):
        (tmp_path / part).mkdir(parents=True)
    for name in ("LICENSE", "metadata.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "plugin" / PACKAGE / "library.so").write_bytes(b"")
    with pytest.raises(ValueError, match=r"library\.so"):
        build(tmp_path / "out.zip", tmp_path)


def test_the_metadata_have_all_that_is_required(metadata: dict[str, str]) -> None:
    assert not [key for key in WANTED if not metadata.get(key, "").strip()]
    for key in TRUE_OR_FALSE:
        assert metadata[key] in {"True", "False"}
    assert "/" not in metadata["author"]
    assert "supportsQt6" not in metadata


def test_the_name_does_not_say_what_everything_there_is(metadata: dict[str, str]) -> None:
    assert "plugin" not in metadata["name"].lower()
    assert "plugin" not in PACKAGE.lower()


def test_the_version_is_that_of_the_engine(metadata: dict[str, str]) -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{metadata["version"]}"' in project


def test_it_offers_itself_from_the_oldest_to_the_newest_qgis(metadata: dict[str, str]) -> None:
    assert (metadata["qgisMinimumVersion"], metadata["qgisMaximumVersion"]) == ("3.22", "4.99")
    assert metadata["hasProcessingProvider"] == "yes"


def test_addresses_can_be_asked_for(metadata: dict[str, str]) -> None:
    for key in ("homepage", "tracker", "repository"):
        address = urlparse(metadata[key])
        assert address.scheme == "https" and address.netloc


def test_what_is_needed_beside_it_is_said(metadata: dict[str, str]) -> None:
    assert "External dependency" in metadata["about"]
    assert "engine" in metadata["about"]


def test_its_icon_is_in_it(metadata: dict[str, str]) -> None:
    assert (unpacked() / PACKAGE / metadata["icon"]).is_file()


def test_no_text_speaks_of_a_place_of_this_computer() -> None:
    own = str(ROOT)
    for file in unpacked().rglob("*"):
        if file.is_file() and file.suffix != ".png":
            assert own not in file.read_text(encoding="utf-8"), file
