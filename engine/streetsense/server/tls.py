"""Encryption: a certificate and its key, checked before the server starts."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from streetsense.errors import InputError


def tls_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """Return what a server encrypts with: TLS 1.2 or later.

    Parameters
    ----------
    certificate : Path
        The certificate and those that sign it (PEM).
    key : Path, optional
        Its private key (PEM, without a password); None when the certificate's file holds it.

    Raises
    ------
    InputError
        When a file cannot be read, they do not belong together, or others can read the key.
    """
    holder = key or certificate
    for name, path in (("certificate", certificate), ("key", holder)):
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            raise InputError(f"{name}: {path} cannot be read ({error.strerror}); check the path.") from error
    if os.name != "nt" and holder.stat().st_mode & 0o004:
        raise InputError(f"key: everybody can read {holder}; run 'chmod o= {holder}'.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except _PasswordWanted:
        raise InputError(f"key: {holder} has a password; give a key without one, which only you can read.") from None
    except ssl.SSLError as error:
        raise InputError(
            f"certificate: {certificate} and its key {holder} cannot be used ({error.reason or 'no PEM'}); give a PEM "
            "certificate and the key that belongs to it."
        ) from error
    return context


class _PasswordWanted(Exception):
    """Raised where the library would ask the terminal."""


def _no_password() -> str:
    raise _PasswordWanted
