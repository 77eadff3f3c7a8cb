"""The top of the command line: studies, processes, and the commands that are made from them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from streetsense import __version__
from streetsense.cli.console import one_sentence, out
from streetsense.cli.demo import run_demo
from streetsense.cli.encoders import encoders_app
from streetsense.cli.verbs import JsonOption, StudyArgument, add_verb, run_from_file
from streetsense.errors import InputError
from streetsense.processes import load_processes
from streetsense.processes.ogc import process_list
from streetsense.study import Study

app = typer.Typer(
    name="streetsense",
    help="From street photographs to maps of urban indicators.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command line (the console script ``streetsense``)."""
    # Threads of torch and BLAS that spin while idle slow everything down on a small machine.
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    with one_sentence():
        for process in load_processes().values():
            add_verb(app, process)
    with one_sentence():
        raise SystemExit(_run(app))


def _run(commands: typer.Typer) -> int:
    """Run the command line; a wrong option or a missing argument is one sentence too."""
    # Typer shows usage errors in four lines. It brings its own copy of click, so the class is taken from its family.
    usage_error: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
    try:
        return int(commands(standalone_mode=False) or 0)
    except usage_error as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            sys.stdout.write(f"{error}\n")
            return 0
        raise InputError(_usage_sentence(error)) from None
    except typer.Abort:
        return 130


def _usage_sentence(error: Any) -> str:  # noqa: ANN401 - a class of typer's own copy of click
    """Say what is wrong with the command line and where its help is."""
    where = "streetsense" if error.ctx is None else error.ctx.command_path
    return f"{error.format_message().rstrip('.')}; see '{where} --help'."


@app.command("new")
def new_study(
    study: StudyArgument,
    area: Annotated[Path, typer.Option(help="polygon layer of the area (any format and CRS)", show_default=False)],
    name: Annotated[str | None, typer.Option(help="what to call the study", show_default="the folder's name")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a new study from an area."""
    from streetsense.vectors import read_vector

    with one_sentence():
        _inform(Study.create(study, read_vector(area, "area"), name), as_json)


@app.command("info")
def inspect_study(study: StudyArgument, as_json: JsonOption = False) -> None:
    """Say what is in a study."""
    with one_sentence():
        _inform(Study.open(study), as_json)


@app.command("processes")
def list_processes(as_json: JsonOption = False) -> None:
    """List the processes, or print their OGC descriptions (--json)."""
    with one_sentence():
        processes = load_processes()
    if as_json:
        sys.stdout.write(json.dumps(process_list(processes.values()), indent=2) + "\n")
        return
    for process in processes.values():
        out.print(f"{process.id:<10} {process.title}", markup=False)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="print the version")] = False) -> None:
    if version:
        out.print(f"streetsense {__version__}")
        raise typer.Exit


app.command("run")(run_from_file)
app.command("demo")(run_demo)
app.add_typer(encoders_app, name="encoders")


def _inform(study: Study, as_json: bool) -> None:
    from streetsense.study.summary import summarise

    summary = summarise(study)
    if as_json:
        sys.stdout.write(summary.model_dump_json(indent=2) + "\n")
    else:
        out.print(summary.as_text(), markup=False)
