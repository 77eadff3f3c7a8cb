"""Where providers' keys come from: the request, an environment variable, or the system's keyring.

The keyring is a convenience of desktops. On a server there is none, it is locked, or it asks a person who is not there;
so it is asked in a thread of its own, for a while, and whatever goes wrong means that nothing is in it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import SecretStr

from streetsense.errors import InputError
from streetsense.streetview.terms import Secret, Terms

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

#: Under this name all keys are in the keyring; the user there is "<provider> <secret>".
SERVICE = "streetsense"
#: Seconds that the keyring may take: where nobody can answer its questions, and where a person unlocks it.
_WAIT, _WAIT_FOR_PERSON = 5.0, 60.0
#: Seconds for which a keyring that did not answer is not asked again.
_REST = 60.0

_Answer = TypeVar("_Answer")


class _NoKeyring(Exception):
    """There is no keyring that answers; its text is the reason."""


def find_secrets(provider: str, terms: Terms, given: Mapping[str, SecretStr | None]) -> dict[str, str]:
    """Return the secrets that a provider wants: of the request, else of the environment, else of the keyring.

    Parameters
    ----------
    provider : str
        The provider's name.
    terms : Terms
        What it wants.
    given : mapping
        What came with the request, by the secrets' names; None or empty for what did not.

    Returns
    -------
    dict
        Those that were found, by name.

    Raises
    ------
    InputError
        When one that is needed is missing, the request has one that the provider does not take, or one cannot be what
        the provider gave. Secrets are not quoted.
    """
    values = {name: _checked(name, secret.get_secret_value(), "the value") for name, secret in given.items() if secret}
    for name in sorted({name for name, value in values.items() if value} - {secret.name for secret in terms.secrets}):
        raise InputError(f"{name}: {terms.title} takes none; leave it out.")
    found: dict[str, str] = {}
    for secret in terms.secrets:
        value = values.get(secret.name) or _of_environment(secret) or _of_keyring(provider, secret)
        if value:
            found[secret.name] = value
        elif secret.is_needed:
            where = f" (from {terms.key_url})" if terms.key_url else ""
            raise InputError(
                f"{secret.name}: {terms.title} needs its {secret.title}{where}; set the environment variable "
                f"{secret.variable}, store it with 'streetsense providers {provider} --store-key' in the keyring, or "
                "give it with the request."
            )
    return found


def where_configured(provider: str, secret: Secret) -> Literal["environment", "keyring"] | None:
    """Return where a secret is found when a request does not bring it; None when it is nowhere."""
    if os.environ.get(secret.variable, "").strip():
        return "environment"
    try:
        return "keyring" if _keyring(_reading(provider, secret), _WAIT) else None
    except _NoKeyring:
        return None


def store_secret(provider: str, secret: Secret, value: str) -> None:
    """Put a secret into the system's keyring, in place of an older one.

    Raises
    ------
    InputError
        When no keyring works, or the secret cannot be what the provider gave.
    """
    checked = _checked(secret.name, value, "the value")
    if not checked:
        raise InputError(f"{secret.name}: it is empty; give the {secret.title}.")

    def store(backends: list[KeyringBackend]) -> bool:
        for backend in backends:
            try:
                backend.set_password(SERVICE, _user(provider, secret), checked)
                if backend.get_password(SERVICE, _user(provider, secret)) == checked:
                    return True
            except Exception:  # backends raise what their systems raise; the next one may work
                continue
        raise _NoKeyring("it keeps nothing")

    try:
        _keyring(store, _WAIT_FOR_PERSON)
    except _NoKeyring as error:
        raise _unusable(secret, error) from None


def forget_secret(provider: str, secret: Secret) -> bool:
    """Remove a secret from the system's keyring; return whether it was there.

    Raises
    ------
    InputError
        When no keyring works.
    """

    def forget(backends: list[KeyringBackend]) -> bool:
        was_there = False
        for backend in backends:
            if _password(backend, provider, secret) is None:
                continue
            try:
                backend.delete_password(SERVICE, _user(provider, secret))
            except Exception as error:  # see `store_secret`
                raise _NoKeyring("it does not let go of it") from error
            was_there = True
        return was_there

    try:
        return _keyring(forget, _WAIT_FOR_PERSON)
    except _NoKeyring as error:
        raise _unusable(secret, error) from None


def _of_environment(secret: Secret) -> str:
    return _checked(secret.name, os.environ.get(secret.variable, ""), f"the environment variable {secret.variable}")


def _of_keyring(provider: str, secret: Secret) -> str:
    # A person at a terminal can unlock the keyring when it asks.
    is_attended = sys.stdin is not None and sys.stdin.isatty()
    try:
        found = _keyring(_reading(provider, secret), _WAIT_FOR_PERSON if is_attended else _WAIT)
    except _NoKeyring:
        return ""
    return _checked(secret.name, found or "", "the keyring")


def _checked(name: str, value: str, where: str) -> str:
    """Strip a secret; one that no HTTP header or address could carry is a slip of copying."""
    value = value.strip()
    if not value.isascii() or not value.isprintable():
        raise InputError(f"{name}: {where} has a character that no key has; copy the key once more.")
    return value


def _user(provider: str, secret: Secret) -> str:
    return f"{provider} {secret.name}"


def _unusable(secret: Secret, why: _NoKeyring) -> InputError:
    return InputError(
        f"{secret.name}: the keyring of this computer cannot be used ({why}); set the environment variable "
        f"{secret.variable} instead."
    )


def _reading(provider: str, secret: Secret) -> Callable[[list[KeyringBackend]], str | None]:
    def read(backends: list[KeyringBackend]) -> str | None:
        found = (_password(backend, provider, secret) for backend in backends)
        return next((password for password in found if password), None)

    return read


def _password(backend: KeyringBackend, provider: str, secret: Secret) -> str | None:
    try:
        return backend.get_password(SERVICE, _user(provider, secret))
    except Exception:  # see `store_secret`
        return None


def _backends() -> list[KeyringBackend]:
    """Return the keyrings that keep something and ask nothing on the terminal."""
    try:
        import keyring
        from keyring.backends import chainer, fail, null
    except ImportError:
        raise _NoKeyring("the package 'keyring' is missing: pip install 'streetsense[keyring]'") from None
    chosen = keyring.get_keyring()
    # Backends that encrypt a file ask for its password on the terminal, also on that of a server.
    usable = [
        backend
        for backend in (chosen.backends if isinstance(chosen, chainer.ChainerBackend) else [chosen])
        if not isinstance(backend, fail.Keyring | null.Keyring) and not hasattr(type(backend), "keyring_key")
    ]
    if not usable:
        raise _NoKeyring("there is none")
    return usable


_rests_until = 0.0


def _keyring(use: Callable[[list[KeyringBackend]], _Answer], seconds: float) -> _Answer:
    """Let ``use`` work with the keyrings, in a thread that is left behind when they do not answer in time.

    Raises
    ------
    _NoKeyring
        When there is none, it does not answer, or it fails.
    """
    global _rests_until
    if time.monotonic() < _rests_until:
        raise _NoKeyring("it does not answer")
    answers: list[_Answer] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            answers.append(use(_backends()))
        except Exception as error:  # see `store_secret`
            errors.append(error)

    thread = threading.Thread(target=work, name="keyring", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        _rests_until = time.monotonic() + _REST
        raise _NoKeyring("it does not answer")
    for error in errors:
        raise error if isinstance(error, _NoKeyring) else _NoKeyring("it fails")
    return answers[0]
