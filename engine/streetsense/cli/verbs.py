"""Commands made from process descriptions: the inputs of a process are the options of its command.

Inputs that are secrets do not take their values there, where everybody on the computer can read them, but ``-``.
"""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from streetsense.cli.console import Interrupt, one_sentence, show
from streetsense.cli.place import place
from streetsense.cli.secrets import asked_for
from streetsense.errors import InputError
from streetsense.processes import Process, find_process

StudyArgument = Annotated[Path, typer.Argument(help="the study folder", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="print the outputs as JSON")]


def add_verb(app: typer.Typer, process: Process) -> None:
    """Add the command ``streetsense <verb> STUDY --<input> …`` for ``process`` to ``app``."""
    app.command(process.id, help=process.description, short_help=process.title)(_command(process))


def run_process(process: Process, study: Path, values: dict[str, Any], *, as_json: bool) -> None:
    """Run ``process`` from raw values, with a progress bar, and print its outputs."""
    with one_sentence(), Interrupt().listening() as interrupt:
        outputs = place().run(process, study, values, interrupt)
        if outputs is not None:
            show(outputs, as_json=as_json)


def run_from_file(
    verb: Annotated[str, typer.Argument(help="the process", show_default=False)],
    study: Annotated[
        Path | None, typer.Argument(help="the study folder; else the JSON names it ('study')", show_default=False)
    ] = None,
    *,
    inputs: Annotated[
        Path,
        typer.Option(
            help="JSON file with the inputs, secrets among them, as the server takes them", show_default=False
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Run a process with inputs from a JSON file."""
    with one_sentence():
        process = find_process(verb)
        try:
            values = json.loads(inputs.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"inputs: {inputs} cannot be read ({error.strerror}); check the path.") from error
        except ValueError as error:
            raise InputError(f"inputs: {inputs} is not JSON ({error}); correct it and try again.") from error
        values = values.get("inputs", values) if isinstance(values, dict) else values
        if not isinstance(values, dict):
            raise InputError(f"inputs: {inputs} must hold one JSON object of names and values.")
        named = values.pop("study", None)
        if study is None and not isinstance(named, str):
            raise InputError("study: this input is missing; name the folder here or in the JSON.")
    run_process(process, study or Path(str(named)), values, as_json=as_json)


def _command(process: Process) -> Callable[..., None]:
    """Return a function whose signature is the process's inputs, for typer to read."""

    def command(study: Path, as_json: bool, **given: Any) -> None:  # noqa: ANN401 - whatever the inputs are
        values = {name: value for name, value in given.items() if value is not None}
        with one_sentence():
            values = {
                name: asked_for(name, value) if name in process.secrets else _parsed(name, value, fields[name])
                for name, value in values.items()
            }
        run_process(process, study, values, as_json=as_json)

    fields = process.inputs.model_fields
    parameters = [inspect.Parameter("study", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=StudyArgument)]
    parameters += [_parameter(name, field, is_secret=name in process.secrets) for name, field in fields.items()]
    parameters.append(
        inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, annotation=JsonOption, default=False)
    )
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__name__ = process.id.replace("-", "_")
    return command


def _parameter(name: str, field: FieldInfo, *, is_secret: bool) -> inspect.Parameter:
    """Return the option of one input: None stands for "not given", so that defaults live in the model alone."""
    flag = f"--{name.replace('_', '-')}"
    kind, metavar = _option_type(field.annotation)
    text = field.description or ""
    if is_secret:
        metavar, text = "-", f"{text} (- reads it from standard input, or asks for it on a terminal)"
    if field.is_required():
        text = f"{text} [required]"
    elif (default := field.get_default(call_default_factory=False)) not in (None, PydanticUndefined):
        text = f"{text} [default: {_shown(default)}]"
    names = (flag, f"--no-{flag[2:]}") if kind is bool else (flag,)
    declaration = "/".join(names) if kind is bool else flag
    option = typer.Option(declaration, help=text, metavar=metavar, show_default=False)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind | None, option], default=None
    )


def _option_type(annotation: Any) -> tuple[type, str | None]:  # noqa: ANN401 - a type expression
    """Return what typer should parse an input as, and how the value is named in the help."""
    bare = _bare(annotation)
    origin = get_origin(bare)
    if origin in (list, tuple, set):
        return str, "A,B,…"
    if origin is dict:
        return str, "NAME=VALUE,…"
    if origin is Literal:
        return str, "|".join(map(str, get_args(bare)))
    if isinstance(bare, type) and issubclass(bare, Enum):
        return str, "|".join(str(item.value) for item in bare)
    for kind, metavar in ((bool, None), (int, "INTEGER"), (float, "NUMBER"), (Path, "FILE")):
        if bare is kind:
            return (str if kind is Path else kind), metavar
    return str, "TEXT"


def _bare(annotation: Any) -> Any:  # noqa: ANN401 - a type expression
    """Strip ``Annotated`` and ``| None`` from a type expression."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        others = [arm for arm in get_args(annotation) if arm is not type(None)]
        return _bare(others[0]) if len(others) == 1 else annotation
    return annotation


def _parsed(name: str, value: Any, field: FieldInfo) -> Any:  # noqa: ANN401 - raw values
    """Split the text of list and mapping options."""
    origin = get_origin(_bare(field.annotation))
    if origin in (list, tuple, set):
        return [item.strip() for item in str(value).split(",") if item.strip()]
    if origin is dict:
        pairs = [item.partition("=") for item in str(value).split(",") if item.strip()]
        if any(not sign for _, sign, _ in pairs):
            raise InputError(f"{name}: '{value}' must be written NAME=VALUE,NAME=VALUE.")
        return {key.strip(): item.strip() for key, _, item in pairs}
    return value


def _shown(default: Any) -> str:  # noqa: ANN401 - any default
    if isinstance(default, list | tuple):
        return ",".join(map(str, default))
    if isinstance(default, Enum):
        return str(default.value)
    return {True: "yes", False: "no"}.get(default, str(default)) if isinstance(default, bool) else str(default)
