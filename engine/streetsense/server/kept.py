"""Things that are slow to load, kept in memory for as long as their files stay the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

Thing = TypeVar("Thing")

#: What changes when a file is replaced: for each file its time, size and number.
Signature = tuple[tuple[int, int, int], ...]


class Kept(Generic[Thing]):
    """Loaded things by their folders; those that were not used for longest go first.

    Parameters
    ----------
    load : callable
        Loads the thing that lies in a folder.
    files : tuple of str
        The files in the folder that it is loaded from.
    size : callable
        Says how many bytes a thing takes.
    most, most_bytes : int
        How many are kept, and how large they may be together. The one that was asked for last always stays.
    """

    def __init__(
        self,
        load: Callable[[Path], Thing],
        files: tuple[str, ...],
        size: Callable[[Thing], int],
        *,
        most: int,
        most_bytes: int,
    ) -> None:
        self._load, self._files, self._size = load, files, size
        self._most, self._most_bytes = most, most_bytes
        self._things: OrderedDict[Path, tuple[Signature, Thing, int]] = OrderedDict()

    def get(self, folder: Path) -> Thing:
        """Return the thing in ``folder``, loaded anew when its files have changed.

        Raises
        ------
        StreetSenseError
            Whatever ``load`` says.
        """
        signature = signature_of(folder, self._files)
        known = self._things.pop(folder, None)
        if known is None or known[0] != signature:
            thing = self._load(folder)
            known = (signature, thing, self._size(thing))
        self._things[folder] = known
        while len(self._things) > 1 and (len(self._things) > self._most or self.size > self._most_bytes):
            self._things.popitem(last=False)
        return known[1]

    @property
    def size(self) -> int:
        """Bytes of all that is kept."""
        return sum(size for _, _, size in self._things.values())

    def things(self) -> list[tuple[Path, Thing, int]]:
        """Return folder, thing and bytes of all that is kept, the one used last at the end."""
        return [(folder, thing, size) for folder, (_, thing, size) in self._things.items()]

    def clear(self) -> None:
        """Let go of everything."""
        self._things.clear()


def signature_of(folder: Path, files: tuple[str, ...]) -> Signature:
    """Return what changes when one of the files is replaced; missing files count as empty."""
    found = []
    for name in files:
        try:
            status = (folder / name).stat()
            found.append((status.st_mtime_ns, status.st_size, status.st_ino))
        except OSError:
            found.append((0, 0, 0))
    return tuple(found)
