"""What a request over HTTP may name: files inside its study, in formats that are safe, and nothing of the host's."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr

from streetsense.errors import InputError
from streetsense.processes import Process, ProcessInputs, ProcessOutputs, find_process
from streetsense.processes.reads import HostDecides, Reads, UnitsSource, check_served, file_inputs, inside
from streetsense.progress import Progress
from streetsense.study import Study


class Inputs(ProcessInputs):
    table: Path | None = Field(None)
    many: list[Path] = Field([])
    units: UnitsSource | None = Field(None)
    weights: Annotated[str, Reads(words=("none",), served=(".safetensors",))] | None = Field(None)
    server: Annotated[str, HostDecides(allowed=("auto",))] = Field("https://example.org")
    key: SecretStr | None = Field(None, min_length=3)
    number: int = Field(1)


def run(study: Study, inputs: Inputs, job: Progress) -> ProcessOutputs:
    raise AssertionError("it is only described")


PROCESS = Process(id="test", title="", description="", inputs=Inputs, outputs=ProcessOutputs, run=run)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "studies" / "town"
    (root / "uploads").mkdir(parents=True)
    for name in ("labels.gpkg", "weights.safetensors", "weights.pth.tar"):
        (root / "uploads" / name).write_bytes(b"x")
    (tmp_path / "studies" / "secret").write_bytes(b"x")
    (root / "uploads" / "link").symlink_to(tmp_path / "studies" / "secret")
    (root / "uploads" / "folder").symlink_to(tmp_path / "studies")
    (root / "uploads" / "loop").symlink_to(root / "uploads" / "loop")
    return root


def test_files_are_found_by_type_and_by_mark() -> None:
    assert list(file_inputs(PROCESS)) == ["table", "many", "units", "weights"]
    assert PROCESS.secrets == {"key"}


@pytest.mark.parametrize(
    "values",
    [
        {"table": "uploads/labels.gpkg"},
        {"table": "uploads/labels.gpkg|layername=a"},
        {"table": "uploads/not-there-yet.csv"},
        {"many": ["uploads/labels.gpkg", "results/a.gpkg"]},
        {"units": "h3:9"},
        {"units": "Square:250"},
        {"units": "uploads/labels.gpkg"},
        {"weights": "none"},
        {"weights": "uploads/weights.safetensors"},
        {"weights": "an-encoder-of-the-study"},
        {"server": "https://example.org"},
        {"server": "auto"},
        {"table": None},
    ],
)
def test_what_is_inside_the_study_is_accepted(root: Path, values: dict[str, Any]) -> None:
    check_served(PROCESS, values, root)


@pytest.mark.parametrize(
    "values",
    [
        {"table": "/etc/passwd"},
        {"table": "../secret"},
        {"table": "uploads/../../secret"},
        {"table": "uploads/link"},
        {"table": "uploads/folder/secret"},
        {"table": "uploads/loop"},
        {"table": "uploads\\..\\..\\secret"},
        {"table": "C:/secret"},
        {"table": "/vsicurl/http://127.0.0.1/x"},
        {"table": "http://127.0.0.1/x"},
        {"table": ""},
        {"table": "a\0b"},
        {"many": ["uploads/labels.gpkg", "/etc/passwd"]},
        {"units": "../secret|layername=h3:9"},
        {"weights": "../secret"},
        {"weights": "uploads/weights.pth.tar"},
        {"server": "http://169.254.169.254"},
    ],
)
def test_what_is_outside_is_refused_in_one_sentence(root: Path, values: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        check_served(PROCESS, values, root)
    assert str(refused.value).startswith(next(iter(values)))


@given(st.lists(st.sampled_from(["..", ".", "a", "uploads", "", "~", "link", "...", " "]), max_size=6))
def test_no_path_leads_out(parts: list[str]) -> None:
    root = Path("/nowhere/studies/town")
    path = inside(root, "/".join(parts))
    if path is not None:
        assert path.is_relative_to(root)
        assert ".." not in PurePosixPath(path).parts


def test_a_wrong_secret_is_not_repeated() -> None:
    with pytest.raises(InputError) as refused:
        PROCESS.parse({"key": "XY"})
    assert "XY" not in str(refused.value)


@pytest.mark.parametrize(
    ("verb", "inputs"),
    [
        ("sample", {"roads"}),
        ("fetch", {"photos", "table", "panoramas"}),
        ("pair", {"recipe", "units", "hold_out_area", "quotas"}),
        ("pretrain", {"recipe", "warm_start"}),
        ("fit", {"labels", "features", "units"}),
        ("predict", {"units", "features"}),
        ("import-encoder", {"weights"}),
        ("embed", set()),
        ("attend", set()),
    ],
)
def test_every_input_of_ours_that_may_be_a_file_is_marked(verb: str, inputs: set[str]) -> None:
    assert set(file_inputs(find_process(verb))) == inputs


def test_the_host_decides_which_server_roads_come_from(root: Path) -> None:
    with pytest.raises(InputError, match="overpass_url: the host decides this"):
        check_served(find_process("sample"), {"overpass_url": "http://127.0.0.1:1/api"}, root)
