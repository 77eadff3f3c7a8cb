"""Secrets of a job kept out of everything that it leaves."""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr

#: What stands where a secret was.
MARK = "[secret]"
_IS_SECRET = re.compile(r"STREETSENSE_(\w+_)?(KEY|TOKEN|SECRET)")


class Redactor:
    """Replaces secrets in texts, also where they are written as in a URL.

    Parameters
    ----------
    secrets : iterable of str
        What must not be seen. Empty ones are ignored.
    """

    def __init__(self, secrets: list[str] | tuple[str, ...] = ()) -> None:
        forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
        self._forms = sorted(forms, key=len, reverse=True)

    def __bool__(self) -> bool:
        return bool(self._forms)

    def __call__(self, text: str) -> str:
        """Return ``text`` without the secrets."""
        for form in self._forms:
            text = text.replace(form, MARK)
        return text

    def value(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """Return a JSON value without the secrets."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self(key): self.value(item) for key, item in value.items()}
        return value


#: Seconds that a process which ends waits for what it has written to be passed on, and the longest line (bytes).
_LAST_WORDS, _LINE = 2.0, 2**20


def redacting_pipe(target: TextIO, redact: Redactor) -> int:
    """Return a descriptor; whole lines that are written to it go to ``target`` without the secrets.

    A thread passes them on. When the process ends, what is still on its way is waited for.
    """
    reader, writer = os.pipe()

    def pass_on() -> None:
        with os.fdopen(reader, "rb") as lines:
            while line := lines.readline(_LINE):
                with contextlib.suppress(OSError):  # a full disk: who writes must not stumble over it
                    target.write(redact(line.decode("utf-8", "replace")))

    def end() -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        for number in (writer, 1, 2):
            with contextlib.suppress(OSError):
                os.close(number)
        thread.join(_LAST_WORDS)

    thread = threading.Thread(target=pass_on, name="log", daemon=True)
    thread.start()
    atexit.register(end)
    return writer


def secret_values(inputs: BaseModel) -> list[str]:
    """Return the secrets that inputs hold (`pydantic.SecretStr`, also in lists and mappings)."""

    def found(value: object) -> Iterator[str]:
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, dict):
            for item in value.values():
                yield from found(item)
        elif isinstance(value, list | tuple | set):
            for item in value:
                yield from found(item)

    return [secret for name in type(inputs).model_fields for secret in found(getattr(inputs, name))]


def environment_secrets() -> list[str]:
    """Return the secrets of this process's environment: ``STREETSENSE_…_KEY``, ``…_TOKEN`` and ``…_SECRET``.

    Shorter ones than six letters are none: every sentence would be full of them.
    """
    return [value for name, value in os.environ.items() if len(value.strip()) > 5 and _IS_SECRET.fullmatch(name)]
