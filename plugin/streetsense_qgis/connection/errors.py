"""What goes wrong between QGIS and the engine: one sentence for people, and a kind for programs."""

from __future__ import annotations

#: What a failure is about.
KINDS = (
    "network",  # the engine cannot be reached, or not now
    "token",  # the engine refuses the token, or it cannot be read
    "certificate",  # the connection cannot be trusted
    "version",  # the two do not understand each other
    "refused",  # the engine understood and said no; the sentence is its own
    "missing",  # what was asked for is not there
    "server",  # the engine failed
    "cancelled",  # somebody stopped it
    "disk",  # a file here cannot be read or written
    "environment",  # the engine on this computer does not start
)


class EngineError(Exception):
    """A failure; ``str()`` of it is one sentence that says what is wrong and what to do.

    Parameters
    ----------
    sentence : str
        For people, in their language.
    kind : str
        One of `KINDS`.
    status : int, optional
        The HTTP status, when there was an answer.
    """

    def __init__(self, sentence: str, kind: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.status = status

    @property
    def is_passing(self) -> bool:
        """Whether asking again later may help without anybody doing something."""
        return self.kind == "network"
