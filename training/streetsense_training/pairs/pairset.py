"""Pairs on disk: ``pairs/<name>/`` of a study.

``pairs.parquet`` holds the pairs (those of epoch 0 where they are drawn again each epoch), ``candidates.parquet`` what
drawing again needs, ``held_out.parquet`` the views kept out of all pairs. ``pairs.json`` is written last: a folder with
a record is whole.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from streetsense.atomic import atomic_path, remove_unfinished, write_json
from streetsense.errors import InputError
from streetsense_training.pairs.candidates import Candidates, PairFacts, Rows
from streetsense_training.pairs.drawing import Drawing
from streetsense_training.pairs.rules import Objective, PairRule
from streetsense_training.pairs.selection import Selection

if TYPE_CHECKING:
    import pyarrow as pa

_RECORD, _PAIRS, _CANDIDATES, _HELD_OUT = "pairs.json", "pairs.parquet", "candidates.parquet", "held_out.parquet"


class PairRecord(BaseModel):
    """What ``pairs.json`` holds."""

    model_config = ConfigDict(frozen=True, extra="allow")

    schema_version: int = 1
    objective: Objective
    rule: PairRule = Field(description="what makes two views a pair")
    rule_in_words: str
    selection: Selection = Field(description="what was left out")
    seed: int
    size: int = Field(description="pairs in the table")
    redraw: bool = Field(description="whether every epoch draws its own pairs")
    counts: dict[str, int] = Field(description="views, the first reason why some have no partner, and usable ones")
    quotas: dict[str, int] = Field(description="pairs by the quota's polygons; empty without a quota")
    created: str
    fingerprint: str = Field(description="SHA-256 over the tables: the same for the same pairs")


@dataclass(frozen=True)
class PairTables:
    """What a pair set is made of before it is written.

    Attributes
    ----------
    view_ids : pyarrow.Array of string
        Keys of the candidates.
    candidates : Candidates
        Views that have a partner.
    first, second : ndarray of int64, shape (pairs,)
        Rows of the candidates.
    facts : PairFacts
        Of each pair.
    held_out : pyarrow.Array of string
        Keys of the views kept out.
    """

    view_ids: pa.Array
    candidates: Candidates
    first: Rows
    second: Rows
    facts: PairFacts
    held_out: pa.Array


class PairSet:
    """Pairs of a study's views (`load_pairs`).

    Attributes
    ----------
    name : str
        The folder's name.
    objective : {"self", "temporal", "spatial"}
        What the two views of a pair have in common.
    view_ids : ndarray of object (text), shape (n,)
        The views that pairs refer to, sorted.
    held_out : ndarray of object (text)
        Views kept out of all pairs; may be empty.
    record : PairRecord
        How they were made.
    """

    def __init__(
        self,
        name: str,
        record: PairRecord,
        view_ids: NDArray[np.object_],
        held_out: NDArray[np.object_],
        pairs: tuple[Rows, Rows] | Drawing,
    ) -> None:
        self.name, self.record, self.view_ids, self.held_out = name, record, view_ids, held_out
        self.objective: Objective = record.objective
        self._pairs = pairs

    def __len__(self) -> int:
        return self.record.size

    def draw(self, epoch: int) -> tuple[Rows, Rows]:
        """Return the pairs of an epoch.

        Parameters
        ----------
        epoch : int
            From 0. Pairs of a table are the same in every epoch; those that are drawn again depend on the seed and the
            epoch alone.

        Returns
        -------
        first, second : ndarray of int64, shape (pairs,)
            Rows of `view_ids`, in random order; neither side is special.
        """
        if isinstance(self._pairs, Drawing):
            return self._pairs.draw(epoch)
        return self._pairs


def load_pairs(folder: Path) -> PairSet:
    """Read the pairs in ``folder``.

    Raises
    ------
    InputError
        When there are none, or they are damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = Path(folder)
    if not (folder / _RECORD).is_file():
        have = sorted(path.parent.name for path in folder.parent.glob(f"*/{_RECORD}"))
        there = f"those there are: {', '.join(have)}" if have else "there are none yet"
        raise InputError(
            f"pairs: there are no pairs called '{folder.name}' ({there}); make them with 'streetsense pair'."
        )
    damaged = InputError(f"pairs: {folder} is damaged; make the pairs again with 'streetsense pair'.")
    try:
        record = PairRecord.model_validate(json.loads((folder / _RECORD).read_text(encoding="utf-8")))
        names = _tables(redraw=record.redraw)
        if _fingerprint(folder, names) != record.fingerprint:
            raise damaged
        held_out = _texts(pq.read_table(folder / _HELD_OUT, partitioning=None)["view_id"])
        if record.redraw:
            table = pq.read_table(folder / _CANDIDATES, partitioning=None)
            drawing = Drawing(
                Candidates.from_arrow(table), record.rule,
                seed=record.seed, size=record.size, quota=record.selection.quota,
            )  # fmt: skip
            return PairSet(folder.name, record, _texts(table["view_id"]), held_out, drawing)
        pairs = pq.read_table(folder / _PAIRS, columns=["view_id_1", "view_id_2"], partitioning=None)
    except (OSError, ValueError, KeyError, pa.ArrowInvalid) as error:
        raise damaged from error
    view_ids, first, second = _numbered(pairs["view_id_1"], pairs["view_id_2"])
    return PairSet(folder.name, record, view_ids, held_out, (first, second))


