"""The description of the whole interface at ``/api``: OpenAPI 3.0, made from the routes."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from streetsense.server.problems import RESPONSES, ProblemDocument

#: The media type that the standard gives for the description.
OPENAPI_TYPE = "application/vnd.oai.openapi+json;version=3.0"

_VERSION = "3.0.3"
_ABOUT = (
    "From street photographs to maps of urban indicators. The processes, jobs and results are those of OGC API - "
    "Processes, Part 1: Core; studies, photos and files are beside it. Every request carries the header "
    "'Authorization: Bearer TOKEN'. Errors are problem documents (RFC 7807)."
)
_TAGS = [
    {"name": "server", "description": "What the server is and can do."},
    {"name": "processes", "description": "What can be run."},
    {"name": "jobs", "description": "What was run, runs, or waits."},
    {"name": "studies", "description": "The studies, and their files."},
]
#: Words of JSON Schema that OpenAPI 3.0 does not have and that only narrow what is said elsewhere.
_UNKNOWN = ("$schema", "contentMediaType", "contentEncoding", "propertyNames", "itemSchema")


def describe(app: FastAPI) -> None:
    """Serve the description of ``app`` at ``/api``. It is made at the first request and kept."""

    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    def api() -> JSONResponse:
        """Return this document."""
        return JSONResponse(made(), media_type=OPENAPI_TYPE)

    app.openapi = made  # type: ignore[method-assign]
    app.add_api_route(
        "/api",
        api,
        operation_id="getApi",
        summary="Describe the interface",
        tags=["server"],
        response_class=JSONResponse,
        response_model=None,
        responses=RESPONSES
        | {200: {"description": "An OpenAPI 3.0 document.", "content": {OPENAPI_TYPE: {"schema": {"type": "object"}}}}},
    )


def _document(app: FastAPI) -> dict[str, Any]:
    document: dict[str, Any] = as_openapi_3_0(
        get_openapi(title=app.title, version=app.version, description=_ABOUT, tags=_TAGS, routes=app.routes)
    )
    document["openapi"] = _VERSION
    document["info"]["license"] = {"name": "GPL-2.0-or-later"}
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    schemas = components.setdefault("schemas", {})
    schemas["ProblemDocument"] = as_openapi_3_0(ProblemDocument.model_json_schema())
    # Values that cannot be used are answered with 400 and a problem document, not with the framework's own.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            _correct_responses(operation)
        if "head" in path:
            path["head"] = _without_bodies(path["head"])
        elif "get" in path:
            path["head"] = _without_bodies(path["get"]) | {"operationId": f"{path['get']['operationId']}Head"}
    return document


def _correct_responses(operation: dict[str, Any]) -> None:
    """Take out what the framework adds but the server does not answer."""
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    # The framework adds JSON to every answer that has a media type of its own.
    content = responses.get("200", {}).get("content", {})
    if len(content) > 1 and content.get("application/json") == {"schema": {}}:
        del content["application/json"]


def _without_bodies(operation: dict[str, Any]) -> dict[str, Any]:
    """Return the description of an operation whose answers have headers alone."""
    responses = {
        status: {key: value for key, value in response.items() if key != "content"}
        for status, response in operation["responses"].items()
    }
    return {**operation, "responses": responses}


def as_openapi_3_0(value: Any, in_names: bool = False) -> Any:  # noqa: ANN401 - JSON
    """Write JSON Schema 2020 inside a document as OpenAPI 3.0 has it.

    There null is no type but ``nullable``, exclusive bounds are flags, constants are enumerations of one, a schema has
    one example, and nothing stands beside a reference.

    Parameters
    ----------
    value : JSON
        A document, or a part of one.
    in_names : bool
        Whether the keys of ``value`` are names that somebody gave (of properties, paths, …) and no keywords.
    """
    if isinstance(value, list):
        return [as_openapi_3_0(item) for item in value]
    if not isinstance(value, dict):
        return value
    written = {
        key: item
        if key in ("example", "default", "enum") and not in_names
        # Examples of media types and parameters stay as they are; those of schemas are dealt with below.
        else as_openapi_3_0(item, in_names=key in ("properties", "paths", "schemas") and not in_names)
        for key, item in value.items()
    }
    return written if in_names else _schema(written)


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("contentMediaType") == "application/octet-stream":
        schema["format"] = "binary"
    for word in _UNKNOWN:
        schema.pop(word, None)
    arms = schema.get("anyOf")
    if isinstance(arms, list) and {"type": "null"} in arms:
        others = [arm for arm in arms if arm != {"type": "null"}]
        rest = {key: item for key, item in schema.items() if key != "anyOf"}
        if len(others) > 1:
            schema = {"anyOf": others, **rest}
        elif "$ref" in others[0]:
            schema = {"allOf": others, **rest}
        else:
            schema = {**others[0], **rest}
        schema["nullable"] = True
    for bound, flag in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(schema.get(flag), int | float) and not isinstance(schema[flag], bool):
            schema |= {bound: schema[flag], flag: True}
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if isinstance(schema.get("examples"), list):
        examples = schema.pop("examples")
        schema.setdefault("example", examples[0])
    if isinstance(schema.get("prefixItems"), list):
        arms = schema.pop("prefixItems")
        schema["items"] = arms[0] if all(arm == arms[0] for arm in arms) else {"anyOf": arms}
    if "$ref" in schema and len(schema) > 1:
        schema = {"allOf": [{"$ref": schema.pop("$ref")}], **schema}
    return schema
