"""Secrets on the command line: read from standard input, or asked for without showing them, and never an argument."""

from __future__ import annotations

import getpass
import sys

from streetsense.errors import InputError

#: What an option of a secret is given.
FROM_INPUT = "-"


def asked_for(name: str, given: str) -> str:
    """Return the secret that an option stands for.

    Parameters
    ----------
    name : str
        The input.
    given : str
        The option's value.

    Raises
    ------
    InputError
        When the value is not ``-``, which it does not quote, or no secret comes.
    """
    if given != FROM_INPUT:
        raise InputError(
            f"{name}: others on this computer can read command lines; write --{name.replace('_', '-')} - and give it "
            "on standard input, or use an environment variable or the keyring: see 'streetsense providers'."
        )
    value = read_secret(name)
    if not value:
        raise InputError(f"{name}: nothing came from standard input; give one line.")
    return value


def read_secret(title: str) -> str:
    """Return one line of standard input, or what a person types, which a terminal does not show; stripped.

    Raises
    ------
    InputError
        When it is no text.
    """
    try:
        if sys.stdin is not None and sys.stdin.isatty():
            return getpass.getpass(f"{title}: ").strip()
        return (sys.stdin.readline() if sys.stdin is not None else "").strip()
    except EOFError:
        return ""
    except UnicodeDecodeError:
        raise InputError(f"{title}: standard input is no text; give one line.") from None
