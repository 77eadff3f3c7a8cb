"""What a window holds, counted: whoever is loaded and unloaded must leave the same behind as was there before."""

from __future__ import annotations

import gc
import os
import threading
from collections import Counter
from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt import sip
from qgis.PyQt.QtWidgets import QAction, QApplication, QDockWidget, QToolBar
from qgis.utils import iface

OURS = "streetsense_qgis"


def count() -> dict[str, int]:
    """Return how many of each there are now."""
    gc.collect()
    window = iface.mainWindow()
    return {
        "docks": len(window.findChildren(QDockWidget)),
        "actions": len(window.findChildren(QAction)),
        "toolbars": len(window.findChildren(QToolBar)),
        "top-level widgets": len(QApplication.topLevelWidgets()),
        "canvas items": len(iface.mapCanvas().scene().items()),
        "providers": len(QgsApplication.processingRegistry().providers()),
        "Qt objects of ours": sum(
            _is_ours(thing) and isinstance(thing, sip.simplewrapper) for thing in gc.get_objects()
        ),
        "threads": threading.active_count(),
        "processes": children(),
    }


def kinds() -> dict[str, int]:
    """Return how many there are of each kind of our objects, and of widgets and actions of the window: who leaks."""
    gc.collect()
    ours = Counter(f"{type(thing).__module__}.{type(thing).__name__}" for thing in gc.get_objects() if _is_ours(thing))
    tops = Counter(
        f"{type(one).__name__} {one.objectName() or one.windowTitle()}" for one in QApplication.topLevelWidgets()
    )
    actions = Counter(f"action {one.text()}" for one in iface.mainWindow().findChildren(QAction))
    return {**ours, **tops, **actions}


def children() -> int:
    """Return how many processes this one started."""
    tasks = Path(f"/proc/{os.getpid()}/task")
    return sum(len((task / "children").read_text().split()) for task in tasks.iterdir())


def _is_ours(thing: object) -> bool:
    return str(getattr(type(thing), "__module__", "")).startswith(OURS)
