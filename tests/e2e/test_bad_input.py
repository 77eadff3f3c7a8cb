"""Bad input to whole commands: one sentence that names the input and says what to do, exit code 2, nothing changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from tests.e2e.conftest import CENTRE, make_area, make_photos, run_streetsense

pytestmark = pytest.mark.e2e
UNITS = 30


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a study without photos; beside it a layer of labelled units, features of these units, and photos."""
    folder = tmp_path_factory.mktemp("bad")
    run_streetsense("new", folder / "study", "--area", make_area(folder / "area.gpkg"))
    make_photos(folder / "photos", 3)
    noise = np.random.default_rng(0)
    ids = [f"u{number:02d}" for number in range(UNITS)]
    values = noise.normal(size=(UNITS, 4))
    features = pd.DataFrame(values, columns=["e0", "e1", "e2", "e3"]).assign(unit_id=ids)
    features.to_csv(folder / "features.csv", index=False)
    squares = [box(x, y, x + 0.001, y + 0.001) for x, y in _corners()]
    labels = gpd.GeoDataFrame(
        {"unit_id": ids, "income": values @ [1, 2, 0, 0], "same": 1.0, "text": "many"},
        geometry=squares,
        crs="EPSG:4326",
    )
    labels.to_file(folder / "labels.gpkg")
    labels.assign(unit_id=[f"x{number}" for number in range(UNITS)]).to_file(folder / "strangers.gpkg")
    labels.iloc[:9].to_file(folder / "nine.gpkg")
    labels.set_crs(None, allow_override=True).to_file(folder / "no_crs.shp")
    return folder / "study"