def write_pairs(folder: Path, tables: PairTables, record: PairRecord) -> PairRecord:
    """Write a pair set, in place of one of the same name; return its record with the fingerprint.

    Raises
    ------
    InputError
        When the disk is full or cannot be written to.
    """
    import pyarrow as pa

    if folder.is_dir():
        for name in (_RECORD, _CANDIDATES):
            (folder / name).unlink(missing_ok=True)
        remove_unfinished(folder)
    _write(folder / _HELD_OUT, pa.table({"view_id": tables.held_out}))
    _write(folder / _PAIRS, pair_table(tables))
    if record.redraw:
        _write(folder / _CANDIDATES, tables.candidates.to_arrow(tables.view_ids))
    record = record.model_copy(update={"fingerprint": _fingerprint(folder, _tables(redraw=record.redraw))})
    write_json(folder / _RECORD, record.model_dump())
    return record


def pair_table(tables: PairTables) -> pa.Table:
    """Return the pairs as they are stored: both keys and what is true of the pair (null where unknown)."""
    import pyarrow as pa

    facts = tables.facts
    columns = {
        "view_id_1": tables.view_ids.take(pa.array(tables.first)),
        "view_id_2": tables.view_ids.take(pa.array(tables.second)),
        "distance_m": pa.array(facts.distance_m, from_pandas=True),
        "heading_difference_deg": pa.array(facts.heading_difference_deg, from_pandas=True),
        "months_apart": pa.array(facts.months_apart, from_pandas=True),
    }
    return pa.table(columns)


def _write(path: Path, table: pa.Table) -> None:
    import pyarrow.parquet as pq

    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def _tables(*, redraw: bool) -> list[str]:
    return [_PAIRS, _HELD_OUT, *([_CANDIDATES] if redraw else [])]


def _fingerprint(folder: Path, names: list[str]) -> str:
    """Return the digest of the tables' files."""
    digest = hashlib.sha256()
    for name in names:
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _numbered(a: pa.ChunkedArray, b: pa.ChunkedArray) -> tuple[NDArray[np.object_], Rows, Rows]:
    """Return the distinct texts of two columns, sorted, and both columns as rows of them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    codes = pa.concat_arrays([*a.chunks, *b.chunks]).dictionary_encode()
    order = pc.sort_indices(codes.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    rows = rank[codes.indices.to_numpy()]
    texts: NDArray[np.object_] = codes.dictionary.take(pa.array(order)).to_numpy(zero_copy_only=False)
    return texts, rows[: len(a)], rows[len(a) :]


def _texts(column: pa.ChunkedArray) -> NDArray[np.object_]:
    texts: NDArray[np.object_] = column.to_numpy()
    return texts
