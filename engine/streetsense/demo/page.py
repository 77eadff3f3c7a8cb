"""The page that the demonstration ends with: map, scores, photos with what the model attended to, and the files."""

from __future__ import annotations

import html
import os
from dataclasses import dataclass, field
from pathlib import Path

from streetsense.atomic import write_bytes

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5b6675; --line: #d9dee6; --paper: #ffffff; --note: #fff6dd; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebf0; --soft: #a4adba; --line: #3a4350; --paper: #171b21; --note: #3b3418; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 72rem;
       margin: 0 auto; padding: 2rem 1.2rem 4rem; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
p, li { max-width: 48rem; } .soft, figcaption { color: var(--soft); font-size: .9rem; }
.note { background: var(--note); padding: .6rem .9rem; border-radius: .4rem; }
img { max-width: 100%; height: auto; display: block; border-radius: .3rem; } img.map { background: #fff; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.photos { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1.2rem; }
figure { margin: 0; } .pair { display: grid; grid-template-columns: 1fr 1fr; gap: .3rem; margin-bottom: .3rem; }
code { font-size: .9em; }
"""


@dataclass(frozen=True)
class ScoreTable:
    """Scores of one predictor: a header and rows of text."""

    caption: str
    header: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class PhotoPair:
    """A photo and the same photo with what the model attended to."""

    photo: Path
    overlay: Path
    caption: str


@dataclass(frozen=True)
class DemoPage:
    """Everything on the page."""

    title: str
    notices: list[str]
    map_image: Path | None
    map_caption: str
    scores: list[ScoreTable] = field(default_factory=list)
    photos: list[PhotoPair] = field(default_factory=list)
    files: list[tuple[Path, str]] = field(default_factory=list)
    reading: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Write the page to ``path``; images and files are linked relative to it, so that the folder can move."""
        write_bytes(path, self.to_html(path.parent).encode())

    def to_html(self, folder: Path) -> str:
        """Return the page as HTML, with links relative to ``folder``."""

        def link(target: Path) -> str:
            return html.escape(Path(os.path.relpath(target, folder)).as_posix())

        parts = [f"<h1>{html.escape(self.title)}</h1>"]
        parts += [f'<p class="note">{html.escape(notice)}</p>' for notice in self.notices]
        if self.map_image is not None:
            parts.append(
                f'<figure><img class="map" src="{link(self.map_image)}" alt="{html.escape(self.map_caption)}">'
                f"<figcaption>{html.escape(self.map_caption)}</figcaption></figure>"
            )
        if self.scores:
            parts.append("<h2>How well it predicts what it has not seen</h2>")
            parts += [_table(table) for table in self.scores]
        if self.photos:
            figures = (
                f'<figure><div class="pair"><img src="{link(pair.photo)}" alt="photo">'
                f'<img src="{link(pair.overlay)}" alt="attention map on the photo"></div>'
                f"<figcaption>{html.escape(pair.caption)}</figcaption></figure>"
                for pair in self.photos
            )
            parts += ["<h2>What the model looked at</h2>", f'<div class="photos">{"".join(figures)}</div>']
        if self.reading:
            parts += ["<h2>How to read this</h2>", _list([html.escape(line) for line in self.reading])]
        if self.files:
            lines = [
                f'<a href="{link(file)}"><code>{link(file)}</code></a> {html.escape(text)}' for file, text in self.files
            ]
            parts += ["<h2>Files</h2>", _list(lines)]
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{html.escape(self.title)}</title><style>{_STYLE}</style></head>\n<body>\n"
            + "\n".join(parts)
            + "\n</body></html>\n"
        )


def _table(table: ScoreTable) -> str:
    header = "".join(f"<th>{html.escape(cell)}</th>" for cell in table.header)
    rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return (
        f'<p>{html.escape(table.caption)}</p><div class="scroll"><table><thead><tr>{header}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _list(lines: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"
