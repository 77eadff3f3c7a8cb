"""The errors that users see: one sentence that names the input, what is wrong and what to do."""

from __future__ import annotations


class StreetSenseError(Exception):
    """A failure that is not the input's fault. The command line prints its sentence and exits with code 1."""

    exit_code = 1


class InputError(StreetSenseError):
    """Bad input. Write it as ``"<input>: what is wrong; what to do"``. The command line exits with code 2."""

    exit_code = 2


class StorageError(InputError):
    """The disk does not take what is to be written: it is full, or closed to this user."""


class Cancelled(StreetSenseError):
    """The user interrupted the work; everything finished so far is kept. The command line exits with code 130."""

    exit_code = 130
