"""What a person looks at before training on pairs: a contact sheet, counts and histograms."""

from __future__ import annotations

import base64
import html
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streetsense.atomic import write_bytes
from streetsense.progress import Progress
from streetsense_training.pairs.histograms import Histogram, draw_histograms, histograms_of
from streetsense_training.pairs.pairset import PairRecord, PairTables
from streetsense_training.pairs.rules import months
from streetsense_training.pairs.sheet import ShownPair, draw_sheet

if TYPE_CHECKING:
    from streetsense.study import Study

#: Tells the choice of pairs that are shown from all other draws of the same seed.
_SHOWN = 2**62

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5b6675; --line: #d9dee6; --paper: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebf0; --soft: #a4adba; --line: #3a4350; --paper: #171b21; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 72rem;
       margin: 0 auto; padding: 2rem 1.2rem 4rem; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
p, li { max-width: 48rem; } .soft, figcaption { color: var(--soft); font-size: .9rem; }
figure { margin: 0; } img { max-width: 100%; height: auto; display: block; border-radius: .3rem; background: #fff; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line); }
td:first-child { text-align: right; } tr:first-child td, tr:last-child td { font-weight: 600; }
ul { padding-left: 1.2rem; } code { font-size: .85em; overflow-wrap: anywhere; }
"""


def write_inspection(
    study: Study, name: str, tables: PairTables, record: PairRecord, count: int, sheet: Path, page: Path,
    progress: Progress,
) -> None:  # fmt: skip
    """Write the contact sheet (PNG) and the page (HTML) about pairs.

    Parameters
    ----------
    study : Study
        Where the photos are.
    name : str
        What the pairs are called.
    tables, record : PairTables, PairRecord
        The pairs.
    count : int
        How many random pairs are shown; all of them when there are fewer.
    sheet, page : Path
        The files, in one folder: the page shows the sheet that lies beside it.
    """
    total = len(tables.first)
    random = np.random.default_rng([record.seed, _SHOWN])
    rows = np.sort(random.choice(total, min(count, total), replace=False))
    title = f"{total:,} {record.objective} pairs"
    title += f" “{name}”" if name != record.objective else ""
    draw_sheet(_shown(study, tables, rows), title, record.rule_in_words, sheet, progress)
    panels = histograms_of(tables, record.objective)
    write_bytes(page, _page(title, record, panels, sheet.name, len(rows), len(tables.held_out)).encode())


def _shown(study: Study, tables: PairTables, rows: NDArray[np.int64]) -> list[ShownPair]:
    """Look up photos and dates of some pairs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = tables.view_ids.take(pa.array(np.concatenate([tables.first[rows], tables.second[rows]])))
    views = study.views_table.read(["view_id", "path", "captured_at"])
    views = views.filter(pc.is_in(views["view_id"], value_set=wanted))
    found = pc.index_in(wanted, value_set=views["view_id"].combine_chunks())
    paths, dates = views["path"].take(found).to_pylist(), views["captured_at"].take(found).to_pylist()
    photos = [study.photo_path(path) if path else None for path in paths]
    words = [date[:10] if date else "unknown date" for date in dates]
    facts, half = tables.facts, len(rows)
    return [
        ShownPair(
            photos=(photos[number], photos[half + number]),
            dates=(words[number], words[half + number]),
            caption=_caption(
                float(facts.distance_m[row]), float(facts.heading_difference_deg[row]), float(facts.months_apart[row]),
                same=bool(tables.first[row] == tables.second[row]),
            ),
        )
        for number, row in enumerate(rows)
    ]  # fmt: skip


def _caption(distance: float, turn: float, apart: float, *, same: bool) -> str:
    """Say what is between two views."""
    if same:
        return "the same view, before it is augmented"
    parts = [f"{distance:.1f} m" if distance < 9.95 else f"{distance:.0f} m"]
    parts.append(f"headings {turn:.0f}° apart" if np.isfinite(turn) else "heading unknown")
    parts.append(f"{months(round(apart, 1 if apart < 9.95 else None))} apart" if np.isfinite(apart) else "time unknown")
    return "  ·  ".join(parts)


def _page(title: str, record: PairRecord, panels: list[Histogram], sheet: str, shown: int, held_out: int) -> str:
    """Return the page: rule, counts, histograms and the sheet; nothing is loaded from elsewhere."""
    words = " ".join(panel.words() for panel in panels)
    picture = base64.b64encode(draw_histograms(panels)).decode()
    facts = [
        f"Seed {record.seed}; every epoch {'draws its own' if record.redraw else 'has the same'} pairs.",
        f"{held_out:,} views are held out of all pairs." if held_out else "No view is held out.",
        *_limits(record),
    ]
    alt = f"{shown} random pairs, two photos each, with distance, difference of headings and dates"
    body = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p>{html.escape(record.rule_in_words)}</p>",
        f"<ul>{''.join(f'<li>{html.escape(fact)}</li>' for fact in facts)}</ul>",
        "<h2>Which views have a partner</h2>",
        '<p class="soft">A view counts at the first reason that leaves it without a partner.</p>',
        _table(_counted(record)),
    ]
    if record.quotas:
        body += ["<h2>Pairs by polygon</h2>", _table([(number, name) for name, number in record.quotas.items()])]
    body += [
        "<h2>What is between the two views</h2>" if len(panels) > 1 else "<h2>How often views occur</h2>",
        f'<figure><img src="data:image/png;base64,{picture}" alt="{html.escape(words)}">'
        f"<figcaption>{html.escape(words)}</figcaption></figure>",
        "<h2>Random pairs</h2>",
        f'<figure><a href="{sheet}"><img src="{sheet}" alt="{alt}"></a></figure>',
        f'<p class="soft">Made {html.escape(record.created)}; fingerprint <code>{record.fingerprint}</code></p>',
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _limits(record: PairRecord) -> list[str]:
    """Say which dates are used."""
    since, until = record.selection.since, record.selection.until
    if since is None and until is None:
        return []
    return [
        f"Only views taken {' '.join(filter(None, [since and f'from {since}', until and f'to {until}']))} are used."
    ]


def _counted(record: PairRecord) -> list[tuple[int, str]]:
    """Return the counts with their words: all views, those that fail, those that are left."""
    counts = dict(record.counts)
    total, usable = counts.pop("views"), counts.pop("usable")
    failing = [(number, record.rule.failure(step)) for step, number in counts.items()]
    return [(total, "views with a photo"), *failing, (usable, "can occur in pairs")]


def _table(rows: list[tuple[int, str]]) -> str:
    cells = "".join(f"<tr><td>{number:,}</td><td>{html.escape(text)}</td></tr>" for number, text in rows)
    return f'<div class="scroll"><table>{cells}</table></div>'
