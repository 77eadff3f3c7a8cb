"""Where the photo of a view is, found without reading the study's views at every request."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streetsense.study.tables import VIEW_SCHEMA, PartTable

if TYPE_CHECKING:
    import pyarrow as pa

#: How many studies' views are kept. A million views take some 200 MB.
MOST_STUDIES = 3
_COLUMNS = ["view_id", "path", "sha256", "status"]


@dataclass(frozen=True)
class ViewPhoto:
    """A view's photo.

    Attributes
    ----------
    path : str or None
        Relative to the study, or where a linked photo stayed; None where the view has none.
    sha256 : str or None
        Of its bytes, as they were fetched.
    status : str
        ``ok``, or why there is no photo that can be used.
    """

    path: str | None
    sha256: str | None
    status: str


class ViewIndex:
    """The photos of views by study; a study is read again once its views have changed. Safe to use from threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._studies: OrderedDict[Path, tuple[list[tuple[str, int]], pa.Table]] = OrderedDict()

    def find(self, study: Path, view_id: str) -> ViewPhoto | None:
        """Return the photo of a view; None where the study has no such view.

        Raises
        ------
        StreetSenseError
            When a part of the views is damaged.
        """
        import pyarrow.compute as pc

        table = self._table(study)
        row = pc.index(table["view_id"], view_id).as_py()
        if row < 0:
            return None
        found = table.slice(row, 1).to_pylist()[0]
        return ViewPhoto(found["path"], found["sha256"], found["status"] or "missing")

    def _table(self, study: Path) -> pa.Table:
        views = PartTable(study / "views", "view_id", VIEW_SCHEMA)
        with self._lock:
            parts = [(part.name, part.stat().st_mtime_ns) for part in views.parts()]
            known = self._studies.pop(study, None)
            if known is None or known[0] != parts:
                known = (parts, views.read(_COLUMNS))
            self._studies[study] = known
            while len(self._studies) > MOST_STUDIES:
                self._studies.popitem(last=False)
            return known[1]
