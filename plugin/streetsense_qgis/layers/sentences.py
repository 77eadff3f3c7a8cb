"""Expressions that put a unit's prediction into words: for map tips and reports."""

from __future__ import annotations

from ..i18n import tr
from .photos import quoted


def predicted(unit: str) -> str:
    """Return the expression for the predicted value with its unit."""
    return f"{_number(_PREDICTION)} || {_behind(unit)}"


def interval(unit: str) -> str:
    """Return the expression for the interval; an empty text where there is none."""
    words = quoted(tr("Layers", "between {low} and {high}").replace("{low}", "%1").replace("{high}", "%2"))
    low, high = _number('"lower"'), _number('"upper"')
    return f"""if("lower" is null, '', replace(replace({words}, '%1', {low}), '%2', {high} || {_behind(unit)}))"""


def evidence() -> str:
    """Return the expression that says how many views the prediction comes from."""
    words = quoted(tr("Layers", "from {count} views").replace("{count}", "%1"))
    return f"""replace({words}, '%1', to_string("n_views"))"""


def warning() -> str:
    """Return the expression that warns of units unlike the training data; an empty text for others."""
    words = quoted(tr("Layers", "Unlike anything the model was trained on: do not rely on this number."))
    return f"""if("outside" = 1, {words}, '')"""


_PREDICTION = '"prediction"'


def _behind(unit: str) -> str:
    return quoted(f" {unit}" if unit else "")


def _number(expression: str) -> str:
    """Return the expression for a number with as many decimals as it needs."""
    return f"coalesce(format_number({expression}, if(abs({expression}) < 100, 2, 0)), '?')"
