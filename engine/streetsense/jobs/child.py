"""The process of one job: ``python -m streetsense.jobs.child``.

It is told what to do in one line of JSON on its standard input (`streetsense.jobs.runner.Order`), so that a provider's
key is in no file, no environment and no process list. With ``--ready`` it loads the heavy libraries before it reads.
Where the standard input cannot be used, as on a cluster, ``python -m streetsense.jobs.child STUDY JOB`` reads the
inputs from the job's record; they have no secrets then.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from streetsense.errors import Cancelled, InputError, StreetSenseError
from streetsense.jobs.redaction import Redactor, redacting_pipe
from streetsense.jobs.runner import BUSY, Order, is_dismissed
from streetsense.study import StudyBusy

#: What most jobs load, with the libraries below it.
_PARTS = ("jobs.execute", "embedding", "encoders", "indicators", "maps")


class _Stop:
    """Whether the process was asked to end: by SIGTERM, also while libraries are loading."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._hear)
        # A Ctrl-C in the server's terminal is the server's.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __call__(self) -> bool:
        return self.asked

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def main(arguments: list[str]) -> int:
    """Run one job and return the exit code of its process."""
    stop = _Stop()
    if arguments == ["--ready"]:
        _load_libraries()
        arguments = []
    order = _read_order(arguments)
    if order is None:  # the server has gone before there was anything to do
        return 0
    os.environ.update(order.environment)
    os.chdir(order.study)
    folder = order.study / "jobs" / order.job_id
    if not arguments:
        _write_to(folder / "log.txt", order)
    try:
        _run(order, stop)
    except Cancelled as cancelled:
        if is_dismissed(folder):
            _end(folder, "dismissed", cancelled)
        return cancelled.exit_code
    except StudyBusy:
        return BUSY  # it was free a moment ago; the job goes back to the others that wait
    except StreetSenseError as error:
        _end(folder, "failed", error)
        return error.exit_code
    return 0


def _run(order: Order, stop: _Stop) -> None:
    from streetsense.jobs.execute import execute
    from streetsense.processes import find_process
    from streetsense.processes.reads import check_served
    from streetsense.study import Study

    process = find_process(order.process)
    # Once more: a link may have been laid since the request was accepted.
    check_served(process, order.inputs, order.study)
    inputs = process.parse(order.inputs)
    if stop():
        raise Cancelled("interrupted before it began.")
    folder = order.study / "jobs" / order.job_id
    execute(
        process,
        Study.open(order.study),
        inputs,
        is_cancelled=stop,
        job_id=order.job_id,
        is_dismissed=lambda: is_dismissed(folder),
    )


def _end(folder: Path, state: str, error: StreetSenseError) -> None:
    """Give the record a last word where what came before `execute` failed; else there is one already."""
    from streetsense.jobs.record import JobState, end_record

    with contextlib.suppress(OSError, StreetSenseError):
        end_record(folder, JobState(state), str(error), error.exit_code)


def _read_order(arguments: list[str]) -> Order | None:
    if not arguments:
        line = sys.stdin.readline()
        return Order.model_validate_json(line) if line.strip() else None
    if len(arguments) != 2:
        raise SystemExit("usage: python -m streetsense.jobs.child STUDY JOB")
    study, job_id = Path(arguments[0]).resolve(), arguments[1]
    folder = study / "jobs" / job_id
    try:
        values: dict[str, Any] = json.loads((folder / "inputs.json").read_bytes())
        process = json.loads((folder / "status.json").read_bytes())["processID"]
    except (OSError, ValueError, KeyError) as error:
        raise SystemExit(f"job: {folder} cannot be read ({error}).") from None
    return Order(study=study, job_id=job_id, process=process, inputs=values)


def _write_to(log: Path, order: Order) -> None:
    """Let all that this process and its libraries print go to the job's log, without the secrets."""
    from streetsense.processes import find_process

    try:
        secrets = find_process(order.process).secrets
    except InputError:
        secrets = set()
    redact = Redactor([text for name in secrets for text in _texts(order.inputs.get(name))])
    try:
        stream = log.open("a", encoding="utf-8", buffering=1)
    except OSError:  # a full disk: the job will say so
        return
    faulthandler.enable(file=stream.fileno())
    # Without secrets straight to the file, so that the last words of a crash are there; with them through a pipe, for
    # libraries and further processes write past Python.
    target = redacting_pipe(stream, redact) if redact else stream.fileno()
    for number in (1, 2):
        os.dup2(target, number)
    words = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115 - to the end
    sys.stdout = sys.stderr = words


def _texts(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    if isinstance(value, dict | list):
        return [text for item in (value.values() if isinstance(value, dict) else value) for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _load_libraries() -> None:
    """Load what most jobs need, so that the next one begins at once."""
    import importlib

    from streetsense.processes import load_processes

    # Whatever cannot be loaded is the job's own failure, with its own last words.
    with contextlib.suppress(Exception):
        load_processes()
        for name in ("geopandas", "sklearn.linear_model", *(f"streetsense.{part}" for part in _PARTS)):
            importlib.import_module(name)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
