"""Attribute forms that show the photo."""

from __future__ import annotations

from qgis.core import QgsAttributeEditorField, QgsEditFormConfig, QgsEditorWidgetSetup, QgsVectorLayer

from .photos import PHOTO_FOLDER

_HEIGHT = 300
# QgsExternalResourceWidget.Image, and "relative to the default path" of its storage.
_AS_IMAGE, _RELATIVE = 1, 2
_EXPRESSION = 3
#: What a reader asks first; the others follow in the order of the file.
_FIRST = ("photo", "captured_at", "heading_deg", "attribution", "licence", "provider", "view_id")
#: A number of the file alone.
_HIDDEN = ("fid",)


def set_photo_form(layer: QgsVectorLayer) -> None:
    """Make a form for views: the photo on top, looked for beside the layer's file, then what is known of it."""
    names = layer.fields().names()
    if "photo" not in names:
        return
    root = {"active": True, "type": _EXPRESSION, "expression": PHOTO_FOLDER}
    configuration = {
        "DocumentViewer": _AS_IMAGE,
        "DocumentViewerHeight": _HEIGHT,
        "DocumentViewerWidth": 0,
        "FileWidget": True,
        "FileWidgetButton": False,
        "FileWidgetFilter": "",
        "UseLink": True,
        "FullUrl": True,
        "RelativeStorage": _RELATIVE,
        "StorageMode": 0,
        "PropertyCollection": {"name": None, "type": "collection", "properties": {"propertyRootPath": root}},
    }
    layer.setEditorWidgetSetup(names.index("photo"), QgsEditorWidgetSetup("ExternalResource", configuration))
    form = layer.editFormConfig()
    form.setLayout(QgsEditFormConfig.EditorLayout.TabLayout)
    form.clearTabs()
    rest = [name for name in names if name not in (*_FIRST, *_HIDDEN)]
    for name in [name for name in _FIRST if name in names] + rest:
        form.addTab(QgsAttributeEditorField(name, names.index(name), form.invisibleRootContainer()))
    layer.setEditFormConfig(form)
