"""Files are whole or absent, and a refusal to write is one sentence."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from streetsense.atomic import UNFINISHED, atomic_path, remove_unfinished, storage_error, write_json
from streetsense.errors import InputError


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "layer.gpkg"
    target.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(target) as temporary:
        temporary.write_text("half of the new")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_temporary_file_keeps_the_suffix_that_formats_are_chosen_by(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "surface.tif") as temporary:
        assert temporary.suffix == ".tif"
        temporary.write_bytes(b"x")
    assert (tmp_path / "surface.tif").read_bytes() == b"x"


def test_what_killed_processes_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / f"{UNFINISHED}1234-part-000001.parquet").write_bytes(b"half")
    (tmp_path / "part-000001.parquet").write_bytes(b"whole")
    assert remove_unfinished(tmp_path) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["part-000001.parquet"]


def test_json_keeps_letters_beyond_ascii_readable(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"name": "Lège-Cap-Ferret"})
    assert "Lège" in (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"name": "Lège-Cap-Ferret"}


def test_a_folder_that_cannot_exist_is_one_sentence_about_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match=r"file: .*choose another path"):
        write_json(tmp_path / "file" / "a.json", {})


@pytest.mark.parametrize(
    ("code", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "permission"), (errno.EIO, "refused")],
)
def test_every_refusal_of_the_disk_says_what_to_do(code: int, words: str, tmp_path: Path) -> None:
    sentence = str(storage_error(OSError(code, "reason"), tmp_path / "x"))
    assert words in sentence
    assert str(tmp_path) in sentence
    assert "\n" not in sentence
