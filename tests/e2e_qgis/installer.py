"""QGIS' own installer, as its window "Manage and Install" uses it."""

from __future__ import annotations

import pyplugin_installer
import qgis.utils
from scene import Scene

PACKAGE = "streetsense_qgis"


def install(scene: Scene) -> object:
    """Install the zip, and return the object that QGIS runs."""
    pyplugin_installer.initPluginInstaller()
    with scene.unwatched():
        pyplugin_installer.instance().installFromZipFile(scene.package)
    scene.breathe()
    return qgis.utils.plugins[PACKAGE]


def uninstall(scene: Scene) -> None:
    """Remove it."""
    with scene.unwatched():
        pyplugin_installer.instance().uninstallPlugin(PACKAGE, quiet=True)
    scene.breathe()
