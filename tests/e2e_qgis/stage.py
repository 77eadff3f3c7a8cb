"""What QGIS runs after its start (``--code``): it finds the scene, lets it play, and leaves QGIS."""

from __future__ import annotations

import importlib
import json
import os
import sys

from qgis.PyQt.QtCore import QTimer

sys.path.insert(0, os.environ["STREETSENSE_SCENES"])

from scene import Scene

order = json.loads(os.environ["STREETSENSE_ORDER"])
scene = Scene(order)
part = importlib.import_module(f"scenes.{order['scene']}").play
# The window has to be there first: this file runs before the event loop does.
QTimer.singleShot(1500, lambda: scene.play(part))
