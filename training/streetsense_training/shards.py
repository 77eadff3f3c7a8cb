"""Photos shrunk once, so that every step of a training reads and decodes little: JPEG squares in tar files.

A shard is ``shard-00000.tar`` and its index ``shard-00000.parquet``, which is written last: a tar without an index is
what a killed run left. Photos are squashed to a square whatever their shape, and their aspect is remembered, so that an
augmentation that knows it can still crop boxes of the original photo.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from streetsense.atomic import remove_unfinished, write_json
from streetsense.errors import InputError, StreetSenseError
from streetsense.images import DECODER
from streetsense.progress import Progress, Silent
from streetsense_training.shrinking import SCHEMA, Photo, Squares, write_shards

#: Tar files that are kept open at a time; systems allow a process 256 to 1024.
_OPEN_FILES = 128
_NO_ROWS = SCHEMA.append(pa.field("shard", pa.int32())).empty_table()


class ShardRecord(BaseModel):
    """What the photos of a folder of shards are; ``shards.json`` there.

    Attributes
    ----------
    side : int
        Of the squares, in pixels.
    quality : int
        Of the JPEGs, 1 to 100.
    decoder : str
        What turned the photos into pixels.
    views : int
        How many views have a photo here.
    left_out : dict of str to int
        Reason to the number of photos that the last run could not use.
    """

    model_config = ConfigDict(extra="forbid")

    side: PositiveInt
    quality: int = Field(ge=1, le=100)
    decoder: str = DECODER
    views: int = 0
    left_out: dict[str, int] = {}


class Shards:
    """The shrunk photos of a folder, each under a row number. Threads may read at the same time.

    Attributes
    ----------
    folder : Path
        Where they are.
    record : ShardRecord
        What they are.
    aspects : numpy.ndarray
        ``[N]`` float32: width / height of the original photos.
    """

    def __init__(self, folder: Path, record: ShardRecord, index: pa.Table, paths: Sequence[Path]) -> None:
        self.folder = folder
        self.record = record.model_copy(update={"views": len(index)})
        self.aspects: NDArray[np.float32] = index["aspect"].to_numpy()
        self._ids = index["view_id"].combine_chunks()
        self._offsets, self._lengths = index["offset"].to_numpy(), index["length"].to_numpy()
        self._shards, self._paths = index["shard"].to_numpy(), list(paths)
        self._opened = lru_cache(maxsize=_OPEN_FILES)(_OpenFile)

    @classmethod
    def open(cls, folder: Path) -> Shards:
        """Read the index of a folder that `make_shards` made.

        Raises
        ------
        InputError
            When there are no shards, or when they are damaged.
        """
        folder = Path(folder)
        record = _read_record(folder)
        if record is None:
            raise InputError(f"{folder}: there are no shards of photos; make them first.")
        paths = _indices(folder)
        tables = [_read_index(path, number) for number, path in enumerate(paths)]
        index = _newest(pa.concat_tables([_NO_ROWS, *tables]).drop_columns(["sha256"]))
        return cls(folder, record, index, [path.with_suffix(".tar") for path in paths])

    def __len__(self) -> int:
        """Return how many views have a photo here."""
        return len(self._ids)

    @property
    def side(self) -> int:
        """Side of the squares in pixels."""
        return self.record.side

    @cached_property
    def view_ids(self) -> NDArray[np.str_]:
        """``[N]`` view ids in the order of the rows."""
        return np.asarray(self._ids.to_pylist(), dtype=np.str_)

    def rows(self, view_ids: NDArray[np.str_] | Sequence[str]) -> NDArray[np.int64]:
        """Return ``[n]`` int64 rows of these views, -1 where a view has no photo here."""
        wanted = pa.array(view_ids, pa.large_string())
        found = pc.fill_null(pc.index_in(wanted, value_set=self._ids), -1)
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)

    def read(self, row: int) -> bytes:
        """Return the JPEG of a row.

        Raises
        ------
        IndexError
            When there is no such row.
        StreetSenseError
            When the tar file has gone or cannot be read.
        """
        if not 0 <= row < len(self._ids):
            raise IndexError(f"row {row} of {len(self._ids)}")
        path = self._paths[self._shards[row]]
        try:
            return self._opened(path).read(int(self._offsets[row]), int(self._lengths[row]))
        except OSError as error:
            reason = "has gone" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
            raise StreetSenseError(f"{path}: the file {reason}; run the same command again to make it anew.") from error


def make_shards(
    folder: Path,
    photos: Iterable[tuple[str, Path, str]],
    *,
    side: int,
    quality: int = 95,
    shard_size: int = 4096,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Shards:
    """Shrink photos into shards; photos that are there already are not read again.

    A run that is stopped keeps its finished shards, and the next one goes on after them. Where a photo has changed, it
    is shrunk again and the newest counts. A photo that is missing or no photo is left out and counted.

    Parameters
    ----------
    folder : Path
        Where the shards are or will be; all of one side and quality. One process writes at a time.
    photos : iterable of (str, Path, str)
        View ids, files and their SHA-256 in hexadecimal. An empty SHA-256 stands for whatever is there already.
    side : int
        Of the squares, in pixels.
    quality : int
        Of the JPEGs, 1 to 100.
    shard_size : int
        Photos a shard.
    workers : int, optional
        Threads that shrink; one for each core by default.
    progress : Progress, optional
        Told after every photo; warned once, at the end, when photos were left out.

    Returns
    -------
    Shards
        All photos of the folder, those of earlier runs included.

    Raises
    ------
    InputError
        When the folder holds squares of another side or quality, is damaged or cannot be written to, or when the disk
        is full.
    """
    folder, progress = Path(folder), progress or Silent()
    record = _claim(folder, ShardRecord(side=side, quality=quality))
    finished, following = _remove_unfinished_shards(folder)
    wanted = _missing(photos, finished)
    squares = Squares(side, quality)
    left_out = write_shards(folder, wanted, squares, following, shard_size, workers=workers, progress=progress)
    # Read anew, so that what is returned is what the next process will open.
    shards = Shards.open(folder)
    shards.record = record.model_copy(update={"views": len(shards), "left_out": left_out})
    write_json(folder / "shards.json", shards.record.model_dump(mode="json"))
    if left_out:
        reasons = ", ".join(f"{reason}: {number}" for reason, number in left_out.items())
        progress.warn(f"{sum(left_out.values())} of {len(wanted)} photos were left out of the shards ({reasons}).")
    return shards


class _OpenFile:
    """A file that threads read anywhere in; it is closed once nobody refers to it."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._lock = threading.Lock()
        weakref.finalize(self, os.close, self._descriptor)

    def read(self, offset: int, length: int) -> bytes:
        """Return up to ``length`` bytes from ``offset`` on."""
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, length, offset)
        with self._lock:  # Windows has no read that leaves the position alone.
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.read(self._descriptor, length)


