"""Secrets of a job kept out of everything that it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TextIO
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr

#: What stands where a secret was.
MARK = "[secret]"


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


class RedactedStream:
    """A text stream that passes on what it is given, line by line, without the secrets."""

    def __init__(self, stream: TextIO, redact: Redactor) -> None:
        self._stream, self._redact, self._line = stream, redact, ""

    def write(self, text: str) -> int:
        """Take text; whole lines are passed on, so that no secret is cut in two."""
        *lines, self._line = (self._line + text).splitlines(keepends=True) if text else [self._line]
        if self._line.endswith(("\n", "\r")):
            lines, self._line = [*lines, self._line], ""
        self._stream.write("".join(map(self._redact, lines)))
        return len(text)

    def flush(self) -> None:
        """Pass on the last line as well."""
        self._stream.write(self._redact(self._line))
        self._line = ""
        self._stream.flush()

    def isatty(self) -> bool:
        """Tell that nobody watches."""
        return False

    def fileno(self) -> int:
        """Return the descriptor of the stream below."""
        return self._stream.fileno()

    @property
    def encoding(self) -> str:
        """The encoding of the stream below."""
        return self._stream.encoding


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
