"""What the columns of attribute tables are called, with units, and how their values are shown."""

from __future__ import annotations

from qgis.core import QgsEditorWidgetSetup, QgsVectorLayer

from ..i18n import tr

#: A degree is finer than any camera's compass.
_DECIMALS = {"heading_deg": 0, "pitch_deg": 0, "fov_deg": 0, "road_bearing_deg": 0, "novelty": 2}
#: Pixels.
_WIDEST = 320
_COUNTS = ("n_views", "width", "height")


def set_field_names(layer: QgsVectorLayer, target: str = "", unit: str = "") -> None:
    """Give the fields of a layer names that people read, with units.

    Parameters
    ----------
    layer : QgsVectorLayer
        Any layer of StreetSense; fields that are not known keep their names.
    target, unit : str
        What was predicted, and its unit.
    """
    names = {**_plain_names(), **_predicted_names(target, unit)}
    fields = layer.fields()
    for index, name in enumerate(fields.names()):
        if name in names:
            layer.setFieldAlias(index, names[name])
        elif name.startswith("component_"):
            number = name.rpartition("_")[2]
            layer.setFieldAlias(index, tr("Layers", "Appearance, component {number}").format(number=number))
        if name in _COUNTS:
            # A box to count up and down in says nothing when it cannot be used.
            layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("TextEdit", {}))
        elif name == "fid":
            layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("Hidden", {}))
    _show_as_words(layer)
    _show_as_time(layer)
    show_decimals(layer, _DECIMALS)
    _fit_table(layer)


def show_decimals(layer: QgsVectorLayer, decimals: dict[str, int]) -> None:
    """Show numbers with so many decimals; keys are names of fields, those that the layer does not have are left out."""
    for name, count in decimals.items():
        index = layer.fields().lookupField(name)
        if index >= 0:
            limits = {"Min": -1e12, "Max": 1e12, "Step": 1.0, "Style": "SpinBox", "AllowNull": True}
            layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("Range", {**limits, "Precision": count}))


def _fit_table(layer: QgsVectorLayer) -> None:
    """Make the columns of the attribute table as wide as their names, and hide the number of the file alone."""
    table = layer.attributeTableConfig()
    table.update(layer.fields())
    columns = table.columns()
    for index, field in enumerate(layer.fields()):
        columns[index].width = max(90, min(_WIDEST, 8 * len(field.displayName())))
        columns[index].hidden = field.name() == "fid"
    table.setColumns(columns)
    layer.setAttributeTableConfig(table)


def _plain_names() -> dict[str, str]:
    return {
        "unit_id": tr("Layers", "Unit"),
        "n_views": tr("Layers", "Number of views"),
        "outside": tr("Layers", "Like what the model was trained on?"),
        "novelty": tr("Layers", "Novelty (above 1: unlike the training data)"),
        "view_id": tr("Layers", "View"),
        "provider": tr("Layers", "Provider"),
        "pano_id": tr("Layers", "Panorama"),
        "sequence_id": tr("Layers", "Sequence"),
        "point_id": tr("Layers", "Sample point"),
        "captured_at": tr("Layers", "Captured (as precisely as is known)"),
        "captured_on": tr("Layers", "Captured (UTC; start of the month or year if no day is known)"),
        "year": tr("Layers", "Year of capture"),
        "is_pano": tr("Layers", "Panorama?"),
        "chosen": tr("Layers", "Would be fetched?"),
        "heading_deg": tr("Layers", "Heading [degrees clockwise from north]"),
        "pitch_deg": tr("Layers", "Pitch [degrees, up is positive]"),
        "fov_deg": tr("Layers", "Horizontal field of view [degrees]"),
        "width": tr("Layers", "Width [pixels]"),
        "height": tr("Layers", "Height [pixels]"),
        "licence": tr("Layers", "Licence"),
        "attribution": tr("Layers", "Attribution"),
        "source_url": tr("Layers", "At the provider"),
        "photo": tr("Layers", "Photo"),
        "road_id": tr("Layers", "Road"),
        "road_bearing_deg": tr("Layers", "Bearing of the road [degrees clockwise from north]"),
        "name": tr("Layers", "Name"),
        "highway": tr("Layers", "Kind of road"),
    }


def _predicted_names(target: str, unit: str) -> dict[str, str]:
    behind = f" [{unit}]" if unit else ""
    what = target.replace("_", " ")
    predicted = tr("Layers", "Predicted {target}").format(target=what) if what else tr("Layers", "Prediction")
    return {
        "prediction": predicted + behind,
        "lower": tr("Layers", "Lower end of the interval") + behind,
        "upper": tr("Layers", "Upper end of the interval") + behind,
    }


def _show_as_words(layer: QgsVectorLayer) -> None:
    """Show the mark of units outside the training data as words."""
    index = layer.fields().lookupField("outside")
    if index >= 0:
        words = [{tr("Layers", "yes"): "0"}, {tr("Layers", "no: do not rely on it"): "1"}]
        layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("ValueMap", {"map": words}))


def _show_as_time(layer: QgsVectorLayer) -> None:
    index = layer.fields().lookupField("captured_on")
    if index >= 0:
        form = {"display_format": "yyyy-MM-dd HH:mm", "field_format": "yyyy-MM-dd HH:mm:ss", "calendar_popup": False}
        layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("DateTime", {**form, "allow_null": True}))
