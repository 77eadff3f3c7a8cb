"""A contact sheet of pairs: two photos side by side, what is between them, and when they were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streetsense.atomic import atomic_path
from streetsense.images import PhotoError, decode_photo
from streetsense.progress import Progress

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

#: Pixels: the box of one photo, the gap between two of a pair, around pairs, and a line of text.
_BOX, _GAP, _MARGIN, _LINE = (264, 198), 6, 26, 21
_PAPER, _INK, _SOFT, _GREY = "#ffffff", "#1d2430", "#5b6675", "#d3d7dd"


@dataclass(frozen=True)
class ShownPair:
    """One pair on the sheet.

    Attributes
    ----------
    photos : (Path or None, Path or None)
        The two files; None where the study does not know one.
    dates : (str, str)
        When they were taken, in words.
    caption : str
        What is between them.
    """

    photos: tuple[Path | None, Path | None]
    dates: tuple[str, str]
    caption: str


def draw_sheet(pairs: Sequence[ShownPair], title: str, subtitle: str, path: Path, progress: Progress) -> None:
    """Draw pairs and write the picture (PNG) atomically.

    A photo that is absent or broken is a grey box that says so.
    """
    from PIL import Image, ImageDraw

    columns = max(1, min(4, round((len(pairs) / 2) ** 0.5)))
    rows = -(-len(pairs) // columns)
    card = (2 * _BOX[0] + _GAP, _BOX[1] + 2 * _LINE + 8)
    width = columns * card[0] + (columns + 1) * _MARGIN
    regular, bold, large = _font(15), _font(15, bold=True), _font(22, bold=True)
    lines = _wrapped(subtitle, regular, width - 2 * _MARGIN)
    top = _MARGIN + 34 + len(lines) * _LINE + 14
    sheet = Image.new("RGB", (width, top + rows * (card[1] + _MARGIN)), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((_MARGIN, _MARGIN - 4), title, _INK, large)
    for number, line in enumerate(lines):
        pen.text((_MARGIN, _MARGIN + 30 + number * _LINE), line, _SOFT, regular)
    for number, pair in enumerate(pairs):
        progress.report(number, len(pairs), "drawing the contact sheet")
        left = _MARGIN + number % columns * (card[0] + _MARGIN)
        upper = top + number // columns * (card[1] + _MARGIN)
        for side in (0, 1):
            x = left + side * (_BOX[0] + _GAP)
            sheet.paste(_thumbnail(pair.photos[side], regular), (x, upper))
            pen.text((x, upper + _BOX[1] + 5), pair.dates[side], _SOFT, regular)
        pen.text((left, upper + _BOX[1] + 5 + _LINE), pair.caption, _INK, bold)
    with atomic_path(path) as temporary:
        sheet.save(temporary, format="PNG", optimize=True)


def _thumbnail(path: Path | None, font: FreeTypeFont) -> Image:
    """Return a photo that fills the box, or a grey box with the reason."""
    from PIL import Image, ImageDraw, ImageOps

    try:
        if path is not None:
            photo = Image.fromarray(decode_photo(path.read_bytes(), _BOX[0], min_side=1))
            return ImageOps.fit(photo, _BOX, Image.Resampling.LANCZOS)
        reason = "unknown"
    except OSError:
        reason = "photo missing"
    except PhotoError:
        reason = "photo damaged"
    box = Image.new("RGB", _BOX, _GREY)
    ImageDraw.Draw(box).text((_BOX[0] / 2, _BOX[1] / 2), reason, _SOFT, font, anchor="mm")
    return box


def _wrapped(text: str, font: FreeTypeFont, width: int) -> list[str]:
    """Break ``text`` into lines that are at most ``width`` pixels wide."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _font(size: int, *, bold: bool = False) -> FreeTypeFont:
    """Return the font that comes with matplotlib: Pillow's own lacks signs, and the system may have none."""
    import matplotlib as mpl
    from PIL import ImageFont

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / name, size)
