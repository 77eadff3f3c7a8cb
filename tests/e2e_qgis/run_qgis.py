"""Start the real QGIS on a screen of its own, let it play a scene, and read what it reports."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: Debian's `qgis` is a shell script around it.
QGIS = "/usr/bin/qgis.bin"
SCREEN = "-screen 0 1500x950x24"
#: How long an engine may take to end after QGIS (seconds).
GRACE_S = 20.0
SETTINGS = """[app]
overrideEnabled=true
[locale]
overrideFlag=true
userLocale={language}
[qgis]
checkVersion=false
showTips=false
[core]
NetworkCache\\size=1
"""


@dataclass(frozen=True)
class Played:
    """What came of a scene.

    Attributes
    ----------
    folder : Path
        Where the screenshots and all else that the scene wrote lies.
    facts : dict
        What the scene told with ``scene.tell``.
    problems : list of str
        Python errors, dialogs nobody expected, and the exception that ended the scene.
    worst_gap_s : float
        The longest time in which the window did not answer, without the scene's own screenshots.
    left_behind : list of str
        Command lines of processes that the scene started and that outlived QGIS.
    output : str
        What QGIS wrote to the terminal.
    """

    folder: Path
    facts: dict[str, object] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    worst_gap_s: float = 0.0
    gaps: dict[str, float] = field(default_factory=dict)
    left_behind: list[str] = field(default_factory=list)
    output: str = ""


def play(scene: str, folder: Path, package: Path, language: str = "en", timeout: float = 300.0, **given: str) -> Played:
    """Let QGIS play ``scenes/<scene>.py`` with the package installed by QGIS itself.

    Parameters
    ----------
    folder : Path
        Scratch: profile, home and screenshots. A profile that is there already is used again.
    package : Path
        The zip.
    given : str
        Handed to the scene as ``scene.given``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    profile = folder / "profiles" / "profiles" / "default" / "QGIS"
    if not profile.exists():
        profile.mkdir(parents=True)
        (profile / "QGIS3.ini").write_text(SETTINGS.format(language=language))
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    order = {"scene": scene, "package": str(package.resolve()), "folder": str(folder), "given": given}
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "QT_", "VIRTUAL_ENV"))},
        # QGIS takes the libraries of the first python3 on the path; only the system's has QGIS.
        "PATH": os.pathsep.join(("/usr/bin", "/bin", os.environ.get("PATH", ""))),
        "HOME": str(folder),
        # QGIS takes layers below the temporary folder for temporary ones, and asks about them when it is closed.
        "TMPDIR": str(temporary),
        "XDG_RUNTIME_DIR": str(runtime),
        "STREETSENSE_ORDER": json.dumps(order),
        "STREETSENSE_SCENES": str(HERE),
        "LC_ALL": "C.UTF-8",
    }
    command = ["xvfb-run", "-a", "-s", SCREEN, QGIS, "--noversioncheck", "--nologo"]
    command += ["--profiles-path", str(folder / "profiles"), "--code", str(HERE / "stage.py")]
    log = folder / "output.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, cwd=folder
        )
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    told = json.loads(report.read_text()) if report.exists() else {"problems": ["QGIS ended before the scene did."]}
    if process.returncode not in (0, -signal.SIGKILL):
        told["problems"].append(f"QGIS ended with {process.returncode}.")
    elif process.returncode:
        told["problems"].append(f"QGIS was still there after {timeout:g} s.")
    return Played(folder=folder, left_behind=_left(folder), output=log.read_text(errors="replace"), **told)


def _left(folder: Path) -> list[str]:
    """Return the command lines of processes that live in the scene's folder, after a moment in which they may end."""
    until = time.monotonic() + GRACE_S
    while (found := _living_in(folder)) and time.monotonic() < until:
        time.sleep(0.5)
    return found


def _living_in(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"HOME={folder}".encode() in environment and command:
                found.append(command)
    return found


def missing() -> str | None:
    """Return what this computer lacks for a scene, if anything."""
    if not Path(QGIS).exists():
        return "QGIS is not installed: apt-get install qgis python3-qgis"
    if not shutil.which("xvfb-run"):
        return "xvfb is not installed: apt-get install xvfb xauth"
    return None
