"""The engine where there is no window: one that runs already, or one that is started for a command line."""

from __future__ import annotations

import atexit
import json
import os
import queue
import secrets
import subprocess  # nosec B404
import tempfile
import threading
import time
from pathlib import Path

from qgis.core import QgsApplication, QgsProcessingFeedback, QgsSettings
from qgis.PyQt.QtCore import QThread

from ..connection.childenvironment import engine_environment
from ..connection.client import EngineClient
from ..connection.environment import installed_python
from ..connection.errors import EngineError
from ..connection.proxy import proxy_environment
from ..connection.settings import ConnectionSettings, read_token
from ..connection.statefile import read_note
from ..connection.statefile import read_token as read_local_token
from ..i18n import tr

#: What a command line can be told; each goes before the settings.
URL, TOKEN, PYTHON, STUDIES = "STREETSENSE_URL", "STREETSENSE_TOKEN", "STREETSENSE_PYTHON", "STREETSENSE_STUDIES"
#: Seconds that the engine has to start; the first import of PyTorch reads two gigabytes.
_START = 180.0
_STOP = 10.0


def explanation() -> str:
    """Return how the engine is found without a window, for people."""
    text = tr(
        "Processing",
        "Without a window (qgis_process) the engine is found by variables of the environment: {url} and {token} for "
        "one that runs; or {python}, the Python that has it, and {studies}, the folder of the studies, for one that is "
        "started and stopped again. Without them it is the engine of this computer, as the settings of StreetSense "
        "say.",
    )
    return text.format(url=URL, token=TOKEN, python=PYTHON, studies=STUDIES)


class HeadlessEngine:
    """Finds or starts an engine; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._at = ("", "")

    def find(self, feedback: QgsProcessingFeedback) -> tuple[str, str]:
        """Return address and token of an engine.

        Raises
        ------
        EngineError
            When there is none, it does not start, or somebody stopped it.
        """
        if URL in os.environ:
            return _given()
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return self._at
            settings = ConnectionSettings.load()
            if PYTHON not in os.environ:
                if settings.mode == "remote":
                    return _remote(settings)
                running = _running(Path(settings.data_folder), feedback)
                if running is not None:
                    return running
            python = os.environ.get(PYTHON) or settings.python or installed_python(settings.data_folder)
            if not python or not Path(python).is_file():
                raise EngineError(_no_engine(python), "environment")
            studies = os.environ.get(STUDIES) or str(Path(settings.data_folder) / "studies")
            return self._start(python, studies, feedback)

    def close(self) -> None:
        """Stop the engine that was started here."""
        process, self._process = self._process, None
        if process is None:
            return
        atexit.unregister(self.close)
        process.terminate()
        try:
            process.wait(_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
        if process.stdout is not None:
            process.stdout.close()

    def _start(self, python: str, studies: str, feedback: QgsProcessingFeedback) -> tuple[str, str]:
        feedback.pushInfo(tr("Processing", "The engine is starting."))
        # `-m` looks for modules in the working directory, so that is the engine's own; a link to a Python stays one.
        place = Path(studies).absolute()
        place.mkdir(parents=True, exist_ok=True)
        studies, python = str(place), str(Path(python).absolute())
        token = secrets.token_urlsafe(32)
        command = [python, "-m", "streetsense", "serve", "--studies", studies, "--port", "0", "--json"]
        command.append("--stop-with-parent")
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
            # A Python that the user chose or installed, fixed arguments and no shell.
            process = subprocess.Popen(  # nosec B603
                command,
                env={**engine_environment(), **_proxy(), TOKEN: token},
                cwd=place.parent,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
            )
            self._process = process
            atexit.register(self.close)
            line = _first_line(process, feedback)
            try:
                address = str(json.loads(line)["url"])
            except (ValueError, KeyError, TypeError) as error:
                self.close()
                errors.seek(0)
                said = (errors.read().strip().splitlines() or [tr("Processing", "it says nothing")])[-1]
                if feedback.isCanceled():
                    raise EngineError(tr("Processing", "This was stopped."), "cancelled") from error
                sentence = tr("Processing", "The engine in {python} does not start ({reason}); check its installation.")
                raise EngineError(sentence.format(python=python, reason=said[:300]), "environment") from error
        self._at = (address, token)
        return self._at


def _given() -> tuple[str, str]:
    """Return what the environment names."""
    if not os.environ.get(TOKEN):
        sentence = tr("Processing", "{url} is set but {token} is not; set it to the token that the engine shows.")
        raise EngineError(sentence.format(url=URL, token=TOKEN), "token")
    return os.environ[URL], os.environ[TOKEN]


def _running(folder: Path, feedback: QgsProcessingFeedback) -> tuple[str, str] | None:
    """Return the engine that a window of QGIS has started on this computer, if it answers."""
    note, token = read_note(folder), read_local_token(folder)
    if note is None or not token:
        return None
    try:
        client = EngineClient(note.url, token)
        client.health().wait(feedback)
    except EngineError:
        return None  # a note of an engine that has ended
    client.close()
    return note.url, token


def _first_line(process: subprocess.Popen[str], feedback: QgsProcessingFeedback) -> str:
    """Return the first line that a process prints; empty when it ends, takes too long, or somebody stops it."""
    lines: queue.Queue[str] = queue.Queue()
    stdout = process.stdout
    # Reading cannot be broken off, so that a thread does it.
    threading.Thread(target=lambda: lines.put(stdout.readline() if stdout else ""), daemon=True).start()
    until = time.monotonic() + _START
    while time.monotonic() < until and not feedback.isCanceled():
        try:
            return lines.get(timeout=0.1)
        except queue.Empty:
            continue
    return ""


def _remote(settings: ConnectionSettings) -> tuple[str, str]:
    """Return what the settings name, where QGIS' store of passwords is open already and may be read."""
    try:
        if QThread.currentThread() is QgsApplication.instance().thread():
            return settings.address, read_token(settings.authcfg, may_ask=False)
    except EngineError as error:
        raise EngineError(_locked(settings.address), "token") from error
    raise EngineError(_locked(settings.address), "token")


def _locked(address: str) -> str:
    sentence = tr(
        "Processing",
        "The settings name the engine at {address}, whose token cannot be read without a window; set {url} and "
        "{token}.",
    )
    return sentence.format(address=address, url=URL, token=TOKEN)


def _proxy() -> dict[str, str]:
    """Return QGIS' proxy for the engine, unless the proxy's password is locked away."""
    return {} if QgsSettings().value("proxy/authcfg", "") else proxy_environment()


def _no_engine(python: str | None) -> str:
    if python:
        return tr("Processing", "There is no Python at {python}; correct the path.").format(python=python)
    sentence = tr(
        "Processing",
        "There is no engine on this computer; install it in the StreetSense panel, set {python} to a Python that has "
        "it, or set {url} and {token} for one that runs elsewhere.",
    )
    return sentence.format(python=PYTHON, url=URL, token=TOKEN)
