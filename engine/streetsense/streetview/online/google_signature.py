"""Signatures of requests to Google's Maps Platform, with which more of them are answered.

https://developers.google.com/maps/documentation/streetview/digital-signature
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re

from streetsense.errors import InputError

_BASE64 = re.compile(r"[A-Za-z0-9_\-+/]+={0,2}")


def decoded_secret(secret: str) -> bytes:
    """Return the bytes of a URL signing secret.

    Parameters
    ----------
    secret : str
        As Google's console shows it: base64 for URLs; the padding may have got lost.

    Raises
    ------
    InputError
        When it is none. The sentence does not repeat it.
    """
    text = secret.strip()
    try:
        if not _BASE64.fullmatch(text):
            raise ValueError
        bare = text.rstrip("=").translate(str.maketrans("+/", "-_"))
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (ValueError, binascii.Error):
        raise InputError(
            "signing_secret: that is no URL signing secret (letters, digits, '-' and '_', and '=' at the end); copy it "
            "again from the credentials page of the Google Maps Platform."
        ) from None


def signature(path_and_query: str, secret: bytes) -> str:
    """Sign a request.

    Parameters
    ----------
    path_and_query : str
        What follows the host in its address, with the key, encoded exactly as it will be sent.
    secret : bytes
        What `decoded_secret` returns.

    Returns
    -------
    str
        HMAC-SHA1 (RFC 2104) in base64 for URLs: the value of the parameter ``signature``.
    """
    return base64.urlsafe_b64encode(hmac.new(secret, path_and_query.encode("ascii"), hashlib.sha1).digest()).decode()
