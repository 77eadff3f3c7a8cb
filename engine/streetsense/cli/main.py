"""The top of the command line: studies, processes, and the commands that are made from them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streetsense import __version__
from streetsense.cli.console import one_sentence, out
from streetsense.cli.demo import run_demo
from streetsense.cli.encoders import encoders_app
from streetsense.cli.place import Here, choose, place
from streetsense.cli.providers import providers_command
from streetsense.cli.serve import serve_command
from streetsense.cli.verbs import JsonOption, StudyArgument, add_verb, run_from_file
from streetsense.errors import InputError
from streetsense.processes import load_processes

if TYPE_CHECKING:
    from streetsense.study.summary import StudySummary

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
    with one_sentence():
        _inform(place().create(study, area, name), as_json)


@app.command("info")
def inspect_study(study: StudyArgument, as_json: JsonOption = False) -> None:
    """Say what is in a study."""
    with one_sentence():
        _inform(place().summarise(study), as_json)


@app.command("processes")
def list_processes(as_json: JsonOption = False) -> None:
    """List the processes, or print their OGC descriptions (--json)."""
    with one_sentence():
        processes = place().processes()
    if as_json:
        sys.stdout.write(json.dumps({"processes": processes, "links": []}, indent=2) + "\n")
        return
    for process in processes:
        out.print(f"{process['id']:<10} {process['title']}", markup=False)


@app.callback(invoke_without_command=True)
def _begin(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
    remote: Annotated[
        str | None,
        typer.Option(
            help="run the command on the StreetSense server at this address; the last part of STUDY names the study "
            "there, and results come to STUDY",
            metavar="URL",
        ),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="file with the server's token; STREETSENSE_TOKEN otherwise")
    ] = None,
) -> None:
    if version:
        out.print(f"streetsense {__version__}")
        raise typer.Exit
    with one_sentence():
        if remote is None and token_file is not None:
            raise InputError("token-file: it belongs to a server; give its address with --remote as well.")
        if remote is not None and context.invoked_subcommand in _ONLY_HERE:
            raise InputError(f"remote: '{context.invoked_subcommand}' runs here only; leave --remote out.")
    choose(Here())
    # A command's help needs no server.
    if remote is not None and not {"--help"}.intersection(sys.argv):
        from streetsense.cli.remote import connect

        with one_sentence():
            choose(connect(remote, token_file))


#: Commands that make no sense on another host.
_ONLY_HERE = frozenset({"serve", "demo"})

app.command("run")(run_from_file)
app.command("providers")(providers_command)
app.command("demo")(run_demo)
app.command("serve")(serve_command)
app.add_typer(encoders_app, name="encoders")


def _inform(summary: StudySummary, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(summary.model_dump_json(indent=2) + "\n")
    else:
        out.print(summary.as_text(), markup=False)
