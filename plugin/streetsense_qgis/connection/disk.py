"""Why a file on this computer cannot be read or written, in one sentence."""

from __future__ import annotations

import errno

from ..i18n import tr
from .errors import EngineError


def storage_error(error: Exception, path: str) -> EngineError:
    """Return the error for people.

    Parameters
    ----------
    error : Exception
        What the system said, usually an OSError.
    path : str
        Of what.
    """
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        sentence = tr("Connection", "The disk is full, so {path} could not be written; make room and try again.")
    elif isinstance(error, PermissionError):
        sentence = tr(
            "Connection", "{path} is in use or not yours to change; close what uses it or choose another place."
        )
    elif isinstance(error, FileNotFoundError):
        sentence = tr("Connection", "{path} is not there any more; choose it again.")
    elif number == errno.EROFS:
        sentence = tr("Connection", "{path} lies on a disk that cannot be written to; choose another place.")
    else:
        reason = getattr(error, "strerror", None) or str(error)
        sentence = tr("Connection", "{path} cannot be read or written ({reason}); check the disk.")
        return EngineError(sentence.format(path=path, reason=reason), "disk")
    return EngineError(sentence.format(path=path), "disk")
