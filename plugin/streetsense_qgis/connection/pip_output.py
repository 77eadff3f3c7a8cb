"""What pip says, line by line, in words for people."""

from __future__ import annotations

import re
from pathlib import Path

from ..i18n import tr

_DOWNLOAD = re.compile(r"^\s*Downloading (?P<file>\S+\.whl)(?: \((?P<size>[\d.]+) (?P<unit>[kMG]?B)\))?$")
_COLLECT = re.compile(r"^Collecting (?P<name>[A-Za-z0-9][\w.-]*)")
_INSTALL = re.compile(r"^Installing collected packages: (?P<names>.+)$")
_UNITS = {"B": 1, "kB": 1000, "MB": 1_000_000, "GB": 1_000_000_000}
#: A package below this is there before its message could be read.
_WORTH_SAYING = 3_000_000


class PipOutput:
    """Follows the output of one run of pip.

    Parameters
    ----------
    expected : int
        About how many packages it will collect.

    Attributes
    ----------
    message : str
        What it does now; empty before the first line that matters.
    downloading : int
        Bytes of the file that it downloads now, 0 when it downloads none or did not say.
    """

    def __init__(self, expected: int) -> None:
        self._expected = max(1, expected)
        self._collected: set[str] = set()
        self._is_unpacking = False
        self.message = ""
        self.downloading = 0

    @property
    def share(self) -> float:
        """About how much of its work is done, 0 to 1."""
        if self._is_unpacking:
            return 0.8
        return min(0.75, 0.75 * len(self._collected) / self._expected)

    def read(self, line: str) -> bool:
        """Take the next line.

        Returns
        -------
        bool
            Whether there is something new to show.
        """
        download = _DOWNLOAD.match(line)
        if download is not None:
            return self._begin_download(download)
        collect = _COLLECT.match(line)
        if collect is not None:
            self.downloading = 0
            self._collected.add(collect["name"].lower())
            if not self.message:
                self.message = tr("Install", "Looking for packages…")
            return True
        install = _INSTALL.match(line)
        if install is not None:
            self.downloading, self._is_unpacking = 0, True
            number = install["names"].count(",") + 1
            self.message = (
                tr("Install", "Unpacking {number} packages… (this takes a few minutes on slow disks)").format(
                    number=number
                )
                if number > 1
                else tr("Install", "Unpacking…")
            )
            return True
        return False

    def _begin_download(self, match: re.Match[str]) -> bool:
        self.downloading = 0
        if match["size"] is None:
            return False
        size = int(float(match["size"]) * _UNITS[match["unit"]])
        if size < _WORTH_SAYING:
            return False
        self.downloading = size
        name = match["file"].rsplit("/", 1)[-1].split("-", 1)[0]
        self.message = tr("Install", "Downloading {package} ({size} {unit})…").format(
            package=_NAMES.get(name, name), size=match["size"], unit=match["unit"]
        )
        return True


#: As planners may have heard of them.
_NAMES = {"torch": "PyTorch"}


def bytes_arrived(folder: Path) -> int:
    """Return how many bytes of a download lie in pip's temporary folder.

    pip tells no progress that all its versions share, but the file grows.
    """
    try:
        return max((file.stat().st_size for file in folder.glob("pip-*/*.whl")), default=0)
    except OSError:
        return 0
