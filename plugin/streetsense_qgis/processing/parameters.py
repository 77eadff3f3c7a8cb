"""From the inputs of a process to the parameters of its form."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterAuthConfig,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterDistance,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsUnitTypes,
)

from ..i18n import tr
from .description import Description, Field
from .texts import shown_list, shown_mapping

#: Processing's whole numbers have 32 bits.
_INTEGERS = 2**31 - 1
_UNITS = {"m": "metres", "km": "kilometres", "deg": "degrees", "px": "pixels", "month": "months"}
#: Short forms that a title made from a name has.
_WORDS = {"Fov": "field of view", "Url": "address", "Id": "ID", "Api": "API"}
#: How a choice is shown that can also be left to the engine.
YES, NO = "yes", "no"


def parameters_of(description: Description) -> list[QgsProcessingParameterDefinition]:
    """Return the parameters that ask for the inputs of a process, in its order.

    An input that may be a layer is asked for twice: ``UNITS_LAYER`` is a layer of the project, ``UNITS`` a text such
    as ``h3:9`` or the path of a file.
    """
    by_name = {field.name: field for field in description.inputs}
    made: list[QgsProcessingParameterDefinition] = []
    for field in description.inputs:
        own = [_layer(field), _words_or_file(field)] if field.takes_layer else [_parameter(field, by_name)]
        own[0].setHelp(_help(field))
        for parameter in own:
            if "advanced" in field.roles:
                parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
        made += own
    return made


def label(field: Field) -> str:
    """Return what people call an input, with its unit."""
    text = tr("Processes", field.title)
    if text == field.title:  # English words are written small, as QGIS has them; others keep theirs
        text = " ".join(_WORDS.get(word, word.lower()) for word in text.split(" "))
    text = text[:1].upper() + text[1:]
    unit = None if is_distance(field) else field.role("unit")
    return f"{text} ({tr('Processes', _UNITS.get(unit, unit))})" if unit else text


def _help(field: Field) -> str:
    """Return what an input is for, and how a secret is given."""
    text = _sentence(tr("Processes", field.help))
    if "secret" not in field.roles:
        return text
    # Typed into a form or a command line it would be in QGIS' history, in models and in the list of processes.
    how = tr(
        "Processing",
        "Not the secret itself but the authentication configuration (Basic) whose password it is: QGIS keeps it "
        "encrypted. The panel StreetSense makes one when a key is stored there.",
    )
    return f"{text}. {how}"


def _sentence(text: str) -> str:
    """Begin a description with a capital letter, as one that stands alone."""
    return text[:1].upper() + text[1:]


def _is_optional(field: Field) -> bool:
    """Tell whether a form may leave an input empty; one with a default it shows instead."""
    return not field.is_required and field.default is None


def is_distance(field: Field) -> bool:
    """Tell whether an input is a length that people can give in a unit of their choice; the field shows the unit."""
    return field.role("unit") == "m" and field.kind == "number" and field.role("file") is None


def _parameter(field: Field, by_name: dict[str, Field]) -> QgsProcessingParameterDefinition:
    if "secret" in field.roles:
        return QgsProcessingParameterAuthConfig(field.key, label(field), None, not field.is_required)
    if "file" in field.roles:
        return _file(field)
    parent = by_name.get(field.role("field") or "")
    if parent is not None:
        return _column(field, parent)
    if field.kind == "boolean" and field.schema.get("nullable"):
        return _enum(field, [YES, NO], None)
    if field.kind == "boolean":
        return QgsProcessingParameterBoolean(field.key, label(field), bool(field.default), False)
    if field.kind == "enum":
        return _enum(field, [str(value) for value in field.schema["enum"]], field.default)
    if field.kind in ("integer", "number"):
        return _number(field)
    return _text(field)


def _number(field: Field) -> QgsProcessingParameterNumber:
    is_whole = field.kind == "integer"
    limit = _INTEGERS if is_whole else 1.7976931348623157e308
    least = max(-limit, field.schema.get("minimum", -limit))
    most = min(limit, field.schema.get("maximum", limit))
    optional = _is_optional(field)
    if is_distance(field):
        # Without a layer that it belongs to it says its own unit, and people can choose another one.
        distance = QgsProcessingParameterDistance(field.key, label(field), field.default, "", optional, least, most)
        distance.setDefaultUnit(QgsUnitTypes.DistanceUnit.DistanceMeters)
        return distance
    number = QgsProcessingParameterNumber.Type.Integer if is_whole else QgsProcessingParameterNumber.Type.Double
    return QgsProcessingParameterNumber(field.key, label(field), number, field.default, optional, least, most)


def _enum(field: Field, values: list[str], default: Any) -> QgsProcessingParameterEnum:  # noqa: ANN401 - JSON
    return QgsProcessingParameterEnum(field.key, label(field), values, False, default, _is_optional(field), True)


def _text(field: Field) -> QgsProcessingParameterString:
    shown: Any = field.default
    name = label(field)
    if field.kind == "array":
        name, shown = tr("Processing", "{title}, separated by commas").format(title=name), shown_list(field.default)
    elif field.kind == "object":
        name, shown = tr("Processing", "{title}, as NAME=VALUE,…").format(title=name), shown_mapping(field.default)
    return QgsProcessingParameterString(field.key, name, shown, False, _is_optional(field))


def _file(field: Field) -> QgsProcessingParameterFile:
    kinds = QgsProcessingParameterFile.Behavior
    kind = kinds.Folder if field.role("file") == "folder" else kinds.File
    name = label(field)
    if words := field.roles.get("word"):
        name = tr("Processing", "{title}: {words}, or a file").format(title=name, words=", ".join(words))
    # With a filter that names suffixes, words and encoders' names would be refused.
    return QgsProcessingParameterFile(
        field.key, name, kind, "", field.default, not field.is_required, tr("Processing", "All files") + " (*)"
    )


def _layer(field: Field) -> QgsProcessingParameterFeatureSource:
    types = QgsProcessing.SourceType
    kind = types.TypeVectorAnyGeometry if field.role("file") == "vector" else types.TypeVector
    name = tr("Processing", "{title}: a layer").format(title=label(field))
    return QgsProcessingParameterFeatureSource(field.key + "_LAYER", name, [kind], None, True)


def _words_or_file(field: Field) -> QgsProcessingParameterString:
    """Ask for what else than a layer an input can be; of the two one is enough, so that both are optional."""
    words = [*field.roles.get("word", ()), *(f"{prefix}…" for prefix in field.roles.get("prefix", ()))]
    text = tr("Processing", "{title}: a file instead of a layer")
    if words:
        text = tr("Processing", "{title}: {words}, or a file instead of a layer")
    shown = text.format(title=label(field), words=", ".join(words))
    parameter = QgsProcessingParameterString(field.key, shown, field.default, False, True)
    text = tr("Processing", "Path of a file on this computer, or of one in the study (uploads/… or results/…).")
    parameter.setHelp(text)
    return parameter


def _column(field: Field, parent: Field) -> QgsProcessingParameterField:
    # A column of a file that is no layer can only be written by hand, which a list of columns does not allow.
    return QgsProcessingParameterField(
        field.key, label(field), field.default, parent.layer_key if parent.takes_layer else parent.key,
        QgsProcessingParameterField.DataType.Any, False, not field.is_required,
    )  # fmt: skip
