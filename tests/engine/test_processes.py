"""A process is described once; its command line, its JSON and its OGC description follow from that."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Literal

import geopandas as gpd
import pytest
import typer
from pydantic import Field
from shapely import box
from typer.testing import CliRunner

from streetsense.cli.verbs import add_verb
from streetsense.errors import Cancelled, InputError, StreetSenseError
from streetsense.jobs import JobRecord, execute
from streetsense.processes import Process, ProcessInputs, ProcessOutputs, find_process, load_processes
from streetsense.processes.ogc import process_description
from streetsense.progress import Progress
from streetsense.study import Study


class Season(StrEnum):
    SUMMER = "summer"
    WINTER = "winter"


class Inputs(ProcessInputs):
    layer: Path | None = Field(None, description="a layer")
    spacing: float = Field(15.0, gt=0, description="distance (metres)", json_schema_extra={"unit": "m"})
    headings: list[float] = Field([0.0, 90.0], description="headings (degrees)")
    columns: dict[str, str] = Field(default_factory=dict, description="column names")
    mode: Literal["a", "b"] = Field("a", description="mode")
    season: Season = Field(Season.SUMMER, description="season")
    link: bool = Field(False, description="leave in place")
    count: int = Field(..., description="how many")


class Outputs(ProcessOutputs):
    seen: dict[str, object] = Field(description="the inputs as they arrived")


def echo(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    for step in range(inputs.count):
        job.report(step, inputs.count, f"step {step}")
    if inputs.count == 13:
        raise ValueError("unlucky")
    if inputs.count == 14:
        raise OSError(28, "No space left on device")
    return Outputs(seen=inputs.model_dump(mode="json"))


ECHO = Process("echo", "Echo", "Returns its inputs.", Inputs, Outputs, echo)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study.create(tmp_path / "study", gpd.GeoDataFrame(geometry=[box(0, 50, 0.1, 50.1)], crs="EPSG:4326"))


@pytest.fixture
def command() -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None)
    add_verb(app, ECHO)
    app.callback()(lambda: None)
    return app


def _status(study: Study) -> dict[str, object]:
    (job,) = study.jobs_dir.iterdir()
    status: dict[str, object] = json.loads((job / "status.json").read_text())
    return status


def test_every_kind_of_option_arrives_as_the_process_declared_it(study: Study, command: typer.Typer) -> None:
    words = "--layer roads.gpkg --spacing 7.5 --headings 0,180 --columns lat=Y,lon=X --mode b --season winter --link"
    result = CliRunner().invoke(command, ["echo", str(study.root), *words.split(), "--count", "2", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["seen"] == {
        "layer": "roads.gpkg", "spacing": 7.5, "headings": [0.0, 180.0], "columns": {"lat": "Y", "lon": "X"},
        "mode": "b", "season": "winter", "link": True, "count": 2,
    }  # fmt: skip


def test_defaults_are_those_of_the_description(study: Study, command: typer.Typer) -> None:
    result = CliRunner().invoke(command, ["echo", str(study.root), "--count", "1", "--json"])
    assert json.loads(result.stdout)["seen"] == Inputs(count=1).model_dump(mode="json")


def test_help_names_every_input_with_unit_and_default(command: typer.Typer) -> None:
    text = " ".join(CliRunner().invoke(command, ["echo", "--help"], env={"COLUMNS": "200"}).output.split())
    for words in ("--spacing", "(metres)", "[default: 15.0]", "--headings", "[default: 0.0,90.0]", "a|b", "[required]"):
        assert words in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--count", "1", "--spacing", "-3"], "spacing: '-3.0' cannot be used"),
        (["--count", "1", "--mode", "z"], "mode: 'z' cannot be used"),
        (["--count", "1", "--columns", "lat"], "columns: 'lat' must be written"),
        (["--count", "1", "--headings", "north"], "headings: 'north' cannot be used, it should be a valid number; see"),
        ([], "count: this input is missing"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    study: Study, command: typer.Typer, arguments: list[str], words: str
) -> None:
    result = CliRunner().invoke(command, ["echo", str(study.root), *arguments])
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not study.jobs_dir.exists()


def test_a_misspelt_input_in_json_is_refused_with_the_right_names() -> None:
    with pytest.raises(InputError, match=r"spaceing: 'echo' has no such input; its inputs are layer, spacing"):
        ECHO.parse({"count": 1, "spaceing": 3})


def test_a_job_leaves_a_record(study: Study) -> None:
    execute(ECHO, study, ECHO.parse({"count": 3}))
    (job,) = study.jobs_dir.iterdir()
    assert json.loads((job / "inputs.json").read_text())["count"] == 3
    assert json.loads((job / "outputs.json").read_text())["seen"]["count"] == 3
    status = _status(study)
    assert (status["status"], status["progress"], status["processID"]) == ("successful", 100, "echo")
    events = [json.loads(line)["status"] for line in (job / "events.jsonl").read_text().splitlines()]
    assert (events[0], events[-1]) == ("accepted", "successful")


def test_a_cancelled_job_is_dismissed_and_frees_the_study(study: Study) -> None:
    with pytest.raises(Cancelled):
        execute(ECHO, study, ECHO.parse({"count": 3}), is_cancelled=lambda: True)
    assert _status(study)["status"] == "dismissed"
    with study.lock("next"):
        pass


def test_a_job_that_was_killed_is_closed_by_the_next_one(study: Study) -> None:
    killed = JobRecord(study.jobs_dir, "echo", {})
    killed.start()
    owner = json.loads((killed.folder / "owner.json").read_text())
    owner["process"]["started"] = "an earlier boot+1"
    (killed.folder / "owner.json").write_text(json.dumps(owner))
    execute(ECHO, study, ECHO.parse({"count": 1}))
    status = json.loads((killed.folder / "status.json").read_text())
    assert status["status"] == "failed"
    assert "run it again to continue" in status["message"]


def test_an_unexpected_error_is_one_sentence_and_the_log_has_the_rest(study: Study) -> None:
    with pytest.raises(
        StreetSenseError, match=r"unexpected error \(ValueError: unlucky\); the details are in"
    ) as caught:
        execute(ECHO, study, ECHO.parse({"count": 13}))
    assert caught.value.exit_code == 1
    (job,) = study.jobs_dir.iterdir()
    assert "Traceback" in (job / "log.txt").read_text()
    assert _status(study)["status"] == "failed"


def test_a_full_disk_is_said_as_such(study: Study) -> None:
    with pytest.raises(InputError, match="disk is full; free some space"):
        execute(ECHO, study, ECHO.parse({"count": 14}))
    assert _status(study)["status"] == "failed"


def test_the_ogc_description_names_every_input_and_stands_alone() -> None:
    description = process_description(ECHO)
    assert list(description["inputs"]) == ["study", *Inputs.model_fields]
    assert description["inputs"]["count"]["minOccurs"] == 1
    assert description["inputs"]["spacing"]["minOccurs"] == 0
    assert description["inputs"]["spacing"]["metadata"][0]["value"] == "m"
    assert (
        description["inputs"]["spacing"]["schema"] | {"minimum": 0, "exclusiveMinimum": True}
        == (description["inputs"]["spacing"]["schema"])
    )
    assert description["inputs"]["layer"]["schema"] == {"format": "path", "type": "string", "nullable": True}
    assert description["inputs"]["season"]["schema"]["enum"] == ["summer", "winter"]
    assert "$ref" not in json.dumps(description)
    assert {"id", "version", "jobControlOptions"} <= set(description)


def _words(schema: object) -> set[str]:
    """Return every keyword of a JSON schema."""
    if isinstance(schema, list):
        return set().union(*map(_words, schema))
    if not isinstance(schema, dict):
        return set()
    inner = schema.get("properties", {})
    return {
        *schema,
        *_words([value for key, value in schema.items() if key != "properties"]),
        *_words([*inner.values()]),
    }


def roles(verb: str, name: str, side: str = "inputs") -> list[tuple[str, str | None]]:
    entries = process_description(find_process(verb))[side][name].get("metadata", [])
    return [(entry["role"], entry.get("value")) for entry in entries]


def test_forms_are_told_which_field_an_input_needs() -> None:
    assert roles("fit", "labels") == [("file", "table")]
    assert roles("fit", "target") == [("field", "labels")]
    assert roles("fit", "units") == [("file", "vector"), ("prefix", "h3:"), ("prefix", "square:")]
    assert roles("fetch", "photos") == [("file", "folder")]
    assert roles("import-encoder", "weights") == [("file", "weights")]
    assert roles("embed", "encoder") == [("name", "encoder")]
    assert roles("predict", "predictor") == [("name", "predictor")]
    assert roles("embed", "batch_size") == [("advanced", None)]
    assert ("word", "osm") in roles("sample", "roads")


def test_forms_are_told_which_outputs_are_layers() -> None:
    assert roles("predict", "layer", "outputs") == [("file", "vector")]
    assert roles("predict", "surface", "outputs") == [("file", "raster")]


def test_columns_are_those_of_inputs_that_are_files() -> None:
    for process in load_processes().values():
        inputs = process_description(process)["inputs"]
        for name, entry in inputs.items():
            for mark in entry.get("metadata", []):
                if mark["role"] == "field":
                    others = inputs[mark["value"]]["metadata"]
                    assert any(other["role"] == "file" for other in others), f"{process.id}: {name}"


def test_what_a_process_cannot_do_without_is_never_out_of_sight() -> None:
    for process in load_processes().values():
        for name, entry in process_description(process)["inputs"].items():
            hidden = any(mark["role"] == "advanced" for mark in entry.get("metadata", []))
            assert not (hidden and entry["minOccurs"]), f"{process.id}: {name}"


def test_schemas_of_all_processes_use_only_the_words_of_ogcs_schema_yaml() -> None:
    words = """
        title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems
        uniqueItems maxProperties minProperties required enum type not allOf oneOf anyOf items properties
        additionalProperties description format default nullable readOnly writeOnly example deprecated
        contentMediaType contentEncoding contentSchema
    """
    allowed = set(words.split())
    for process in load_processes().values():
        description = process_description(process)
        for field in (*description["inputs"].values(), *description["outputs"].values()):
            assert _words(field["schema"]) <= allowed, field
            assert '"null"' not in json.dumps(field["schema"])


def test_installed_processes_are_found_in_the_order_of_a_studys_life() -> None:
    verbs = list(load_processes())
    assert verbs[:6] == ["sample", "fetch", "import-encoder", "pair", "pretrain", "embed"]
    assert find_process("fit").id == "fit"
    with pytest.raises(InputError, match="there is no 'sing'; the processes are sample, fetch"):
        find_process("sing")


def test_every_input_of_every_process_is_described() -> None:
    for process in load_processes().values():
        for name, field in process.inputs.model_fields.items():
            assert field.description, f"{process.id}: {name} has no description"
        for name, field in process.outputs.model_fields.items():
            assert field.description, f"{process.id}: {name} has no description"
