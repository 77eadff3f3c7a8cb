"""Files of inputs on their way to another host: what they are called there, and back in its sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from streetsense.cli.sending import Sending
from streetsense.errors import InputError
from streetsense.processes import find_process


def test_the_hosts_sentences_name_files_as_they_were_given(tmp_path: Path) -> None:
    weights = tmp_path / "bad.safetensors"
    weights.touch()
    sending = Sending(find_process("import-encoder"), "town", {"name": "bad", "weights": str(weights)})
    there = sending.values["weights"]
    assert there.startswith("uploads/")
    assert (
        sending.as_given(f"weights: {there} is broken; give another.") == f"weights: {weights} is broken; give another."
    )
    assert sending.as_given(f"weights: town/{there}: no") == f"weights: {weights}: no"
    assert sending.as_given(f"{there}-2 and other/{there} are others") == f"{there}-2 and other/{there} are others"


def test_photos_below_a_folder_are_named_as_they_were_given(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").touch()
    given = str(tmp_path / "photos")
    sending = Sending(find_process("fetch"), "town", {"provider": "folder", "photos": given})
    assert [file.path for file in sending.files] == [tmp_path / "photos/a.jpg"]
    assert sending.as_given(f"{sending.values['photos']}/a.jpg is empty") == f"{given}/a.jpg is empty"


def test_photos_that_are_not_there_are_refused_as_by_a_run_here() -> None:
    with pytest.raises(InputError, match="photos: absent does not exist; give a folder of photos"):
        Sending(find_process("fetch"), "town", {"photos": "absent"})
