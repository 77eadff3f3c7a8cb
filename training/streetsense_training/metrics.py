"""The numbers of a training run, a JSON object a line, so that a killed run leaves whole lines and can continue."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from streetsense.atomic import is_refusal, storage_error, write_bytes
from streetsense.errors import InputError

if TYPE_CHECKING:
    import io

    import pandas as pd

Value = float | int | str | bool | None


class MetricsLog:
    """Appends what a run measures to a file; every line is on its way to the disk before the next step begins.

    Parameters
    ----------
    path : Path
        The file, ``metrics.jsonl`` in the run's folder; it is continued when it is there.
    tensorboard : bool
        Whether to mirror the numbers into ``tensorboard/`` beside the file.

    Raises
    ------
    InputError
        When TensorBoard is asked for and not installed.
    """

    def __init__(self, path: Path, *, tensorboard: bool = False) -> None:
        self.path = path
        self._mirror = _Mirror(path.parent / "tensorboard") if tensorboard else None
        self._file: io.TextIOWrapper | None = None

    def __enter__(self) -> MetricsLog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def write(self, row: Mapping[str, Value | np.generic]) -> None:
        """Append one line.

        Parameters
        ----------
        row : mapping
            ``step`` (optimiser steps so far), ``epoch`` (epochs so far, with their fraction) and what was measured:
            numbers (also of NumPy), text or None. Numbers that are not finite become null.

        Raises
        ------
        InputError
            When the disk is full or cannot be written to.
        """
        plain = {name: _plain(value) for name, value in row.items()}
        plain |= {"step": int(row["step"]), "epoch": float(row["epoch"])}  # type: ignore[arg-type]
        try:
            if self._file is None:
                self._open()
            assert self._file is not None
            self._file.write(json.dumps(plain, ensure_ascii=False, allow_nan=False) + "\n")
            self._file.flush()
        except OSError as error:
            if is_refusal(error):
                raise storage_error(error, self.path) from error
            raise
        if self._mirror is not None:
            self._mirror.write(plain)

    def truncate_after(self, step: int) -> int:
        """Drop the lines beyond ``step`` and a half-written last line: the run continues from a checkpoint.

        Parameters
        ----------
        step : int
            The step of the checkpoint; its own lines stay.

        Returns
        -------
        int
            How many lines were dropped.

        Raises
        ------
        InputError
            When a line before the last is damaged.
        """
        self.close()
        if self._mirror is not None:
            self._mirror.forget_after(step)
        if not self.path.is_file():
            return 0
        lines = _split(self.path.read_bytes())
        rows = _rows(lines, self.path)
        kept = [line for line, row in zip(lines, rows, strict=False) if row["step"] <= step]
        if len(kept) < len(lines) or not self.path.read_bytes().endswith(b"\n"):
            write_bytes(self.path, b"".join(line + b"\n" for line in kept))
        return len(lines) - len(kept)

    def close(self) -> None:
        """Close the file; the next `write` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._mirror is not None:
            self._mirror.close()

    def _open(self) -> None:
        """Open the file at its end; what a killed run left of a line would spoil the next one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = self.path.read_bytes() if self.path.is_file() else b""
        if content and not content.endswith(b"\n"):
            write_bytes(self.path, content[: content.rfind(b"\n") + 1])
        self._file = self.path.open("a", encoding="utf-8")


def read_metrics(path: Path) -> pd.DataFrame:
    """Read what a `MetricsLog` wrote.

    Parameters
    ----------
    path : Path
        The file. A half-written last line is passed over, so it can be read while the run goes on.

    Returns
    -------
    DataFrame
        A row a line and a column a name, NaN where a line lacks it.

    Raises
    ------
    InputError
        When there is no such file, or a line before the last is damaged.
    """
    import pandas as pd

    if not path.is_file():
        raise InputError(f"metrics: {path} is not there; give the folder of a run that has begun.")
    rows = _rows(_split(path.read_bytes()), path)
    return pd.DataFrame(rows) if rows else pd.DataFrame({"step": [], "epoch": []})


def _split(content: bytes) -> list[bytes]:
    """Return the lines that end with a line feed."""
    return content.split(b"\n")[:-1]


def _rows(lines: list[bytes], path: Path) -> list[dict[str, Any]]:
    """Parse lines; the last may be damaged (a machine that lost power), and is left out then."""
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            usable = isinstance(row, dict) and isinstance(row.get("step"), int)
        except ValueError:
            usable = False
        if usable:
            rows.append(row)
        elif number < len(lines):
            raise InputError(f"metrics: line {number} of {path} is damaged; restore the file from a copy or delete it.")
    return rows


def _plain(value: Value | np.generic) -> Value:
    plain: Any = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


class _Mirror:
    """The same numbers in TensorBoard's own format."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise InputError(
                "tensorboard: it is not installed; install streetsense[tensorboard], or leave the option out."
            ) from error
        self._make: Any = SummaryWriter
        self._folder = folder
        self._writer: Any = None
        self._purge: int | None = None

    def write(self, row: dict[str, Value]) -> None:
        if self._writer is None:
            self._writer = self._make(str(self._folder), purge_step=self._purge)
        for name, value in row.items():
            if name != "step" and isinstance(value, int | float):
                self._writer.add_scalar(name, value, row["step"])
        self._writer.flush()

    def forget_after(self, step: int) -> None:
        self._purge = step + 1

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
