"""Installed, seen, reloaded ten times, uninstalled; nothing of it stays behind."""

from __future__ import annotations

import belongings
import qgis.utils
from installer import PACKAGE, install, uninstall
from qgis.core import QgsApplication
from qgis.PyQt.QtWidgets import QDockWidget, QToolBar
from qgis.utils import iface
from scene import Scene

ROUNDS = 10


def counted(scene: Scene) -> dict[str, int]:
    """Return what the window holds; going through all objects of Python takes a while."""
    with scene.unwatched():
        return belongings.count()


def kinds(scene: Scene) -> dict[str, int]:
    """Return what the window holds, by kind, to tell who leaks."""
    with scene.unwatched():
        return belongings.kinds()


def play(scene: Scene) -> None:
    scene.step("before")
    before = counted(scene)

    scene.step("install")
    install(scene)
    scene.spin(1.0)
    window = iface.mainWindow()
    scene.tell(
        toolbars=[bar.windowTitle() for bar in window.findChildren(QToolBar) if "StreetSense" in bar.windowTitle()],
        docks=[dock.windowTitle() for dock in window.findChildren(QDockWidget) if "StreetSense" in dock.windowTitle()],
        provider=QgsApplication.processingRegistry().providerById("streetsense") is not None,
        algorithms=len(QgsApplication.processingRegistry().providerById("streetsense").algorithms()),
    )
    scene.screenshot("installed")

    rounds = []
    for number in range(ROUNDS):
        scene.step(f"reload {number}")
        with scene.unwatched():
            qgis.utils.reloadPlugin(PACKAGE)
        scene.breathe()
        scene.spin(0.2)
        rounds.append(counted(scene))
        if number == 0:
            first = kinds(scene)
    last = kinds(scene)
    scene.tell(grown={name: count - first.get(name, 0) for name, count in last.items() if count > first.get(name, 0)})

    scene.step("unload")
    with scene.unwatched():
        qgis.utils.unloadPlugin(PACKAGE)
    scene.breathe()
    scene.spin(0.5)
    after = counted(scene)
    left = {name: count for name, count in kinds(scene).items() if name.startswith(PACKAGE)}
    scene.tell(before=before, rounds=rounds, after=after, left=left)

    scene.step("uninstall")
    uninstall(scene)
    scene.screenshot("uninstalled")
