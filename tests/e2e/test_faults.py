"""What can go wrong on a real machine: one sentence, the right exit code, and nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streetsense.study import Study
from tests.e2e.conftest import make_area, make_photos, run_streetsense

pytestmark = pytest.mark.e2e
Cli = Callable[..., subprocess.CompletedProcess[str]]
VIEWS = 60


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a study with photos fetched and a small encoder, not yet embedded."""
    folder = tmp_path / "study"
    table = make_photos(tmp_path / "photos", VIEWS)
    run_streetsense("new", folder, "--area", make_area(tmp_path / "area.gpkg"))
    run_streetsense("fetch", folder, "--provider", "folder", "--photos", tmp_path / "photos", "--table", table)
    run_streetsense("encoders", "import", folder, "tiny", "--architecture", "vit_tiny_patch16_224", "--random", 0)
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on a disk of its own with one mebibyte, where mounting is permitted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a disk of its own: mounting is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _start_embedding(study: Path) -> subprocess.Popen[str]:
    """Start an embedding that writes a part for every four views."""
    arguments = ["embed", study, "--encoder", "tiny", "--batch-size", 1, "--part-size", 4, "--workers", 1]
    command = [sys.executable, "-m", "streetsense", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _wait_for_a_new_part(study: Path, process: subprocess.Popen[str], before: int) -> None:
    """Return when the running embedding has written more parts than ``before``."""
    table = Study.open(study).embeddings_table("tiny")
    deadline = time.monotonic() + 120
    while len(table.parts()) <= before:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "no part was written in two minutes"
        os.sched_yield()


def _one_sentence(result: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in result.stderr.strip().splitlines() if not line.startswith("warning:")]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("streetsense: ")
    return lines[0]


def test_after_two_kills_every_view_is_embedded_exactly_once(study: Path, cli: Cli) -> None:
    table = Study.open(study).embeddings_table("tiny")
    for _ in range(2):
        before = len(table.parts())
        process = _start_embedding(study)
        _wait_for_a_new_part(study, process, before)
        process.kill()
        process.communicate()
    done = len(table.keys())
    assert 0 < done < VIEWS
    outputs = json.loads(cli("embed", study, "--encoder", "tiny", "--json").stdout)
    assert (outputs["skipped"], outputs["embedded"]) == (done, VIEWS - done)
    assert table.read(["view_id"]).num_rows == VIEWS


def test_an_interrupt_keeps_what_is_finished_and_says_so(study: Path, cli: Cli) -> None:
    process = _start_embedding(study)
    _wait_for_a_new_part(study, process, 0)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "what is finished is kept" in stderr
    states = [json.loads(path.read_text())["status"] for path in sorted((study / "jobs").glob("*embed*/status.json"))]
    assert states == ["dismissed"]
    outputs = json.loads(cli("embed", study, "--encoder", "tiny", "--json").stdout)
    assert outputs["skipped"] > 0
    assert outputs["skipped"] + outputs["embedded"] == VIEWS


def test_a_second_writer_is_told_who_the_first_is(study: Path, cli: Cli) -> None:
    with Study.open(study).lock("fit"):
        result = cli("embed", study, "--encoder", "tiny", check=False)
    assert result.returncode == 2
    assert f"another job writes to this study (fit, process {os.getpid()}" in _one_sentence(result)


def test_a_full_disk_stops_the_job_with_one_sentence_and_it_continues_with_space(
    small_disk: Path, tmp_path: Path, cli: Cli
) -> None:
    study = small_disk / "study"
    table = make_photos(tmp_path / "photos", VIEWS, size=256)
    cli("new", study, "--area", make_area(tmp_path / "area.gpkg"))
    fetch = ("fetch", study, "--provider", "folder", "--photos", tmp_path / "photos", "--table", table)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * 900_000)
    result = cli(*fetch, check=False)
    assert result.returncode == 2, result.stderr
    assert "the disk is full; free some space and run the same command again" in _one_sentence(result)
    ballast.unlink()
    cli(*fetch)
    assert len(Study.open(study).views()) == VIEWS


def test_a_read_only_disk_is_one_sentence(small_disk: Path, tmp_path: Path, cli: Cli) -> None:
    study = small_disk / "study"
    cli("new", study, "--area", make_area(tmp_path / "area.gpkg"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    table = make_photos(tmp_path / "photos", 3)
    result = cli("fetch", study, "--provider", "folder", "--photos", table.parent / "photos", check=False)
    assert result.returncode == 2
    assert "the disk is read-only; choose a folder that can be written to" in _one_sentence(result)
    assert json.loads(cli("info", study, "--json").stdout)["views"] == {}


def test_a_study_of_a_newer_schema_is_refused(study: Path, cli: Cli) -> None:
    record = json.loads((study / "study.json").read_text())
    (study / "study.json").write_text(json.dumps(record | {"schema_version": 99}))
    result = cli("info", study, check=False)
    assert result.returncode == 2
    assert "made by a newer StreetSense" in _one_sentence(result)


def test_bad_photos_end_as_rows_with_a_reason_and_the_rest_is_fetched(tmp_path: Path, cli: Cli) -> None:
    table = make_photos(tmp_path / "photos", 6)
    photos = tmp_path / "photos"
    (photos / "000.jpg").write_bytes(b"")
    (photos / "001.jpg").write_text("this is no photo")
    (photos / "002.jpg").write_bytes((photos / "003.jpg").read_bytes()[:400])
    cli("new", tmp_path / "study", "--area", make_area(tmp_path / "area.gpkg"))
    outputs = json.loads(
        cli("fetch", tmp_path / "study", "--provider", "folder", "--photos", photos, "--table", table, "--json").stdout
    )
    assert outputs["views"] == {"ok": 3, "quarantined": 3}
    views = Study.open(tmp_path / "study").views(status="quarantined")
    assert views["error"].str.len().gt(5).all()
    again = json.loads(
        cli("fetch", tmp_path / "study", "--provider", "folder", "--photos", photos, "--table", table, "--json").stdout
    )
    assert again["views"] == outputs["views"]
