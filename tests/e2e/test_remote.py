"""``streetsense --remote``: the same commands, outputs and files as on this computer, over a bad network too."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pytest

from tests.e2e.conftest import make_area, make_photos, run_streetsense
from tests.server.conftest import until
from tests.server.cutting import cutting
from tests.server.serving import Served, serving

pytestmark = pytest.mark.e2e
PHOTOS = 24
#: Files beside the photos: a layer, and one that holds no weights.
AREA, BAD = "area.gpkg", "bad.safetensors"
#: Results say when they were made (GDAL in a GeoPackage's list, we in the metadata); all other bytes are the same.
TIME = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{3}Z|\+00:00)")


@dataclass
class Twins:
    """One study here and one there."""

    folder: Path
    served: Served

    def run(self, where: str, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command 'here' or 'there'; STUDY stands for the study's folder."""
        remote = ["--remote", self.served.url, "--token-file", self.folder / "studies/.streetsense/token"]
        study = self.folder / where / "town"
        given = [study if argument == "STUDY" else argument for argument in arguments]
        return run_streetsense(*(remote if where == "there" else []), *given, check=check)

    def both(self, *arguments: object, check: bool = True) -> tuple[str, str]:
        """Run a command here and there; return what was printed, without what differs between any two runs."""
        here, there = (self.run(where, *arguments, check=check) for where in ("here", "there"))
        assert here.returncode == there.returncode
        return told(here), told(there)


def told(result: subprocess.CompletedProcess[str]) -> str:
    """Return the outputs without times, speeds and places."""
    text = re.sub(r"(?m)^(created|images per second|study)\b.*$", r"\1", result.stdout)
    return re.sub(r'"(created|images_per_second|folder)": ("[^"]*"|[0-9.e+-]+)', r'"\1": null', text)


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    """Studies made by the same commands here and there, with what these printed compared."""
    folder = tmp_path_factory.mktemp("twins")
    table, area = make_photos(folder / "photos", PHOTOS), make_area(folder / "area.gpkg")
    (folder / "studies").mkdir()
    with serving(folder / "studies") as served:
        found = Twins(folder, served)
        for command in (
            ("new", "STUDY", "--area", area),
            ("fetch", "STUDY", "--provider", "folder", "--photos", folder / "photos", "--table", table),
            ("encoders", "import", "STUDY", "tiny", "--architecture", "vit_tiny_patch16_224", "--random", 0,
             "--image-size", 32),
            ("embed", "STUDY", "--encoder", "tiny"),
            ("predict", "STUDY", "--name", "map", "--encoder", "tiny", "--units", "h3:10"),
        ):  # fmt: skip
            here, there = found.both(*command)
            assert here == there, command
        yield found


def test_results_come_to_where_a_run_here_puts_them_and_are_the_same(twins: Twins) -> None:
    here, there = (twins.folder / where / "town/results" for where in ("here", "there"))
    assert [path.name for path in sorted(there.iterdir())] == ["map.gpkg", "map.tif", "views.gpkg"]
    for name in ("map.gpkg", "map.tif"):
        served = twins.folder / "studies/town/results" / name
        assert (there / name).read_bytes() == served.read_bytes()
        assert TIME.sub(b"", (here / name).read_bytes()) == TIME.sub(b"", (there / name).read_bytes())
    first, second = (gpd.read_file(path / "map.gpkg", layer="map") for path in (here, there))
    assert len(first) > 1
    assert first.equals(second)


@pytest.mark.parametrize(
    "command",
    [
        ("info", "STUDY"),
        ("info", "STUDY", "--json"),
        ("processes",),
        ("processes", "--json"),
        ("encoders", "list", "STUDY"),
        ("encoders", "show", "STUDY", "tiny", "--json"),
        ("embed", "STUDY", "--encoder", "tiny", "--json"),
    ],
    ids=" ".join,
)
def test_a_command_prints_the_same_here_and_there(twins: Twins, command: tuple[str, ...]) -> None:
    here, there = twins.both(*command)
    if "--json" in command:
        assert json.loads(here) == json.loads(there)
    else:
        assert here == there
    assert here.strip()


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        (("embed", "STUDY", "--encoder", "tiny", "--batch-size", "x"), 2, "batch-size"),
        (("embed", "STUDY", "--encoder", "absent"), 2, "encoder: there is no 'absent'"),
        (
            ("fetch", "STUDY", "--provider", "folder", "--photos", "absent"),
            2,
            "photos: absent does not exist; give a folder",
        ),
        (
            ("fetch", "STUDY", "--provider", "folder", "--photos", AREA),
            2,
            "photos: {} is a file; give a folder of photos",
        ),
        (
            ("encoders", "import", "STUDY", "bad", "--architecture", "vit_tiny_patch16_224", "--weights", BAD),
            2,
            "weights: {} ",
        ),
        (("encoders", "show", "STUDY", "absent"), 2, "encoder: there is no 'absent'"),
    ],
)
def test_an_error_is_the_same_sentence_and_code(
    twins: Twins, command: tuple[str, ...], code: int, sentence: str
) -> None:
    (twins.folder / BAD).write_bytes(b"no weights")
    typed = [twins.folder / part if part in (AREA, BAD) else part for part in command]
    said = []
    for where in ("here", "there"):
        result = twins.run(where, *typed, check=False)
        assert result.returncode == code
        said.append(result.stderr.splitlines()[-1])
        assert sentence.format(typed[-1]) in said[-1]
    assert said[0] == said[1]