def _corners() -> list[tuple[float, float]]:
    return [(CENTRE[0] + 0.001 * (n % 6), CENTRE[1] + 0.001 * (n // 6)) for n in range(UNITS)]


def _fit(**changed: str) -> list[str]:
    inputs = {"name": "p", "features": "features.csv", "labels": "labels.gpkg", "target": "income", **changed}
    return ["fit", *[word for name, value in inputs.items() for word in (f"--{name.replace('_', '-')}", value)]]


def _photos(folder: Path, column: str, values: list[float]) -> None:
    table = pd.read_csv(folder / "photos.csv")
    table[column] = values
    table.to_csv(folder / "changed.csv", index=False)


CASES: dict[str, tuple[list[str], str]] = {
    "a table that lacks the target": (_fit(target="wealth"), "no column 'wealth'"),
    "labels that match no unit": (_fit(labels="strangers.gpkg"), "labels: they match no unit; units are called u00"),
    "a constant target": (_fit(target="same"), "it is 1 everywhere"),
    "a target of text": (_fit(target="text"), "target: 'text' holds 'many', which is no number"),
    "fewer than ten units": (
        _fit(labels="nine.gpkg"),
        "labels: only 9 sample(s) have features and a label; at least 10",
    ),
    "labels without CRS": (_fit(labels="no_crs.shp"), "coordinate reference system"),
    "labels that do not exist": (_fit(labels="absent.gpkg"), "does not exist"),
    "a class of one value": (_fit(target="same", task="classify"), "every label belongs to one class"),
    "roads that do not exist": (["sample", "--roads", "absent.gpkg"], "does not exist"),
    "roads that are no lines": (
        ["sample", "--roads", "labels.gpkg"],
        "holds no line with a length; give a layer of lines",
    ),
    "a spacing of nothing": (
        ["sample", "--roads", "labels.gpkg", "--spacing", "0"],
        "spacing: '0.0' cannot be used, it should be greater than or equal to 1",
    ),
    "an unknown provider": (
        ["fetch", "--provider", "streetviews"],
        "there is no 'streetviews'; the providers are democity, folder",
    ),
    "a folder of photos that is absent": (
        ["fetch", "--provider", "folder", "--photos", "absent"],
        "photos: absent does not exist; give a folder of photos",
    ),
    "an unknown encoder": (["embed", "--encoder", "tiny"], "there is no 'tiny', there is none yet; add one with"),
    "an unknown predictor": (
        ["predict", "--predictor", "no", "--name", "n", "--units", "h3:9"],
        "there is no predictor 'no'; make one with",
    ),
    "an option that does not exist": (["sample", "--rods", "x"], "No such option: --rods"),
    "a number that is none": (["sample", "--spacing", "wide"], "Invalid value for '--spacing'"),
    "a name that leaves the study": (_fit(name="../p"), "name: '../p' cannot be used as a name"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_command_with(case: str, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, words = CASES[case]
    monkeypatch.chdir(study.parent)
    typed = ["study" if n == 1 else word for n, word in enumerate([arguments[0], "", *arguments[1:]])]
    _fails(typed, words, from_nothing=case == next(iter(CASES)))


def test_a_process_runs_from_json_with_the_study_named_beside_it_or_in_it(study: Path, tmp_path: Path) -> None:
    line = gpd.GeoDataFrame(geometry=[box(*CENTRE, CENTRE[0] + 0.003, CENTRE[1] + 0.003).boundary], crs="EPSG:4326")
    line.to_file(tmp_path / "roads.gpkg")
    inputs = {"roads": str(tmp_path / "roads.gpkg"), "spacing": 50}
    (tmp_path / "beside.json").write_text(json.dumps({"inputs": inputs}))
    (tmp_path / "inside.json").write_text(json.dumps({**inputs, "study": str(study)}))
    beside = run_streetsense("run", "sample", study, "--inputs", tmp_path / "beside.json", "--json")
    inside = run_streetsense("run", "sample", "--inputs", tmp_path / "inside.json", "--json")
    assert json.loads(beside.stdout) == json.loads(inside.stdout)
    assert json.loads(inside.stdout)["sample_points"] > 10
    _fails(["run", "sample", "--inputs", str(tmp_path / "beside.json")], "study: this input is missing")


@pytest.mark.parametrize(
    ("column", "swap", "words"),
    [("lat", True, "latitude and longitude look swapped"), ("lat", False, "it has no latitude column")],
    ids=["latitude and longitude swapped", "no latitude column"],
)
def test_a_table_of_photos_with(
    column: str, swap: bool, words: str, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study.parent)
    table = pd.read_csv("photos.csv")
    changed = table.rename(columns={"lat": "lon", "lon": "lat"}) if swap else table.drop(columns=[column])
    changed.to_csv("changed.csv", index=False)
    _fails(["fetch", "study", "--provider", "folder", "--photos", "photos", "--table", "changed.csv"], words)


def test_a_position_out_of_range_is_quarantined_with_the_reason(
    study: Path, tmp_path: Path, cli: Callable[..., object]
) -> None:
    from streetsense.study import Study

    run_streetsense("new", tmp_path / "study", "--area", study.parent / "area.gpkg")
    table = pd.read_csv(study.parent / "photos.csv")
    table.loc[0, "lat"] = 123.4
    table.to_csv(tmp_path / "photos.csv", index=False)
    photos = study.parent / "photos"
    run_streetsense(
        "fetch", tmp_path / "study", "--provider", "folder", "--photos", photos, "--table", tmp_path / "photos.csv"
    )
    rows = Study.open(tmp_path / "study").views(status="quarantined")
    assert len(rows) == 1
    assert "range" in rows["error"].iloc[0]


def _fails(arguments: list[str], words: str, *, from_nothing: bool = False) -> None:
    result = run_streetsense(*arguments, check=False, from_nothing=from_nothing)
    lines = [line for line in result.stderr.strip().splitlines() if not line.startswith("warning:")]
    assert result.returncode == 2, result.stderr
    assert len(lines) == 1, result.stderr
    assert words in lines[0]
    assert "Traceback" not in result.stderr
