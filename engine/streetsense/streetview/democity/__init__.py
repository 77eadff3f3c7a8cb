"""Democity: a synthetic city that renders street views of any place, heading and date, with known truth behind them.

Nothing in it is real. Every picture, label and number is computed from a seed.
"""

from .camera import CameraPose
from .city import DemoCity
from .classes import CLASSES
from .indicators import INDICATORS, Indicator
from .render import RenderedViews, render_views
from .safety import safety_parts, safety_scores

__all__ = [
    "CLASSES",
    "INDICATORS",
    "CameraPose",
    "DemoCity",
    "Indicator",
    "RenderedViews",
    "render_views",
    "safety_parts",
    "safety_scores",
]
