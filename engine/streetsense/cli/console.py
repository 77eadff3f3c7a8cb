"""What the command line shows: progress on standard error, results on standard output, an exit code an ending."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType

from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from streetsense.atomic import is_refusal, storage_error
from streetsense.errors import StreetSenseError

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

#: Seconds between progress lines when standard error is no terminal.
LINE_EVERY = 5.0


class ProgressBar:
    """A `streetsense.progress.Progress` on standard error: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, title: str) -> None:
        self._title, self._line = title, time.monotonic()
        columns = (
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[message]}"),
        )  # fmt: skip
        self._bar = Progress(*columns, console=err, transient=True) if err.is_terminal else None
        self._task = self._bar.add_task(title, total=1.0, message="") if self._bar else None

    def __enter__(self) -> ProgressBar:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def report(self, done: float, total: float, message: str = "") -> None:
        """Move the bar."""
        share = done / total if total else 0.0
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=share, message=message)
        elif time.monotonic() - self._line > LINE_EVERY:
            self._line = time.monotonic()
            err.print(f"{self._title}: {100 * share:.0f} % {message}", markup=False)

    def warn(self, message: str) -> None:
        """Print a warning above the bar."""
        err.print(f"warning: {message}", markup=False)


class Interrupt:
    """Turns the first Ctrl-C or SIGTERM into a polite stop; a second one ends the process at once."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        """Tell whether a stop was asked for."""
        return self.asked

    @contextmanager
    def listening(self) -> Iterator[Interrupt]:
        """Handle the signals inside the block."""
        before = {number: signal.signal(number, self._hear) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            if number == signal.SIGINT:  # a scheduler may send SIGTERM twice; a person presses Ctrl-C twice on purpose
                raise KeyboardInterrupt
            return
        self.asked = True
        err.print("stopping after the current step; press Ctrl-C again to stop at once", markup=False)


def show(outputs: BaseModel, *, as_json: bool) -> None:
    """Print what a process made: JSON for programs, one line a value for people."""
    if as_json:
        sys.stdout.write(outputs.model_dump_json(indent=2) + "\n")
        return
    for name, value in outputs.model_dump(mode="json").items():
        if value is None or value in ([], {}):
            continue
        if isinstance(value, dict) and all(isinstance(row, dict) for row in value.values()):
            _show_table(name.replace("_", " "), value)
        else:
            out.print(f"{name.replace('_', ' ')}: {_text(value)}", markup=False)


def _show_table(name: str, rows: dict[str, dict[str, object]]) -> None:
    """Print rows with the same fields below each other; a field and its ``_low`` and ``_high`` share a column."""
    fields = list(dict.fromkeys(field for row in rows.values() for field in row))
    shown = [field for field in fields if field.removesuffix("_low").removesuffix("_high") == field]
    table = Table(box=None, padding=(0, 2, 0, 0), title=name, title_justify="left", title_style="")
    table.add_column("")
    for field in shown:
        table.add_column(field.replace("_", " "), justify="right", no_wrap=True)
    for key, row in rows.items():
        table.add_row(key.replace("_", " "), *(_cell(row, field) for field in shown))
    Console(file=sys.stdout, highlight=False, width=max(out.width, 40 + 24 * len(shown))).print(table)


def _cell(row: dict[str, object], field: str) -> str:
    value, low, high = row.get(field), row.get(f"{field}_low"), row.get(f"{field}_high")
    if value is None:
        return ""
    return _text(value) if low is None or high is None else f"{_text(value)} ({_text(low)} to {_text(high)})"


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn an error of ours into one sentence on standard error and its exit code."""
    try:
        yield
    except StreetSenseError as error:
        err.print(f"streetsense: {error}", markup=False)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        err.print("streetsense: interrupted; what is finished is kept.", markup=False)
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(1) from None
    except OSError as error:
        where = Path(error.filename) if error.filename else Path()
        err.print(f"streetsense: {storage_error(error, where / 'x')}", markup=False)
        raise SystemExit(2 if is_refusal(error) else 1) from None


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)
