"""Process descriptions as OGC API - Processes, Part 1: Core (18-062r2) defines them, made from the pydantic models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from streetsense import __version__
from streetsense.processes.forms import form_roles
from streetsense.processes.process import Process
from streetsense.processes.reads import Reads, file_inputs


def process_summary(process: Process) -> dict[str, Any]:
    """Return the OGC process summary (schema ``processSummary.yaml``)."""
    return {
        "id": process.id,
        "title": process.title,
        "description": process.description,
        "version": __version__,
        "jobControlOptions": [*(["sync-execute"] if process.short else []), "async-execute", "dismiss"],
        "outputTransmission": ["value"],
    }


def process_description(process: Process) -> dict[str, Any]:
    """Return the OGC process description (schema ``process.yaml``): the summary, the inputs and the outputs."""
    return {
        **process_summary(process),
        "inputs": {"study": _STUDY, **_inputs(process)},
        "outputs": _fields(process.outputs, mode="serialization"),
    }


def process_list(processes: Iterable[Process]) -> dict[str, Any]:
    """Return the full descriptions of processes as an OGC process list (schema ``processList.yaml``)."""
    return {"processes": [process_description(process) for process in processes], "links": []}


#: The input that every process has.
_STUDY = {
    "title": "Study",
    "description": "name of the study",
    "schema": {"type": "string"},
    "minOccurs": 1,
    "maxOccurs": 1,
}


def _inputs(process: Process) -> dict[str, Any]:
    """Describe the inputs; files, secrets, names and columns are marked, so that a form can offer the right field."""
    described = _fields(process.inputs, mode="validation")
    for name, reads in file_inputs(process).items():
        _add_metadata(described[name], _file_roles(reads))
    for name in process.secrets:
        _add_metadata(described[name], [{"role": "secret", "title": "a secret"}])
    return described


def _file_roles(reads: Reads) -> list[dict[str, str]]:
    """Say what kind of file an input takes, and which values are none: whole words, or their beginnings."""
    return [
        {"role": "file", "title": "a file or folder", "value": reads.kind},
        *({"role": "word", "title": "a value that is no file", "value": word} for word in reads.words),
        *({"role": "prefix", "title": "how a value begins that is no file", "value": text} for text in reads.prefixes),
    ]


def _add_metadata(described: dict[str, Any], entries: list[dict[str, str]]) -> None:
    if entries:
        described.setdefault("metadata", []).extend(entries)


def _fields(model: type[BaseModel], *, mode: str) -> dict[str, Any]:
    """Describe each field of a model; references into ``$defs`` are put in place, so that every schema stands alone."""
    schema = model.model_json_schema(mode="validation" if mode == "validation" else "serialization")
    definitions, required = schema.get("$defs", {}), set(schema.get("required", []))
    described: dict[str, Any] = {}
    roles = form_roles(model)
    for name, field in schema.get("properties", {}).items():
        resolved = _resolve(field, definitions)
        title, description = resolved.pop("title", name), resolved.pop("description", "")
        unit = resolved.pop("unit", None)
        described[name] = {"title": title, "description": description, "schema": resolved}
        if unit is not None:
            described[name]["metadata"] = [{"role": "unit", "title": "unit of measurement", "value": unit}]
        _add_metadata(described[name], roles.get(name, []))
        if mode == "validation":
            described[name] |= {"minOccurs": int(name in required), "maxOccurs": 1}
    return described


def _resolve(schema: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(schema, list):
        return [_resolve(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        return _resolve({**target, **{k: v for k, v in schema.items() if k != "$ref"}}, definitions)
    return _as_openapi_3_0({key: _resolve(value, definitions) for key, value in schema.items()})


def _as_openapi_3_0(schema: dict[str, Any]) -> dict[str, Any]:
    """Write JSON Schema 2020 as OGC's ``schema.yaml`` (OpenAPI 3.0) has it.

    There null is no type but ``nullable``, exclusive bounds are flags, and constants are enumerations of one.
    """
    arms = schema.get("anyOf")
    if isinstance(arms, list) and {"type": "null"} in arms:
        others = [arm for arm in arms if arm != {"type": "null"}]
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        schema = {**(others[0] if len(others) == 1 else {"anyOf": others}), **rest, "nullable": True}
        if schema.get("default", ...) is None:
            del schema["default"]
    for bound, flag in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(schema.get(flag), int | float) and not isinstance(schema[flag], bool):
            schema = {**schema, bound: schema[flag], flag: True}
    if "const" in schema:
        schema = {"enum": [schema["const"]], **{key: value for key, value in schema.items() if key != "const"}}
    return schema
