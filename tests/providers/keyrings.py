"""Keyrings for tests: one that keeps its passwords in memory, and some that do not work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from streetsense.streetview import keys
from streetsense.streetview.provider import all_terms


class Memory(KeyringBackend):
    """Keeps passwords as long as it lives."""

    #: So that `keyring`, which knows all classes of keyrings, never chooses it by itself.
    priority = -1.0  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise PasswordDeleteError(username)
        del self.kept[service, username]


class Locked(Memory):
    """Lets nobody in."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("locked with hunter2")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(password)


class Waiting(Memory):
    """Waits for somebody who unlocks it."""

    def __init__(self) -> None:
        super().__init__()
        self.unlocked = threading.Event()
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        self.unlocked.wait()
        return super().get_password(service, username)


class OnTerminal(Memory):
    """Encrypts a file, for whose password it asks on the terminal, as those of the package keyrings.alt do."""

    @property
    def keyring_key(self) -> str:
        raise AssertionError("it asks on the terminal")

    def get_password(self, service: str, username: str) -> str | None:
        return self.keyring_key


class Chain(ChainerBackend):
    """Several keyrings, as `keyring` finds them on a desktop."""

    backends: list[KeyringBackend] = []  # type: ignore[assignment]  # noqa: RUF012


@contextmanager
def using(backend: KeyringBackend) -> Iterator[KeyringBackend]:
    """Make a keyring the system's."""
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield backend
    finally:
        keyring.set_keyring(before)


@contextmanager
def nothing_configured() -> Iterator[Memory]:
    """Let no key be in the environment, and none in the keyring, which is yielded."""
    variables = [secret.variable for terms in all_terms().values() for secret in (terms.secrets if terms else ())]
    memory = Memory()
    with pytest.MonkeyPatch.context() as patch, using(memory):
        for variable in variables:
            patch.delenv(variable, raising=False)
        patch.setattr(keys, "_rests_until", 0.0)
        yield memory