def _read_record(folder: Path) -> ShardRecord | None:
    path = folder / "shards.json"
    if not path.is_file():
        if _indices(folder):
            raise InputError(f"{folder}: the shards lack their shards.json; delete the folder and run the same again.")
        return None
    try:
        return ShardRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(f"{path}: the file is damaged; delete its folder and run the same command again.") from error


def _claim(folder: Path, wanted: ShardRecord) -> ShardRecord:
    """Make the folder one of these squares, or see that it is; return its record."""
    found = _read_record(folder)
    if found is None:
        write_json(folder / "shards.json", wanted.model_dump(mode="json"))
        return wanted
    if (found.side, found.quality) != (wanted.side, wanted.quality):
        raise InputError(
            f"{folder}: the photos there have {found.side} px and quality {found.quality}, not {wanted.side} px and "
            f"quality {wanted.quality}; choose another folder or delete this one."
        )
    if wanted.decoder not in found.decoder.split("; "):
        found = found.model_copy(update={"decoder": f"{found.decoder}; {wanted.decoder}"})
    return found


def _indices(folder: Path) -> list[Path]:
    """Return the indices of finished shards, oldest first."""
    return sorted(folder.glob("shard-*.parquet"), key=_number)


def _number(path: Path) -> int:
    return int(path.stem.removeprefix("shard-"))


def _read_index(path: Path, number: int) -> pa.Table:
    """Read the index of a shard, with a column that says which of the shards it is."""
    try:
        table = pq.ParquetFile(path).read().select(SCHEMA.names).cast(SCHEMA)
        size = path.with_suffix(".tar").stat().st_size
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: the shard is damaged; run the command that made it again.") from error
    end = np.max(table["offset"].to_numpy() + table["length"].to_numpy(), initial=0)
    if size < end:
        raise InputError(f"{path}: the tar beside it is cut off; run the command that made it again.")
    return table.append_column("shard", pa.array(np.full(len(table), number, np.int32)))


def _newest(index: pa.Table) -> pa.Table:
    """Keep the last row of every view."""
    superseded = index["view_id"].to_pandas().duplicated(keep="last").to_numpy()
    return index.filter(pa.array(~superseded))


def _remove_unfinished_shards(folder: Path) -> tuple[pa.Table, int]:
    """Delete what is not whole; return the index of the rest and the number of the next shard."""
    remove_unfinished(folder)
    tables, following = [_NO_ROWS], 0
    for path in _indices(folder):
        try:
            tables.append(_read_index(path, 0))
            following = _number(path) + 1
        except InputError:
            path.unlink()
    for tar in folder.glob("shard-*.tar"):
        if not tar.with_suffix(".parquet").exists():
            tar.unlink()
    return pa.concat_tables(tables), following


def _missing(photos: Iterable[tuple[str, Path, str]], finished: pa.Table) -> list[Photo]:
    """Return the photos that the shards do not hold as they are now; of a view given twice, the last."""
    wanted = pd.DataFrame.from_records(list(photos), columns=["view_id", "path", "sha256"])
    wanted = wanted.fillna({"sha256": ""}).drop_duplicates("view_id", keep="last")
    newest = _newest(finished)
    held = pd.Series(newest["sha256"].to_pandas().to_numpy(), index=newest["view_id"].to_pandas().to_numpy())
    there = wanted["view_id"].map(held)
    missing = there.isna() | ((wanted["sha256"] != "") & (wanted["sha256"] != there))
    return [Photo(*values) for values in wanted[missing].itertuples(index=False)]
