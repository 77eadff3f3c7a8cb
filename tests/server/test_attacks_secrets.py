"""A provider's key is searched for in everything that a run leaves."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import psutil
import pytest

from tests.server.conftest import until
from tests.server.serving import Served, serving

pytestmark = pytest.mark.e2e

_WHISPER = """
import logging, os, subprocess, sys, warnings
from pydantic import Field, SecretStr
from streetsense.errors import StreetSenseError
from streetsense.processes import Process, ProcessInputs, ProcessOutputs


class Inputs(ProcessInputs):
    key: SecretStr = Field(description="a provider's key")
    how: str = Field("error", description="how it ends")


class Outputs(ProcessOutputs):
    note: str = Field(description="what was done")
    table: dict[str, str] = Field(description="names to values")


def run(study, inputs, job):
    key = inputs.key.get_secret_value()
    half = len(key) // 2
    job.report(1, 3, f"asking with {key}")
    job.warn(f"refused: key={key}")
    print("printed", key, flush=True)
    print("in parts ", key[:half], sep="", end="", flush=True)
    print(key[half:], flush=True)
    sys.stderr.write(f"unfinished line {key}")
    sys.stderr.flush()
    os.write(1, f"by a library on its own {key}\\n".encode())
    os.write(2, f"by a library on its own {key}\\n".encode())
    subprocess.run([sys.executable, "-c", "import sys; print(sys.stdin.read(), file=sys.stderr)"], input=key, text=True)
    logging.getLogger("whisper").error("logged %s", key)
    warnings.warn(f"warned {key}")
    job.report(2, 3, "https://example.org/?key=" + key)
    if inputs.how == "sentence":
        raise StreetSenseError(f"key: '{key}' was refused; give another.")
    if inputs.how == "error":
        try:
            raise ValueError(key)
        except ValueError as error:
            raise RuntimeError(f"GET https://example.org/?key={key}") from error
    return Outputs(note=f"asked with {key}", table={key: key})


WHISPER = Process(id="whisper", title="Whisper", description="Whispers.", inputs=Inputs, outputs=Outputs, run=run)
"""


@pytest.fixture(scope="module")
def whisper_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with a process that tells its secret to everybody."""
    folder = tmp_path_factory.mktemp("whisper")
    (folder / "streetsense_whisper.py").write_text(_WHISPER)
    info = folder / "streetsense_whisper-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: streetsense-whisper\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[streetsense.processes]\nwhisper = streetsense_whisper:WHISPER\n")
    return folder


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("how", ["error", "sentence", "success"])
def test_a_providers_key_is_nowhere_after_a_run_that_tells_it_to_everybody(
    studies: Path, whisper_path: Path, how: str
) -> None:
    key = f"k3y/of+{how}&a=provider%0123456789"
    forms = [key, *{json.dumps(key)[1:-1], "k3y%2Fof%2B", "provider%250123456789", "provider%0123456789"}]
    environment = {"PYTHONPATH": os.pathsep.join([str(whisper_path), os.environ.get("PYTHONPATH", "")])}
    seen: dict[str, bytes] = {}
    with serving(studies, "--access-log", environment=environment) as server:
        refused = server.ask("POST", "/processes/whisper/execution", {"inputs": {"study": "town", "key": [key]}})
        assert refused[0] == 400
        seen["the answer to a bad request"] = refused[2]
        inputs = {"study": "town", "key": key, "how": how}
        status, headers, body = server.ask("POST", "/processes/whisper/execution", {"inputs": inputs})
        assert status == 201, body
        path = f"/jobs/{json.loads(body)['jobID']}"
        until(lambda: _look(server, path, seen), "the job ends")
        for part in ("", "/results", "/log", "/events"):
            seen[f"GET {path}{part}"] = server.ask("GET", path + part)[2]
        seen["headers"] = str(headers).encode()
        _search_files(studies, seen)
    seen["standard error"] = "".join(server.said).encode()
    _search_files(studies, seen)
    assert json.loads(seen[f"GET {path}"])["status"] == ("successful" if how == "success" else "failed")
    assert seen["/proc: cmdline"]
    found = [(where, form) for where, content in seen.items() for form in forms if form.encode() in content]
    assert not found, found
    assert b"[secret]" in seen[f"GET {path}/log"]


def _look(server: Served, path: str, seen: dict[str, bytes]) -> bool:
    """Add what can be seen of a running job; tell whether it has ended."""
    for process in psutil.Process(server.process.pid).children(recursive=True):
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                content = Path(f"/proc/{process.pid}/{name}").read_bytes()
                seen[f"/proc: {name}"] = seen.get(f"/proc: {name}", b"") + content
    body = server.ask("GET", path)[2]
    seen["status"] = seen.get("status", b"") + body
    return json.loads(body)["status"] not in ("accepted", "running")


def _search_files(folder: Path, seen: dict[str, bytes]) -> None:
    """Add the bytes of all files below ``folder`` to what was seen."""
    for path in folder.rglob("*"):
        if path.is_file():
            seen[str(path.relative_to(folder))] = path.read_bytes()
