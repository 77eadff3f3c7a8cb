"""From a process description to the parameters of a form."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("qgis.core")

from qgis.core import (
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsUnitTypes,
)
from streetsense_qgis.processing.description import Description, snapshot
from streetsense_qgis.processing.parameters import parameters_of
from streetsense_qgis.processing.texts import Unreadable, read_list, read_mapping

pytestmark = pytest.mark.usefixtures("qgis_app")


def description(**inputs: dict[str, Any]) -> Description:
    return Description.from_json(
        {"id": "x", "title": "X", "description": "", "inputs": {"study": {}, **inputs}, "outputs": {}}
    )


def entry(schema: dict[str, Any], *roles: tuple[str, str], required: bool = False) -> dict[str, Any]:
    return {
        "title": "Some Title",
        "description": "what it is",
        "schema": schema,
        "minOccurs": int(required),
        "metadata": [{"role": role, "title": role, "value": value} for role, value in roles],
    }


def only(**inputs: dict[str, Any]) -> QgsProcessingParameterDefinition:
    (made,) = parameters_of(description(**inputs))
    return made


@pytest.mark.parametrize(
    ("schema", "roles", "kind"),
    [
        ({"type": "integer", "default": 3}, [], "number"),
        ({"type": "number", "default": 3.5}, [], "number"),
        ({"type": "number", "default": 15.0}, [("unit", "m")], "distance"),
        ({"type": "number", "default": 90.0}, [("unit", "deg")], "number"),
        ({"type": "boolean", "default": False}, [], "boolean"),
        ({"type": "boolean", "nullable": True}, [], "enum"),
        ({"type": "string", "enum": ["a", "b"], "default": "a"}, [], "enum"),
        ({"type": "string"}, [], "string"),
        ({"type": "string"}, [("name", "encoder")], "string"),
        ({"type": "array", "items": {"type": "number"}, "default": [0.0, 90.0]}, [], "string"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, [], "string"),
        ({"type": "string"}, [("secret", "")], "authcfg"),
        ({"type": "string"}, [("file", "folder")], "file"),
        ({"type": "string"}, [("file", "weights")], "file"),
        ({"type": "string"}, [("file", "file")], "file"),
    ],
)
def test_every_kind_of_input_gets_the_field_that_suits_it(
    schema: dict[str, Any], roles: list[tuple[str, str]], kind: str
) -> None:
    made = only(value=entry(schema, *roles))
    assert (made.name(), made.type()) == ("VALUE", kind)
    assert made.help().startswith("What it is")


def test_a_secret_is_given_by_the_configuration_that_keeps_it_and_the_help_says_so() -> None:
    assert only(title=entry({"type": "string"})).help() == "What it is"
    assert "authentication configuration" in only(key=entry({"type": "string"}, ("secret", ""))).help()


def test_numbers_keep_bounds_and_default_and_fit_a_spin_box() -> None:
    made = only(count=entry({"type": "integer", "default": 42, "minimum": 0, "maximum": 2**63}))
    assert isinstance(made, QgsProcessingParameterNumber)
    assert (made.minimum(), made.maximum(), made.defaultValue()) == (0, 2**31 - 1, 42)


def test_a_number_that_may_be_left_out_has_no_default_and_is_optional() -> None:
    made = only(size=entry({"type": "integer", "minimum": 64, "nullable": True}, ("unit", "px")))
    assert made.defaultValue() is None
    assert made.checkValueIsAcceptable(None)
    assert made.description() == "Some title (pixels)"


def test_distances_are_in_metres_and_show_their_unit_once() -> None:
    made = only(spacing=entry({"type": "number", "default": 15.0, "minimum": 1, "maximum": 100}, ("unit", "m")))
    assert made.defaultUnit() == QgsUnitTypes.DistanceUnit.DistanceMeters
    assert made.description() == "Some title"


def test_a_required_input_must_be_given() -> None:
    made = only(name=entry({"type": "string"}, required=True))
    assert not made.checkValueIsAcceptable(None)


def test_what_few_people_need_is_advanced() -> None:
    hidden, shown = parameters_of(
        description(a=entry({"type": "integer"}, ("advanced", "")), b=entry({"type": "integer"}))
    )
    advanced = QgsProcessingParameterDefinition.Flag.FlagAdvanced
    assert hidden.flags() & advanced
    assert not shown.flags() & advanced


def test_a_layer_or_words_are_two_fields_of_which_none_is_required_alone() -> None:
    units = entry({"type": "string"}, ("file", "vector"), ("prefix", "h3:"), ("prefix", "square:"), required=True)
    layer, text = parameters_of(description(units=units))
    assert isinstance(layer, QgsProcessingParameterFeatureSource)
    assert (layer.name(), text.name()) == ("UNITS_LAYER", "UNITS")
    assert "h3:…, square:…" in text.description()
    assert layer.checkValueIsAcceptable(None) and text.checkValueIsAcceptable(None)


def test_a_column_is_chosen_among_those_of_its_layer() -> None:
    made = parameters_of(
        description(
            labels=entry({"type": "string"}, ("file", "table"), required=True),
            target=entry({"type": "string"}, ("field", "labels"), required=True),
        )
    )[-1]
    assert isinstance(made, QgsProcessingParameterField)
    assert made.parentLayerParameterName() == "LABELS_LAYER"
    assert made.checkValueIsAcceptable("median_income")


def test_a_file_that_may_be_a_word_accepts_the_word() -> None:
    made = only(recipe=entry({"type": "string", "default": "code"}, ("file", "file"), ("word", "code")))
    assert isinstance(made, QgsProcessingParameterFile)
    assert made.defaultValue() == "code"
    assert made.checkValueIsAcceptable("paper") and made.checkValueIsAcceptable("my/recipe.yaml")
    assert made.description() == "Some title: code, or a file"


def test_lists_show_their_default_as_people_write_them() -> None:
    made = only(headings=entry({"type": "array", "items": {"type": "number"}, "default": [0.0, 22.5]}))
    assert made.defaultValue() == "0, 22.5"


def test_lists_and_mappings_are_read_with_the_types_they_hold() -> None:
    headings, weights, columns = description(
        headings=entry({"type": "array", "items": {"type": "number"}}),
        weights=entry({"type": "object", "additionalProperties": {"type": "number"}}),
        columns=entry({"type": "object", "additionalProperties": {"type": "string"}}),
    ).inputs
    assert read_list(headings, "0, 90,") == [0.0, 90.0]
    assert read_mapping(weights, "self=1, temporal=0.5") == {"self": 1.0, "temporal": 0.5}
    assert read_mapping(columns, "lat=Y,lon=X") == {"lat": "Y", "lon": "X"}
    assert read_mapping(columns, '{"lat": "Y, degrees"}') == {"lat": "Y, degrees"}


@pytest.mark.parametrize("text", ["north", "1,two"])
def test_a_list_that_is_none_is_named_in_one_sentence(text: str) -> None:
    (headings,) = description(headings=entry({"type": "array", "items": {"type": "number"}})).inputs
    with pytest.raises(Unreadable, match=r"HEADINGS: '(north|two)' is no number; correct it\."):
        read_list(headings, text)


@pytest.mark.parametrize("text", ["lat", "lat=Y,=X", "{lat", "=1"])
def test_a_mapping_that_is_none_is_named_in_one_sentence(text: str) -> None:
    (columns,) = description(columns=entry({"type": "object", "additionalProperties": {"type": "string"}})).inputs
    with pytest.raises(Unreadable, match="must be written NAME=VALUE"):
        read_mapping(columns, text)


def test_every_process_of_the_snapshot_has_a_form_with_help_for_each_field() -> None:
    for process in snapshot():
        made = parameters_of(process)
        assert len({one.name() for one in made}) == len(made)
        assert all(one.help() and one.description() for one in made)
