"""A job of the engine, followed from a thread of Processing until it ends."""

from __future__ import annotations

import re
import time
from typing import Any

from qgis.core import QgsProcessingFeedback
from qgis.PyQt.QtCore import QEventLoop, QTimer

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..i18n import tr

#: Seconds between two looks at a job, at first and at most, and between two looks at its log.
_LOOK_FIRST, _LOOK_MOST, _LOG_EVERY = 0.1, 1.0, 2.0
#: Seconds for which the engine may be away while a job runs.
_AWAY = 900.0
_ENDED = ("successful", "failed", "dismissed")
_WARNING = re.compile(r"\S+ warning: (.*)")


class Follower:
    """Follows a job: progress, messages and warnings go to Processing, its wish to stop goes to the engine.

    Parameters
    ----------
    client : EngineClient
        Of this thread.
    job : dict
        The job's status.
    feedback : QgsProcessingFeedback
        Processing's.
    begin, end : float
        Which part of Processing's progress the job is, in percent.
    """

    def __init__(
        self, client: EngineClient, job: dict[str, Any], feedback: QgsProcessingFeedback, begin: float, end: float
    ) -> None:
        self._client, self._job, self._feedback = client, job, feedback
        self._begin, self._end = begin, end
        self._message = ""
        self._offset, self._rest, self._asked = 0, "", 0.0

    def wait(self) -> dict[str, Any]:
        """Wait for the end and return the outputs.

        Raises
        ------
        EngineError
            When the job failed, was stopped (kind ``cancelled``), or the engine stays away.
        """
        pause, heard, is_stopping = _LOOK_FIRST, time.monotonic(), False
        while True:
            try:
                if self._feedback.isCanceled() and not is_stopping:
                    is_stopping = True
                    self._job = self._stopped()
                elif self._job["status"] not in _ENDED:
                    wish = None if is_stopping else self._feedback
                    self._job = self._client.job(self._job["jobID"]).wait(wish)
                heard = time.monotonic()
                self._tell()
                if self._job["status"] in _ENDED:
                    return self._ended()
            except EngineError as error:
                if error.kind == "cancelled" and not is_stopping:
                    continue
                if error.kind != "network" or is_stopping or time.monotonic() - heard > _AWAY:
                    raise
                self._say(tr("Processing", "Waiting for the engine: {reason}").format(reason=error))
            nap(pause)
            pause = min(_LOOK_MOST, pause * 1.3)

    def _stopped(self) -> dict[str, Any]:
        job: dict[str, Any] = self._client.job(self._job["jobID"]).wait()
        # Dismissing an ended job would take it off the list.
        return job if job["status"] in _ENDED else dict(self._client.dismiss(job["jobID"]).wait())

    def _ended(self) -> dict[str, Any]:
        job, name = self._job, self._job["jobID"]
        if job["status"] == "failed":
            sentence = job.get("message") or tr("Processing", "The job failed; its log says more.")
            raise EngineError(sentence, "refused" if job.get("exitCode") == 2 else "server")
        if job["status"] == "dismissed":
            sentence = tr(
                "Processing", "The job was stopped; what is finished is kept, and running it again continues."
            )
            raise EngineError(sentence, "cancelled")
        return dict(self._client.results(name).wait(self._feedback))

    def _tell(self) -> None:
        job = self._job
        share = float(job.get("progress") or 0) / 100
        self._feedback.setProgress(self._begin + (self._end - self._begin) * share)
        if job["status"] == "accepted":
            self._say(tr("Processing", "The job waits for its turn."))
        elif job.get("message") and job["status"] == "running":
            self._say(job["message"])
        self._warn(at_once=job["status"] in _ENDED)

    def _say(self, message: str) -> None:
        """Show a message when it says something new; counting on, it differs from the last one by its numbers alone."""
        kind = re.sub(r"[\d.,]+", "", message)
        if kind != self._message:
            self._message = kind
            self._feedback.setProgressText(message)

    def _warn(self, *, at_once: bool) -> None:
        """Pass on new warnings of the job's log."""
        if not at_once and time.monotonic() - self._asked < _LOG_EVERY:
            return
        self._asked = time.monotonic()
        while True:
            text, reached = self._client.job_log(self._job["jobID"], self._offset).wait()
            *lines, self._rest = (self._rest + text).split("\n")
            for line in lines:
                found = _WARNING.fullmatch(line)
                if found:
                    self._feedback.pushWarning(found[1])
            is_all, self._offset = reached == self._offset, reached
            if is_all or not at_once:
                return


def nap(seconds: float) -> None:
    """Let this thread's events run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()
