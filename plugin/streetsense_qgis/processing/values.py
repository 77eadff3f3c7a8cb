"""From the parameters of an algorithm to the inputs of a process, all but files and secrets."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingAlgorithm, QgsProcessingContext

from .description import Description, Field
from .parameters import YES
from .texts import read_list, read_mapping


def plain_values(
    description: Description,
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
) -> dict[str, Any]:
    """Return the values that differ from what the engine takes anyway.

    A form gives every value, the engine needs to know which ones a person chose: those go before a recipe.

    Raises
    ------
    Unreadable
        When a text cannot be read as the list or mapping that it should be.
    """
    values = {}
    for field in description.inputs:
        if field.role("file") is not None or field.role("secret") is not None or parameters.get(field.key) is None:
            continue
        value = _value(field, algorithm, parameters, context)
        if value is not None and value != field.default:
            values[field.name] = value
    return values


def _value(
    field: Field, algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> Any:  # noqa: ANN401 - JSON
    given = parameters[field.key]
    if field.kind == "boolean" and field.schema.get("nullable"):
        if isinstance(given, bool):
            return given
        chosen = algorithm.parameterAsEnumString(parameters, field.key, context)
        return chosen == YES if chosen else None
    if field.kind == "boolean":
        return algorithm.parameterAsBoolean(parameters, field.key, context)
    if field.kind == "enum":
        return algorithm.parameterAsEnumString(parameters, field.key, context) or None
    if field.kind == "integer":
        return algorithm.parameterAsInt(parameters, field.key, context)
    if field.kind == "number":
        return algorithm.parameterAsDouble(parameters, field.key, context)
    if (field.kind == "array" and isinstance(given, list)) or (field.kind == "object" and isinstance(given, dict)):
        return given  # of a script, or of JSON
    text = algorithm.parameterAsString(parameters, field.key, context).strip()
    if not text:
        return None
    if field.kind == "array":
        return read_list(field, text)
    return read_mapping(field, text) if field.kind == "object" else text
