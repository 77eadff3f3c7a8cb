"""Processes for tests of jobs, installed as another package's would be: by an entry point found on the path."""

from __future__ import annotations

from pathlib import Path

_MODULE = '''
import logging, os, subprocess, sys, threading, time
from typing import Annotated
from pydantic import Field, SecretStr
from streetsense.errors import InputError
from streetsense.processes import Process, ProcessInputs, ProcessOutputs


class Outputs(ProcessOutputs):
    total: int = Field(description="steps that are done")
    file: str = Field("", description="what was written, relative to the study")


class CountInputs(ProcessInputs):
    steps: int = Field(10, ge=1, description="steps")
    pause: float = Field(0.0, ge=0, description="rest after each step (s)")
    name: str = Field("count", description="of the file that keeps the steps")


def count(study, inputs, job):
    """Append one byte a step to a file: what was done is never done again."""
    path = study.root / "results" / (inputs.name + ".txt")
    path.parent.mkdir(exist_ok=True)
    with path.open("ab", buffering=0) as file:
        while file.tell() < inputs.steps:
            job.report(file.tell(), inputs.steps, f"step {file.tell()}")
            file.write(b".")
            time.sleep(inputs.pause)
    return Outputs(total=path.stat().st_size, file=f"results/{path.name}")


class EndInputs(ProcessInputs):
    how: str = Field("kill", description="kill, exit, error, input, stubborn, tree or linger")


def end(study, inputs, job):
    """End, or do not, in a way that is not polite."""
    if inputs.how == "kill":
        os.kill(os.getpid(), 9)
    if inputs.how == "exit":
        print("the last thing it said", flush=True)
        os._exit(3)
    if inputs.how == "error":
        raise RuntimeError("nobody expected this")
    if inputs.how == "input":
        raise InputError("how: 'input' is refused; give another.")
    if inputs.how == "stubborn":
        job.report(1, 10, "does not listen")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep(0.01)
    if inputs.how == "linger":
        threading.Thread(target=time.sleep, args=(60,)).start()
    if inputs.how == "tree":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (study.root / "grandchild").write_text(str(child.pid))
        os._exit(4)
    return Outputs(total=0)


class LeakInputs(ProcessInputs):
    key: SecretStr = Field(description="a provider's key")
    fail: bool = Field(False, description="end with an error that holds the key")


def leak(study, inputs, job):
    """Say a secret wherever it can be said."""
    key = inputs.key.get_secret_value()
    job.report(1, 2, f"asking with {key}")
    job.warn(f"refused: key={key}")
    print("printed", key)
    print("on stderr", key, file=sys.stderr)
    logging.getLogger("leak").warning("logged %s", key)
    if inputs.fail:
        raise RuntimeError(f"GET https://example.org/?key={key} failed")
    return Outputs(total=len(key), file=f"with {key}")


class ReadInputs(ProcessInputs):
    table: Path | None = Field(None, description="a file")


def read(study, inputs, job):
    """Read a file of the study."""
    return Outputs(total=len(inputs.table.read_bytes()) if inputs.table else 0)


COUNT = Process(id="count", title="Count", description="Counts.", inputs=CountInputs, outputs=Outputs, run=count,
                short=True)
ONCE = Process(id="once", title="Count once", description="Counts and cannot go on.", inputs=CountInputs,
               outputs=Outputs, run=count, resumes=False)
END = Process(id="end", title="End", description="Ends.", inputs=EndInputs, outputs=Outputs, run=end)
LEAK = Process(id="leak", title="Leak", description="Leaks.", inputs=LeakInputs, outputs=Outputs, run=leak)
READ = Process(id="read", title="Read", description="Reads.", inputs=ReadInputs, outputs=Outputs, run=read, short=True)
'''
_VERBS = ("count", "once", "end", "leak", "read")


def install_extra_processes(folder: Path) -> Path:
    """Write a package with the processes into ``folder``; put the folder on the path to have them."""
    (folder / "streetsense_extra.py").write_text(
        _MODULE.replace("import logging,", "from pathlib import Path\nimport logging,")
    )
    info = folder / "streetsense_extra-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: streetsense-extra\nVersion: 1.0\n")
    lines = "\n".join(f"{verb} = streetsense_extra:{verb.upper()}" for verb in _VERBS)
    (info / "entry_points.txt").write_text(f"[streetsense.processes]\n{lines}\n")
    return folder
