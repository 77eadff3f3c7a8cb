"""``streetsense serve``: its options are the fields of the server's settings."""

from __future__ import annotations

import inspect
import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ByteSize, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from streetsense.cli.console import err, one_sentence
from streetsense.errors import InputError
from streetsense.server.settings import ServerSettings

if TYPE_CHECKING:
    from streetsense.server.token import Token

#: Settings that are given as 500MB or 8GiB.
_SIZES = ("max_body", "max_file", "quota", "keep_free")

#: Options that are no settings, with their types and defaults.
_OTHERS: dict[str, tuple[Any, Any]] = {
    "token_file": (
        Annotated[
            Path | None,
            typer.Option(
                help="file that holds the token, open to its owner only; STREETSENSE_TOKEN otherwise, or one is made",
                show_default=False,
            ),
        ],
        None,
    ),
    "behind_proxy": (
        Annotated[
            bool,
            typer.Option("--behind-proxy", help="believe a proxy on this computer whom it asks for (X-Forwarded-…)"),
        ],
        False,
    ),
    "access_log": (
        Annotated[bool, typer.Option("--access-log", help="print a line for every request on standard error")],
        False,
    ),
    "stop_with_parent": (
        Annotated[
            bool,
            typer.Option(
                "--stop-with-parent",
                help="when the process that started this one has ended, stop as soon as no job runs or waits",
            ),
        ],
        False,
    ),
    "as_json": (
        Annotated[bool, typer.Option("--json", help="print address, process and token's file as one line of JSON")],
        False,
    ),
}


def serve_command(
    *,
    token_file: Path | None,
    behind_proxy: bool,
    access_log: bool,
    stop_with_parent: bool,
    as_json: bool,
    **given: Any,  # noqa: ANN401 - one a setting
) -> None:
    """Serve studies over HTTP: OGC API - Processes, for QGIS, browsers and programs."""
    from streetsense.alive import ProcessIdentity
    from streetsense.server.serve import check, serve
    from streetsense.server.token import obtain_token

    parent = ProcessIdentity.of(os.getppid()) if stop_with_parent else None
    with one_sentence():
        settings = _settings({**given, "token": SecretStr("")})
        _check_names(settings)
        check(settings)  # before anything is made in the folder
        token = obtain_token(settings.state_dir, token_file, os.environ)
        settings = settings.model_copy(update={"token": token.value})
        _log_to_stderr(access_log, token)
        left = serve(
            settings,
            announce=lambda url: _announce(url, token, as_json=as_json),
            behind_proxy=behind_proxy,
            parent=parent,
        )
        if left:
            what = "1 job goes on or waits, the next start finds it" if left == 1 else None
            what = what or f"{left} jobs go on or wait, the next start finds them"
            err.print(f"streetsense: stopped; {what} again.", markup=False)


def _settings(given: dict[str, Any]) -> ServerSettings:
    """Return the settings that the options mean; those that were not given keep their defaults."""
    values = {name: value for name, value in given.items() if value is not None}
    for name in set(values) & set(_SIZES):
        try:
            values[name] = int(TypeAdapter(ByteSize).validate_python(values[name]))
        except ValidationError:
            raise InputError(f"{_flag(name)}: '{values[name]}' is no size; write it as 500MB or 8GiB.") from None
    values["studies"] = Path(values["studies"]).resolve()
    try:
        return ServerSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        should = first["msg"].removeprefix("Input ").partition(", unable")[0]
        raise InputError(f"{_flag(str(first['loc'][0]))}: it {should}; see 'streetsense serve --help'.") from None


def _check_names(settings: ServerSettings) -> None:
    """Refuse further names of the host that no request could ever carry."""
    from streetsense.server.hosts import AllowedHosts
    from streetsense.server.problems import Problem

    hosts = AllowedHosts(settings)
    for name in settings.allowed_hosts:
        try:
            hosts.check([f"[{name}]" if ":" in name and not name.startswith("[") else name])
        except Problem:
            raise InputError(
                f"--allowed-host: '{name[:200]}' is no name of a host; write it as gpu.example.org."
            ) from None


def _announce(url: str, token: Token, *, as_json: bool) -> None:
    err.print(f"streetsense: serving at {url}, the token is in {token.place}.", markup=False)
    if as_json:
        about = {
            "url": url,
            "pid": os.getpid(),
            "token_file": None if token.file is None else str(token.file.resolve()),
        }
        sys.stdout.write(json.dumps(about) + "\n")
        sys.stdout.flush()


def _log_to_stderr(access_log: bool, token: Token) -> None:
    """Send the log to standard error, without the token."""
    from streetsense.jobs.redaction import Redactor

    redact = Redactor([token.value.get_secret_value()])

    class _Redacting(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return redact(super().format(record))

    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("streetsense.access").setLevel(logging.INFO if access_log else logging.WARNING)


def _signature() -> inspect.Signature:
    """Return the options for typer to read: one a setting (None stands for "not given"), then the others."""
    parameters = [_setting(name, field) for name, field in ServerSettings.model_fields.items() if name != "token"]
    parameters += [_parameter(name, kind, default) for name, (kind, default) in _OTHERS.items()]
    return inspect.Signature(parameters)


def _setting(name: str, field: FieldInfo) -> inspect.Parameter:
    kind: Any = field.annotation
    text, metavar = field.description or "", None
    if name in _SIZES:
        kind, metavar = str, "SIZE"
        text += f" [default: {ByteSize(field.default).human_readable()}]"
    elif field.default not in (None, (), False, PydanticUndefined):
        text += f" [default: {field.default:g}]" if isinstance(field.default, float) else f" [default: {field.default}]"
    # Numbers stay text for the model, which refuses them in the same words as a number that is out of bounds.
    if kind in (int, float):
        kind, metavar = str, {int: "INTEGER", float: "NUMBER"}[kind]
    if name == "allowed_hosts":
        kind, metavar = list[str], "NAME"
    option = typer.Option(_flag(name), help=text, metavar=metavar, show_default=False)
    if field.is_required():
        return _parameter(name, Annotated[kind, option], inspect.Parameter.empty)
    return _parameter(name, Annotated[kind | None, option], None)


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:  # noqa: ANN401 - a type expression
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _flag(name: str) -> str:
    return "--allowed-host" if name == "allowed_hosts" else f"--{name.replace('_', '-')}"


serve_command.__signature__ = _signature()  # type: ignore[attr-defined]
