"""Running a process on a study: lock, record, run, and a truthful last word."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Callable
from pathlib import Path

from streetsense.atomic import is_refusal, storage_error
from streetsense.errors import Cancelled, InputError, StreetSenseError
from streetsense.jobs.record import JobRecord, JobState, close_abandoned
from streetsense.jobs.redaction import Redactor, environment_secrets, secret_values
from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.progress import Progress, Silent
from streetsense.study import Study


def execute(
    process: Process,
    study: Study,
    inputs: ProcessInputs,
    *,
    screen: Progress | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
    job_id: str | None = None,
    is_dismissed: Callable[[], bool] = lambda: True,
) -> ProcessOutputs:
    """Run ``process`` on ``study`` and keep a record of it in the study.

    Parameters
    ----------
    process : Process
        What to run.
    study : Study
        On what. It is locked for as long as a writing process runs.
    inputs : ProcessInputs
        Checked inputs (`Process.parse`).
    screen : Progress, optional
        Who hears the progress besides the record.
    is_cancelled : callable, optional
        Asked at every report; True stops the job there.
    job_id : str, optional
        The record to take up, where a server has accepted the job already; a new one by default.
    is_dismissed : callable, optional
        Asked when the job was stopped: False says that nobody wants it to end for good, and its record stays open.

    Returns
    -------
    ProcessOutputs
        What the process made.

    Raises
    ------
    StreetSenseError
        Whatever the process says, without its secrets; unexpected errors become one with the job's log named.
    """
    if follows(process):
        return _follow(process, study, inputs, is_cancelled)
    redact = Redactor([*secret_values(inputs), *environment_secrets()])
    with study.lock(process.id) if process.writes else contextlib.nullcontext():
        if process.writes:
            close_abandoned(study.jobs_dir)
        values = inputs.model_dump(mode="json", exclude=process.secrets)
        record = JobRecord(study.jobs_dir, process.id, values, screen, is_cancelled, redact=redact, job_id=job_id)
        record.start()
        try:
            outputs = process.run(study, inputs, record)
        except (Cancelled, KeyboardInterrupt) as stop:
            if is_dismissed():
                record.finish(
                    JobState.DISMISSED, "interrupted; what is finished is kept", exit_code=Cancelled.exit_code
                )
            else:
                record.pause()
            raise Cancelled(str(stop) or "interrupted; what is finished is kept.") from stop
        except StreetSenseError as error:
            _fail(record, str(error), exit_code=error.exit_code)
            if redact(str(error)) != str(error):
                raise type(error)(redact(str(error))) from None
            raise
        except MemoryError as error:
            message = f"{process.id}: the memory is used up; choose a smaller batch or area."
            _fail(record, message, traceback.format_exc())
            raise StreetSenseError(message) from error
        except Exception as error:
            if isinstance(error, OSError) and is_refusal(error):
                sentence = _os_sentence(error, study)
                _fail(record, str(sentence), traceback.format_exc(), exit_code=sentence.exit_code)
                raise sentence from error
            _fail(record, f"{type(error).__name__}: {error}", traceback.format_exc())
            raise StreetSenseError(
                f"{process.id}: an unexpected error ({type(error).__name__}: {redact(str(error))[:200]}); the details "
                f"are in {record.folder / 'log.txt'}, please report them."
            ) from error
        record.finish(JobState.SUCCESSFUL, "", outputs.model_dump(mode="json"))
        return outputs


def _os_sentence(error: OSError, study: Study) -> InputError:
    """Say which file or folder of the study, or outside it, the system refused."""
    named = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else study.root / "study.json"
    with contextlib.suppress(ValueError):
        named = Path(study.root.resolve().name) / named.resolve().relative_to(study.root.resolve())
    if isinstance(error, FileNotFoundError):
        return InputError(f"{named}: there is no such file; check the inputs.")
    return storage_error(error, named)


def follows(process: Process) -> bool:
    """Tell whether this is one of several processes that run ``process`` together, and not the one that leads."""
    return process.together and os.environ.get("RANK", "0") != "0"


def _follow(process: Process, study: Study, inputs: ProcessInputs, is_cancelled: Callable[[], bool]) -> ProcessOutputs:
    """Run along with the process that keeps the record."""
    try:
        return process.run(study, inputs, _Follower(is_cancelled))
    except StreetSenseError:
        raise
    except Exception as error:
        raise StreetSenseError(
            f"{process.id}: process {os.environ['RANK']} of this run ended ({type(error).__name__}: "
            f"{str(error)[:200]}); what the first process says is the cause."
        ) from error


class _Follower(Silent):
    """The `Progress` of a process that runs along with the one that keeps the record."""

    def __init__(self, is_cancelled: Callable[[], bool]) -> None:
        self._is_cancelled = is_cancelled

    def report(self, done: float, total: float, message: str = "") -> None:
        """Tell nobody; stop when asked to."""
        if self._is_cancelled():
            raise Cancelled("interrupted; what is finished is kept.")


def _fail(record: JobRecord, message: str, details: str = "", *, exit_code: int = 1) -> None:
    """Record a failure where the disk still allows it; the first error is the one to show."""
    with contextlib.suppress(StreetSenseError):
        if details:
            record.log(details)
        record.finish(JobState.FAILED, message, exit_code=exit_code)