def test_a_study_that_is_not_there_is_told_to_a_person(twins: Twins) -> None:
    result = twins.run("there", "info", twins.folder / "there/none", check=False)
    assert (result.returncode, result.stderr.splitlines()[-1]) == (
        2,
        "streetsense: study: the server has no 'none'; make it with 'streetsense new', or see its list of studies.",
    )


def test_a_study_that_is_there_already_is_called_study(twins: Twins) -> None:
    result = twins.run("there", "new", "STUDY", "--area", twins.folder / AREA, check=False)
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1].startswith("streetsense: study: there is a 'town' already")


def test_the_address_of_a_study_is_quoted(twins: Twins) -> None:
    result = twins.run("there", "new", twins.folder / "there/a town", "--area", twins.folder / AREA)
    assert f"{twins.served.url}/studies/a%20town" in result.stdout


def test_how_attention_maps_were_made_comes_with_them(twins: Twins) -> None:
    twins.run("there", "attend", "STUDY", "--encoder", "tiny", "--count", 1, "--name", "looks")
    folder = Path("town/results/attention/looks")
    assert {path.name for path in (twins.folder / "there" / folder).iterdir()} == {
        "settings.json",
        "arrays.npz",
        "overlays",
    }


def test_inputs_from_a_file_run_there_too(twins: Twins, tmp_path: Path) -> None:
    path = tmp_path / "inputs.json"
    path.write_text(json.dumps({"inputs": {"study": str(twins.folder / "there/town"), "encoder": "tiny"}}))
    result = twins.run("there", "run", "embed", "--inputs", path, "--json")
    assert json.loads(result.stdout)["skipped"] == PHOTOS


def test_ctrl_c_stops_the_job_there(twins: Twins) -> None:
    options = ["--remote", twins.served.url, "--token-file", twins.folder / "studies/.streetsense/token"]
    command = [sys.executable, "-m", "streetsense", *options, "embed", twins.folder / "there/town"]
    command += ["--encoder", "tiny", "--again"]
    before = jobs(twins)
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: jobs(twins) > before, "the job is on the list")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    (job,) = jobs(twins) - before
    state = json.loads((twins.folder / "studies/town/jobs" / job / "status.json").read_text())["status"]
    assert (process.returncode, state) == (130, "dismissed")
    assert "Traceback" not in errors


def jobs(twins: Twins) -> set[str]:
    """The jobs of the study there."""
    return {path.parent.name for path in (twins.folder / "studies/town/jobs").glob("*/status.json")}


def test_commands_of_this_computer_alone_say_so(twins: Twins) -> None:
    result = twins.run("there", "demo", twins.folder / "demo", check=False)
    assert result.returncode == 2
    assert "'demo' runs here only" in result.stderr


def test_no_token_is_one_sentence(twins: Twins) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "STREETSENSE_TOKEN"}
    command = [sys.executable, "-m", "streetsense", "--remote", twins.served.url, "info", "town"]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert result.returncode == 2
    assert "give --token-file FILE, or set STREETSENSE_TOKEN" in result.stderr


def test_photos_arrive_over_a_network_that_breaks_again_and_again(twins: Twins, tmp_path: Path) -> None:
    table = make_photos(tmp_path / "others", 30, size=256)
    size = sum(path.stat().st_size for path in (tmp_path / "others").iterdir())
    with cutting(twins.served.port, up=[size // 4, size // 2, 3 * size // 4]) as proxy:
        remote = ["--remote", proxy.url, "--token-file", twins.folder / "studies/.streetsense/token"]
        run_streetsense(*remote, "new", tmp_path / "other", "--area", twins.folder / "area.gpkg")
        inputs = ["--provider", "folder", "--photos", tmp_path / "others", "--table", table]
        result = run_streetsense(*remote, "fetch", tmp_path / "other", *inputs, "--json")
        assert proxy.cuts == []
    assert json.loads(result.stdout)["views"] == {"ok": 30}
