"""When a process started, which tells it from a later one that got the same number."""

from __future__ import annotations

from pathlib import Path


def started_at(pid: int) -> str:
    """Return what no other process with this number has; empty when there is none, or the system does not tell.

    On Linux the boot, and the kernel's ticks from then to the start. Elsewhere it takes more than reading a file.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # The second field is the command in brackets and may hold anything; the start is the 22nd.
        return f"{boot}+{stat.rpartition(')')[2].split()[19]}"
    except (OSError, IndexError):
        return ""
