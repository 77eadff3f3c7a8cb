"""The engine on this computer: found or started, and stopped when nobody needs it any more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QLockFile, QObject, QProcess, QTimer, pyqtSignal

from ..i18n import tr
from .childenvironment import engine_environment, process_environment
from .client import EngineClient
from .disk import storage_error
from .ending import Ending, is_busy
from .engineusers import EngineUser
from .errors import EngineError
from .processstart import started_at
from .proxy import proxy_environment
from .statefile import EngineNote, keep_token, make_token, next_token_file, read_note, read_token, write_note

#: Milliseconds between two looks while another window starts the engine, and between two attempts to start it.
_LOOK_EVERY, _START_AGAIN = 300, 1000
#: Attempts to start it: the one before may still be busy ending, and holds its folder meanwhile.
_ATTEMPTS = 12
#: Milliseconds that a start may take; the first one on a slow disk with a virus scanner is slow.
_START_LIMIT = 180_000
#: What the engine says when another one has its folder.
_TAKEN = "another server works on"


class LocalEngine(QObject):
    """Finds the engine of a data folder, or starts it; for the main thread.

    It is a process of its own that outlives QGIS while jobs run or wait.

    Parameters
    ----------
    data_folder : str
        Where its token and its studies are.
    parent : QObject, optional
        Of this object.
    """

    #: It answers: its address and its token.
    ready = pyqtSignal(str, str)
    #: It did not start, or it ended although nobody stopped it; with an `EngineError`.
    failed = pyqtSignal(object)

    def __init__(self, data_folder: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = Path(data_folder)
        self._python = self._version = ""
        self._token: str | None = None
        self._me = EngineUser(self._folder)
        self._is_another = False
        self._lock: QLockFile | None = None
        self._process: QProcess | None = None
        self._client: EngineClient | None = None
        self._note: EngineNote | None = None
        self._attempts = 0
        self._is_wanted = False
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.timeout.connect(self._too_slow)

    @property
    def pid(self) -> int | None:
        """The engine's process, while one is known."""
        return None if self._note is None else self._note.pid

    @property
    def is_own(self) -> bool:
        """Whether this object started it, rather than finding it."""
        return self._process is not None

    @property
    def is_another(self) -> bool:
        """Whether it is not the engine that was asked for but one from before, which jobs or other windows need."""
        return self._is_another

    def start(self, python: str, version: str = "") -> None:
        """Find the engine or start it; ends in `ready` or `failed`.

        Parameters
        ----------
        python : str
            The Python that it is installed in.
        version : str
            Of the engine there; empty: any will do. One of another version or in another Python that still runs, as
            after an update, is replaced unless jobs or other windows need it.
        """
        if self._is_wanted:
            return
        self._python, self._version, self._is_wanted, self._attempts = python, version, True, 0
        self._is_another = False
        try:
            (self._folder / "studies").mkdir(parents=True, exist_ok=True)
            # Before it is looked for: from here on nobody ends it who looks whether it is used.
            self._me.begin()
        except OSError as error:
            self._fail(storage_error(error, str(self._folder)))
            return
        self._lock = QLockFile(str(self._folder / "engine.lock"))
        self._find()

    def stop(self) -> None:
        """Let go of the engine, and stop it unless jobs run or wait; what remains to be done needs no more of this."""
        note, client, process = self._note, self._client, self._process
        self._let_go()
        if note is None or client is None:
            if process is not None:  # it has not said yet where it is: nothing can run there
                process.kill()
                process.deleteLater()
            return
        if process is not None:
            process.setParent(None)
            # Deleting it would kill the engine; where jobs run it has to outlive QGIS.
            sip.transferto(process, None)
        Ending(self._folder, note, self._me, client, process)

    def _find(self) -> None:
        """Look whether the engine runs already; only one window at a time starts one."""
        if not self._is_wanted or self._lock is None:
            return
        ending = Ending.of(self._folder)
        if ending is not None:  # it still answers, and is about to be gone
            ending.over.connect(self._find)
            return
        note = read_note(self._folder)
        token = read_token(self._folder)
        if note is not None and token:
            self._note = note
            try:
                self._client = EngineClient(note.url, token)
            except EngineError:
                self._not_there(note)
                return
            self._client.health().then(lambda health: self._found(note, health), lambda _: self._not_there(note))
        else:
            self._not_there(note)

    def _found(self, note: EngineNote, health: dict[str, Any]) -> None:
        if not self._is_wanted or self._client is None:
            return
        if read_note(self._folder) != note:  # another window has begun to end it
            self._find()
            return
        is_meant = self._version in ("", health["engine_version"]) and note.python in ("", self._python)
        if is_meant or is_busy(health) or not self._me.is_alone():
            self._is_another = not is_meant
            self._keep(note)
            return
        Ending(self._folder, note, self._me, self._client)
        self._note = self._client = None
        self._find()

    def _not_there(self, looked_at: EngineNote | None) -> None:
        self._note = self._client = None
        if not self._is_wanted or self._lock is None:
            return
        if not self._lock.tryLock(0):
            if self._lock.error() == QLockFile.LockError.LockFailedError:
                QTimer.singleShot(_LOOK_EVERY, self._find)  # another window starts it just now
                return
            self._fail(storage_error(PermissionError(), str(self._folder)))
            return
        if read_note(self._folder) != looked_at:  # another window was faster
            self._lock.unlock()
            self._find()
            return
        self._launch()

    def _launch(self) -> None:
        if not self._is_wanted:
            return
        self._attempts += 1
        try:
            self._token = make_token(self._folder)
        except OSError as error:
            self._fail(storage_error(error, str(self._folder)))
            return
        process = self._process = QProcess(self)
        process.setProcessEnvironment(process_environment({**engine_environment(), **_proxy()}))
        process.setWorkingDirectory(str(self._folder))
        # To a file, since a pipe would break when QGIS ends before the engine.
        process.setStandardErrorFile(str(self._log))
        process.readyReadStandardOutput.connect(self._heard)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._did_not_start)
        arguments = ["-m", "streetsense", "serve", "--studies", str(self._folder / "studies"), "--port", "0", "--json"]
        arguments += ["--token-file", str(next_token_file(self._folder)), "--stop-with-parent"]
        self._slow.start(_START_LIMIT)
        process.start(self._python, arguments)

    def _heard(self) -> None:
        """Read the line in which the engine says where it is; what is printed before it arrives with it at times."""
        while self._process is not None and self._note is None and self._process.canReadLine():
            self._read(bytes(self._process.readLine()))

    def _read(self, line: bytes) -> None:
        try:
            about = json.loads(line)
            url, pid = str(about["url"]), int(about["pid"])
            self._client = EngineClient(url, self._token or "")
        except (ValueError, KeyError, TypeError, EngineError):
            return  # something else that was printed; the line is still to come
        note = EngineNote(url, pid, started_at(pid), self._python)
        try:
            keep_token(self._folder)
            write_note(self._folder, note)
        except OSError as error:
            self._fail(storage_error(error, str(self._folder)))
            return
        self._keep(note)

    def _keep(self, note: EngineNote) -> None:
        """Use this engine from now on."""
        self._slow.stop()
        self._note = note
        if self._lock is not None:
            self._lock.unlock()
        self.ready.emit(note.url, self._client.token if self._client is not None else "")

    def _did_not_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            sentence = tr(
                "Connection",
                "The Python of the engine, {python}, does not start; install the engine or choose another.",
            )
            self._fail(EngineError(sentence.format(python=self._python), "environment"))

    def _ended(self, code: int, how: QProcess.ExitStatus) -> None:
        """Say why the engine is gone, or try again while the one before is still ending."""
        said = self._last_words()
        if self._note is None and _TAKEN in said and self._attempts < _ATTEMPTS:
            self._forget_process()
            QTimer.singleShot(_START_AGAIN, self._launch)
            return
        if how == QProcess.ExitStatus.CrashExit or not said:
            said = said or tr("Connection", "it said nothing")
            sentence = tr("Connection", "The engine on this computer was ended ({code}, {said}); connect again.")
        elif "No module named streetsense" in said:
            sentence = tr("Connection", "{python} has no engine; install it, or choose another Python in the settings.")
        elif self._note is None:
            sentence = tr("Connection", "The engine on this computer does not start: {said}")
        else:
            sentence = tr("Connection", "The engine on this computer stopped: {said}")
        self._fail(EngineError(sentence.format(code=code, said=said, python=self._python), "environment"))

    def _too_slow(self) -> None:
        sentence = tr(
            "Connection", "The engine on this computer did not start within {minutes} minutes; see {log} and try again."
        )
        self._fail(EngineError(sentence.format(minutes=_START_LIMIT // 60_000, log=self._log), "environment"))

    def _fail(self, error: EngineError) -> None:
        process = self._process
        self._let_go()
        if process is not None:
            process.kill()
            process.deleteLater()
        self.failed.emit(error)

    def _let_go(self) -> None:
        self._is_wanted = False
        self._slow.stop()
        self._forget_process()
        self._note = self._client = None
        self._me.end()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _forget_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            for signal in (process.finished, process.errorOccurred, process.readyReadStandardOutput):
                signal.disconnect()

    @property
    def _log(self) -> Path:
        return self._folder / "engine.log"

    def _last_words(self) -> str:
        """Return the last line that the engine wrote, without its own name in front."""
        try:
            with self._log.open("rb") as file:
                file.seek(max(0, self._log.stat().st_size - 4096))
                lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
        except OSError:
            return ""
        lines = [line for line in lines if "serving at" not in line]
        return lines[-1].removeprefix("streetsense: ")[:300] if lines else ""


def _proxy() -> dict[str, str]:
    """Return QGIS' proxy for the engine, unless QGIS would have to ask for its master password first."""
    is_locked = (
        bool(QgsSettings().value("proxy/authcfg", "")) and not QgsApplication.authManager().masterPasswordIsSet()
    )
    return {} if is_locked else proxy_environment()
