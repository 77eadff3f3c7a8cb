"""Whether a process still lives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from streetsense.alive import ProcessIdentity


def test_this_process_is_alive() -> None:
    assert ProcessIdentity.this().is_alive()
    assert ProcessIdentity.of(os.getpid()) == ProcessIdentity.this()


def test_another_process_with_the_same_number_is_another_one() -> None:
    assert not ProcessIdentity(pid=os.getpid(), started="another boot+1").is_alive()


def test_a_killed_process_is_not_alive_before_and_after_its_parent_asks() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = ProcessIdentity.of(child.pid)
    assert identity is not None
    assert identity.is_alive()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not identity.is_alive()
    child.wait()
    assert not identity.is_alive()
    assert ProcessIdentity.of(child.pid) is None


def test_it_does_not_depend_on_the_clock() -> None:
    # What changes when the clock is set is the time of the boot that the kernel reports; the identity holds none.
    boot, _, ticks = ProcessIdentity.this().started.partition("+")
    assert boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert ticks.isdigit()
