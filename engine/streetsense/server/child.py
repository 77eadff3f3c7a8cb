"""One life of a child process that answers frames: from its start, over its answers, to the closing of its pipes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Sequence
from typing import Any

from streetsense.errors import StreetSenseError
from streetsense.server.frames import Frame, pack, receive

_LOG = logging.getLogger(__name__)
#: Lines of the process's own output that are kept for the log.
_LAST_WORDS = 20


class NotWarm(StreetSenseError):
    """The warm process cannot answer now; trying again later may help."""


class Child:
    """A running child process. Make it with `launch`; it belongs to the event loop that launched it."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout
        self._loop = asyncio.get_running_loop()
        self._last_words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._listening = asyncio.create_task(self._listen(process.stderr))
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def launch(cls, command: Sequence[str]) -> Child:
        """Start a process. It has a session of its own, so that Ctrl-C in a terminal reaches the server alone.

        Raises
        ------
        NotWarm
            When the system does not start it.
        """
        options: dict[str, Any] = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE, "start_new_session": True}
        launching = asyncio.create_task(asyncio.create_subprocess_exec(*command, **options))
        try:
            await asyncio.wait([launching])
        except asyncio.CancelledError:
            # A start that is broken off half-way would leave a process behind that nobody knows of.
            await asyncio.wait([launching])
            if launching.exception() is None:
                await cls(launching.result()).end()
            raise
        try:
            return cls(launching.result())
        except OSError as error:
            raise NotWarm(f"attention: its process cannot be started ({error.strerror}); try again later.") from error

    @property
    def is_alive(self) -> bool:
        """Whether the process runs and can be asked from the present loop."""
        is_ours = self._loop is asyncio.get_running_loop()
        return is_ours and self._closing is None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    async def ask(self, request: dict[str, Any], payload: bytes, seconds: float) -> Frame:
        """Send a request and return the answer; a process that gives none is ended.

        Raises
        ------
        NotWarm
            When there is no answer within ``seconds``, or none that can be understood.
        """
        try:
            async with asyncio.timeout(seconds):
                self._stdin.write(pack(request, payload))
                await self._stdin.drain()
                return await receive(self._stdout)
        except TimeoutError as error:
            await self.end()
            _LOG.warning("the warm process gave no answer for %.0f s and was ended", seconds)
            raise NotWarm(
                f"attention: there was no answer within {seconds:.0f} seconds; try again, or choose a smaller encoder."
            ) from error
        except (asyncio.IncompleteReadError, OSError, ValueError, StreetSenseError) as error:
            await self.end()
            _LOG.warning("the warm process ended: %s", " | ".join(self._last_words) or "it said nothing")
            raise NotWarm(
                "attention: the process that makes the pictures ended unexpectedly; try again, and if it happens "
                "again, look into the server's log."
            ) from error
        except asyncio.CancelledError:
            await self.end()
            raise

    async def end(self) -> None:
        """Kill the process: it holds nothing that could be lost."""
        if self._closing is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            if self._loop is not asyncio.get_running_loop():
                return
            self._closing = asyncio.create_task(self._close())
        # It is closed to the end even when whoever asked for it is gone.
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        """Read its pipes to their ends and close them, before the loop itself may end."""
        await self._process.wait()
        self._stdin.close()
        await asyncio.gather(self._stdin.wait_closed(), self._stdout.read(), return_exceptions=True)
        await self._listening

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        """Keep the last lines of what the process says."""
        with contextlib.suppress(ValueError, OSError):  # a line longer than any sentence
            while line := await stderr.readline():
                self._last_words.append(line.decode(errors="replace").rstrip())
