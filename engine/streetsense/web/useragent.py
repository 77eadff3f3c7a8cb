"""How we introduce ourselves to other people's servers."""

from __future__ import annotations

import os

from streetsense import __version__

#: The environment variable with an e-mail or address of whoever runs this; servers ask for one.
CONTACT = "STREETSENSE_CONTACT"


def default_user_agent() -> str:
    """Return how we introduce ourselves to servers: name, version, purpose, and whom to write to.

    Whom to write to comes from the environment variable ``STREETSENSE_CONTACT``. Only printable ASCII can stand in an
    HTTP header; the rest is left out.
    """
    letters = os.environ.get(CONTACT, "").encode("ascii", "ignore").decode()
    contact = "".join(letter if letter.isprintable() else " " for letter in letters).strip()
    return f"StreetSense/{__version__} (urban research; contact: {contact or f'set {CONTACT}'})"
