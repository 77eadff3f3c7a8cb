"""Map tips: what is said of a feature under the mouse."""

from __future__ import annotations

import html

from qgis.core import QgsVectorLayer

from ..i18n import tr
from .photos import PHOTO_PATH, file_url, overlay_path, quoted
from .sentences import evidence, interval, predicted, warning

#: Pixels; a map tip must leave the map visible.
_WIDTH = 320


def set_view_tip(layer: QgsVectorLayer) -> None:
    """Show the photo, when it is on this computer, its date and whom to name."""
    missing = tr("Layers", "Click the view to see its photo.")
    picture = _picture(PHOTO_PATH, missing)
    layer.setMapTipTemplate(f"{picture}<br>[% {_when()} %]<br><small>[% {_credit()} %]</small>")
    layer.setDisplayExpression('coalesce("captured_at", "view_id")')


def set_coverage_tip(layer: QgsVectorLayer) -> None:
    """Say of a capture when it was taken, whether it is a panorama, and whom to name."""
    panorama = quoted(html.escape(tr("Layers", "panorama")))
    unknown = quoted(html.escape(tr("Layers", "date unknown")))
    what = f"""coalesce("captured_at", {unknown}) || if("is_pano", ', ' || {panorama}, '')"""
    layer.setMapTipTemplate(f"[% {what} %]<br><small>[% {_credit()} %]</small>")
    layer.setDisplayExpression('"captured_at"')


def set_attention_tip(layer: QgsVectorLayer, folder: str) -> None:
    """Show the overlay of a view; ``folder`` has them, relative to the layer's file."""
    missing = tr("Layers", "The picture of where the model looked is not on this computer.")
    picture = _picture(overlay_path(folder), missing)
    layer.setMapTipTemplate(f"{picture}<br>[% {_when()} %]<br><small>[% {_credit()} %]</small>")
    layer.setDisplayExpression('coalesce("captured_at", "view_id")')


def set_prediction_tip(layer: QgsVectorLayer, target: str, unit: str) -> None:
    """Say the prediction, its interval, the number of views, and a warning where it is not to be relied on."""
    title = html.escape(_words(target) or tr("Layers", "Prediction"))
    lines = (predicted(unit), interval(unit), evidence(), warning())
    layer.setMapTipTemplate("<br>".join([f"<b>{title}</b>", *(f"[% {line} %]" for line in lines)]))
    layer.setDisplayExpression('"unit_id"')


def set_appearance_tip(layer: QgsVectorLayer) -> None:
    """Say the unit and its first component, which has no unit and is no prediction."""
    title = html.escape(tr("Layers", "Appearance: a position among all units, without a unit of measurement"))
    layer.setMapTipTemplate(f'<b>[% "unit_id" %]</b><br>{title}<br>[% format_number("component_1", 2) %]')
    layer.setDisplayExpression('"unit_id"')


def _picture(path: str, missing: str) -> str:
    """Return the template of a picture, or of a line of text where the file is not there."""
    tag = f"""'<img src="' || {file_url(path)} || '" width="{_WIDTH}">'"""
    return f"[% if(coalesce(file_exists({path}), false), {tag}, {quoted(html.escape(missing))}) %]"


def _when() -> str:
    towards = quoted(tr("Layers", "looking {degrees}° (0 is north, 90 east)").replace("{degrees}", "%1"))
    direction = f"""if("heading_deg" is null, '', ', ' || replace({towards}, '%1', round("heading_deg")))"""
    return f"""coalesce("captured_at", '') || {direction}"""


def _credit() -> str:
    return """concat("attribution", if("licence" is null, '', ', ' || "licence"))"""


def _words(name: str) -> str:
    return name.replace("_", " ")
