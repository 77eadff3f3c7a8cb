"""A process that has loaded everything and becomes the command line, once for each command that it is given.

Each command has a process of its own, as a user's has, without the seconds in which libraries are loaded. Linux and
macOS only, as it forks.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

#: What takes long to load, with all that it needs itself.
_HEAVY = (
    "streetsense.study",
    "streetsense.encoders",
    "streetsense_training.trainer",
    "pyogrio",
    "sklearn.linear_model",
)


class LoadedCommandLine:
    """Runs commands one at a time; for the process that makes it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, arguments: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Run ``streetsense`` with arguments in the present folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            streams = [str(Path(folder, name)) for name in ("out", "err")]
            order = {"arguments": arguments, "env": env, "folder": str(Path.cwd()), "streams": streams}
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            said = [Path(stream).read_text(encoding="utf-8") for stream in streams]
        return subprocess.CompletedProcess(["streetsense", *arguments], code, *said)


def _become(order: dict[str, object]) -> None:
    """Be the command line; does not return."""
    os.chdir(str(order["folder"]))
    os.environ.clear()
    os.environ.update(order["env"])  # type: ignore[call-overload]
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number, path in enumerate(order["streams"], 1):  # type: ignore[arg-type, var-annotated]
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    sys.argv = ["streetsense", *order["arguments"]]  # type: ignore[misc]
    code: object = 1
    try:
        from streetsense.cli import main

        main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _serve() -> None:
    """Take commands until nobody gives any more."""
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    for name in _HEAVY:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
