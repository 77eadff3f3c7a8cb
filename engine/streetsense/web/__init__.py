"""Asking other people's servers: politely, patiently, and without losing what they answered."""

from streetsense.web.answers import HostDown, OutOfTime, TryAgain, WebAnswer, WebError, WebRefusal
from streetsense.web.limits import HostLimits
from streetsense.web.waits import Waits
from streetsense.web.web import Web

__all__ = [
    "HostDown",
    "HostLimits",
    "OutOfTime",
    "TryAgain",
    "Waits",
    "Web",
    "WebAnswer",
    "WebError",
    "WebRefusal",
]
