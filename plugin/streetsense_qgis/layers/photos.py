"""Where a view's photo lies: expressions that go with the layer when the project moves to another folder."""

from __future__ import annotations

_FOLDER = "file_path(decode_uri(@layer_id, 'path'))"
# Photos lie beside the layer when they were downloaded, one folder up in the engine's own study.
_PARENT = f"file_path({_FOLDER})"

#: The folder that the field "photo" is relative to.
PHOTO_FOLDER = f"""if(file_exists({_FOLDER} || '/' || "photo"), {_FOLDER}, {_PARENT})"""
#: The whole path of the photo; NULL when the photo stayed elsewhere.
PHOTO_PATH = f"""{PHOTO_FOLDER} || '/' || "photo\""""


def overlay_path(folder: str) -> str:
    """Return the expression for the overlay of a view.

    Parameters
    ----------
    folder : str
        Folder of the overlays, relative to the layer's file.
    """
    return f"""{_FOLDER} || {quoted("/" + folder + "/")} || "view_id" || '.png'"""


def quoted(text: str) -> str:
    """Return a text as a literal of an expression."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def file_url(path: str) -> str:
    """Return the expression for the address of the file whose path the expression ``path`` gives."""
    escaped = path
    for character, code in (("%", "%25"), ("#", "%23"), ("?", "%3F"), (" ", "%20"), ('"', "%22")):
        escaped = f"replace({escaped}, {quoted(character)}, {quoted(code)})"
    return f"if(left({path}, 1) = '/', 'file://', 'file:///') || {escaped}"
