"""Installs the engine: an environment of its own, PyTorch and the engine in it, step by step in child processes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TextIO

from qgis.PyQt.QtCore import QLockFile, QObject, QTimer, pyqtSignal

from ..i18n import tr
from ..version import version
from . import builds, environment
from .childenvironment import child_environment
from .command import Command, Outcome
from .disk import storage_error
from .diskroom import check_room
from .enginecheck import CheckedEngine, EngineCheck
from .errors import EngineError
from .failures import explain, may_be_elsewhere
from .installlock import take_lock
from .installprogress import InstallProgress
from .proxy import proxy_environment
from .pythons import FoundPython, PythonSearch, candidates
from .wheelfile import check_wheel

#: Ready-made packages only: compiling one here would need what planners do not have, and fail late.
_PIP = [
    "-X",
    "utf8",
    "-I",
    "-m",
    "pip",
    "install",
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar",
    "off",
]
_PIP += ["--no-user", "--only-binary", ":all:", "--retries", "3", "--timeout", "30"]
_REMOVE = "import shutil, sys; [shutil.rmtree(folder, ignore_errors=True) for folder in sys.argv[1:]]"


class EngineInstall(QObject):
    """One installation of the engine. It runs beside the window, can be cancelled, and ends once.

    A second one in another QGIS window waits for nobody: it fails with a sentence. What an earlier one left unfinished
    is built anew; files that were downloaded whole are in pip's cache and come from there.

    Parameters
    ----------
    data_folder : str
        The folder that has ``engine/`` in it.
    build : str
        ``cpu`` or ``cuda``.
    wheel : str
        A wheel file of the engine; the package index otherwise.
    pip_config : str
        A configuration file for pip beside those that it finds by itself: for organisations with packages of their own,
        and for tests.
    parent : QObject, optional
        Who owns it.

    Attributes
    ----------
    note : str
        After success: what somebody should know, or empty.
    """

    #: Share that is done (0 to 1), and what is being done.
    progressed = pyqtSignal(float, str)
    #: A line for the log.
    printed = pyqtSignal(str)
    #: With the path of the Python that has the engine.
    finished = pyqtSignal(str)
    #: With an `EngineError` of kind ``environment``, ``disk``, ``network``, ``certificate`` or ``cancelled``.
    failed = pyqtSignal(object)

    def __init__(
        self, data_folder: str, build: str = "cpu", wheel: str = "", pip_config: str = "", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._data_folder = Path(data_folder)
        self._build = build
        self._wheel = wheel
        self._pip_config = pip_config
        self._folder = environment.new_folder(data_folder, version())
        # For what pip unpacks, on the disk that is checked: the system's temporary folder may be small.
        self._temporary = environment.engine_folder(data_folder) / "unpacking"
        self._variables: dict[str, str] = {}
        self._lock: QLockFile | None = None
        self._log: TextIO | None = None
        self._child: Command | PythonSearch | EngineCheck | None = None
        self._is_running = self._is_cancelled = False
        self._attempts: list[builds.Attempt] = []
        self._progress = InstallProgress(self._temporary, self)
        self._progress.told.connect(self.progressed)
        self.note = ""

    @property
    def is_running(self) -> bool:
        """Whether it has begun and not ended."""
        return self._is_running

    def start(self) -> None:
        """Begin."""
        self._is_running = True
        QTimer.singleShot(0, self._begin)

    def cancel(self) -> None:
        """Stop; it ends in `failed` with an error of kind ``cancelled``, as soon as the child process has ended."""
        if not self._is_running or self._is_cancelled:
            return
        self._is_cancelled = True
        self._progress.say(tr("Install", "Stopping…"))
        if isinstance(self._child, Command) and self._child.is_running:
            self._child.stop()
            return
        self._drop_child()
        QTimer.singleShot(0, self._end_cancelled)

    def close(self) -> None:
        """Stop at once and say nothing: for QGIS that closes. The next installation begins anew."""
        self.blockSignals(True)
        self._is_cancelled = True
        self._drop_child(wait=True)
        self._release()

    # The steps, in their order.

    def _begin(self) -> None:
        if self._is_cancelled:
            return
        try:
            if self._wheel:
                check_wheel(self._wheel)
            self._open()
            check_room(self._data_folder, builds.BUILDS[self._build].needed)
        except EngineError as error:
            self._fail(error)
            return
        self._variables = {**child_environment(), **proxy_environment(), **self._own_variables()}
        self._enter("search", tr("Install", "Looking for Python…"))
        search = PythonSearch(candidates(), self._variables, self)
        search.found.connect(self._make_environment)
        search.failed.connect(self._fail)
        self._child = search
        search.start()

    def _make_environment(self, python: FoundPython) -> None:
        message = tr("Install", "Making a place for the engine (Python {version})…")
        self._enter("venv", message.format(version=python.short_version))

        def make() -> None:
            try:
                self._temporary.mkdir(exist_ok=True)
            except OSError as error:
                self._fail(storage_error(error, str(self._folder)))
                return
            self._run(python.program, ["-X", "utf8", "-I", "-m", "venv", str(self._folder)], self._install_torch)

        # What an unfinished installation left can be gigabytes: not a thing to delete in the window's process.
        left = [str(self._temporary), str(self._folder)]
        self._run(python.program, ["-I", "-c", _REMOVE, *left], make)

    def _install_torch(self) -> None:
        self._attempts = builds.attempts(self._build)
        self._try_torch()

    def _try_torch(self) -> None:
        attempt = self._attempts.pop(0)
        try:
            check_room(self._data_folder, attempt.needed)
        except EngineError as error:
            self._fail(error)
            return
        self._enter("torch", tr("Install", "Looking for PyTorch…"))
        # Without what it depends on: that comes from the package index, with the engine.
        self._run(self._python, [*_PIP, "--no-deps", *attempt.arguments], self._install_engine, self._torch_failed)

    def _torch_failed(self, outcome: Outcome) -> None:
        if self._attempts and may_be_elsewhere(outcome):
            self._print(tr("Install", "PyTorch's own index cannot be used; trying the package index."))
            self._try_torch()
        else:
            self._fail(explain(outcome))

    def _install_engine(self) -> None:
        constraints = self._temporary / "constraints.txt"
        try:
            constraints.write_text(builds.constraints(), encoding="utf-8")
        except OSError as error:
            self._fail(storage_error(error, str(self._folder)))
            return
        self._enter("engine", tr("Install", "Looking for the engine's packages…"))
        wanted = self._wheel or f"streetsense=={version()}"
        self._run(self._python, [*_PIP, "-c", str(constraints), wanted], self._check)

    def _check(self) -> None:
        self._enter("check", tr("Install", "Starting the engine for the first time…"))
        check = EngineCheck(self._python, self._variables, self)
        check.command.printed.connect(self._print)
        check.succeeded.connect(self._tidy)
        check.failed.connect(self._fail)
        self._child = check
        check.start()

    def _tidy(self, engine: CheckedEngine) -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        installed = environment.Installed(engine.version, self._python, self._build, engine.torch, now)
        try:
            environment.write_marker(self._folder, installed)
        except OSError as error:
            self._fail(storage_error(error, str(self._folder)))
            return
        if self._build == "cuda" and not engine.has_cuda:
            self.note = tr(
                "Install",
                "PyTorch finds no NVIDIA card that it can use here, so the engine computes on the processor: update "
                "the card's driver, then start the engine again.",
            )
        self._enter("tidy", tr("Install", "Tidying up…"))
        # An engine of an older version that runs is not disturbed; its folder goes with the next installation.
        old = [] if environment.engine_runs(self._data_folder) else environment.superseded_folders(self._data_folder)
        folders = [str(folder) for folder in {self._temporary, *old}]
        self._run(self._python, ["-I", "-c", _REMOVE, *folders], self._succeed, lambda _outcome: self._succeed())

    def _succeed(self) -> None:
        self._progress.end(tr("Install", "The engine is installed."))
        self._release()
        self.finished.emit(self._python)

    # What the steps share.

    @property
    def _python(self) -> str:
        return str(environment.python_in(self._folder))

    def _open(self) -> None:
        """Make the folder, take the lock, begin the log."""
        folder = environment.engine_folder(self._data_folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(error, str(folder)) from error
        self._lock = take_lock(folder)
        try:
            self._log = environment.log_file(self._data_folder).open("w", encoding="utf-8")
        except OSError as error:
            raise storage_error(error, str(folder)) from error
        self._print(f"StreetSense {version()}, {self._build}, {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC")

    def _own_variables(self) -> dict[str, str]:
        variables = {name: str(self._temporary) for name in ("TMPDIR", "TEMP", "TMP")}
        variables["PYTHONIOENCODING"] = "utf-8"
        # For a pip that knows it, the rest of a download that broke off; the others ignore it.
        variables["PIP_RESUME_RETRIES"] = "5"
        if self._pip_config:
            variables["PIP_CONFIG_FILE"] = self._pip_config
        return variables

    def _run(
        self,
        program: str,
        arguments: list[str],
        then: Callable[[], None],
        otherwise: Callable[[Outcome], None] | None = None,
    ) -> None:
        def hear(outcome: Outcome) -> None:
            self._child = None
            if self._is_cancelled:
                self._end_cancelled()
            elif outcome.is_good:
                then()
            elif otherwise is not None:
                otherwise(outcome)
            else:
                self._fail(explain(outcome))

        command = Command(program, arguments, self._variables, parent=self)
        command.printed.connect(self._read)
        command.ended.connect(hear)
        self._child = command
        command.start()

    def _enter(self, step: str, message: str) -> None:
        self._print(f"-- {message}")
        self._progress.enter(step, message)

    def _read(self, line: str) -> None:
        self._print(line)
        self._progress.read(line)

    def _print(self, line: str) -> None:
        if self._log is not None:
            try:
                self._log.write(line + "\n")
                self._log.flush()
            except OSError:  # a full disk; the step itself will say so
                self._log = None
        self.printed.emit(line)

    def _fail(self, error: EngineError) -> None:
        self._child = None
        self._print(f"-- {error}")
        self._release()
        self.failed.emit(error)

    def _end_cancelled(self) -> None:
        self._fail(
            EngineError(tr("Install", "The installation was cancelled; it can begin again at any time."), "cancelled")
        )

    def _drop_child(self, wait: bool = False) -> None:
        if self._child is not None:
            self._child.drop(wait)
        self._child = None

    def _release(self) -> None:
        self._is_running = False
        self._progress.end()
        if self._log is not None:
            self._log.close()
            self._log = None
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None
