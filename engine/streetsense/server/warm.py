"""The server's side of its warm process: starting it, asking it, ending it, and what to say when it fails."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from streetsense.errors import InputError, StreetSenseError
from streetsense.processes.question import Asked
from streetsense.server.child import Child, NotWarm
from streetsense.server.devices import Device, cpu_device
from streetsense.server.frames import Frame

__all__ = ["NotWarm", "Patience", "WarmEncoder", "WarmProcess"]

#: Seconds after a failed start until the devices are looked for again.
_PAUSE = 60.0
_Made = TypeVar("_Made")


class WarmEncoder(BaseModel):
    """An encoder that is kept in memory."""

    study: str = Field(description="the study's name")
    name: str = Field(description="the encoder's name")
    device: str = Field(description="where it is: cpu or cuda:NUMBER")
    bytes: int = Field(description="memory that its weights take")


@dataclass(frozen=True)
class Patience:
    """How long the warm process is waited for, in seconds.

    Attributes
    ----------
    start : float
        Until it has imported torch and found the devices.
    answer : float
        Until it has answered one question, loading the encoder included.
    idle : float
        Without a question until it is let go, which frees its memory.
    """

    start: float = 180.0
    answer: float = 120.0
    idle: float = 1800.0


class WarmProcess:
    """A child process that keeps encoders loaded. Started anew at the next question when it has ended.

    It answers one question after the other. All methods belong to one event loop.

    Parameters
    ----------
    device : str
        What encoders run on: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    patience : Patience
        How long it is waited for.
    most_waiting : int
        Questions that may wait for an answer.
    command : sequence of str, optional
        What is run instead of the real process, for tests of how its failures are met.
    """

    def __init__(
        self,
        device: str = "auto",
        *,
        patience: Patience = Patience(),
        most_waiting: int = 64,
        command: Sequence[str] | None = None,
    ) -> None:
        self._command = command or (sys.executable, "-m", "streetsense.server.warmchild", device)
        self._patience, self._most_waiting = patience, most_waiting
        self._child: Child | None = None
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._waiting = 0
        self._stopped = False
        self._looking: asyncio.Task[None] | None = None
        self._failed = float("-inf")
        self._resting: asyncio.TimerHandle | None = None
        self._devices: list[Device] | None = None
        self._encoders: list[WarmEncoder] = []

    async def start(self) -> None:
        """Begin to start the process in the background; questions wait for it."""
        self._stopped = False
        self._look()

    async def stop(self) -> None:
        """End the process; questions that wait are refused."""
        self._stopped = True
        if self._resting is not None:
            self._resting.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._end()

    @property
    def knows_devices(self) -> bool:
        """Whether the process has told its devices; before that only the processor is known."""
        return self._devices is not None

    @property
    def is_running(self) -> bool:
        """Whether the process is there and can be asked."""
        return self._child is not None and self._child.is_alive

    @property
    def pid(self) -> int | None:
        """The number of the process while it runs."""
        return self._child.pid if self._child is not None and self._child.is_alive else None

    async def devices(self, patience: float = 3.0) -> list[Device]:
        """Return the devices with the memory that is free, as they were last seen when the process is busy or let go.

        Parameters
        ----------
        patience : float
            Seconds to wait for the process.
        """
        is_waiting = self._looking is not None and not self._looking.done()
        if not is_waiting and not self._lock.locked() and (self.is_running or not self.knows_devices):
            self._look()
        if self._looking is not None:
            await asyncio.wait([self._looking], timeout=patience)
        return [cpu_device(), *(self._devices or [])[1:]]

    async def warm_encoders(self) -> list[WarmEncoder]:
        """Return the encoders that are kept in memory, the one used last at the end."""
        if self.is_running and not self._lock.locked():
            try:
                facts, _ = await asyncio.shield(self._own(self._ask({"do": "encoders"})))
            except NotWarm:
                return []
            self._encoders = [WarmEncoder.model_validate(encoder) for encoder in facts["encoders"]]
        return list(self._encoders) if self.is_running else []

    async def attention(
        self, study: Path, view_id: str, photo: bytes, asked: Asked, *, opacity: float, size: int
    ) -> tuple[bytes, dict[str, Any]]:
        """Ask where an encoder looked in a photo.

        Parameters
        ----------
        study : Path
            The study's folder, with the encoder and the predictor.
        view_id : str
            What the photo's view is called.
        photo : bytes
            The encoded photo.
        asked : Asked
            The question.
        opacity : float
            Share of the map's colours in the picture, 0 to 1.
        size : int
            Longest side of the picture in pixels.

        Returns
        -------
        png : bytes
            The map drawn on the photo.
        facts : dict
            The map's values ``[rows, columns]``, its scale, the part of the photo that was seen, and what made it.

        Raises
        ------
        InputError
            When the study has no such encoder or predictor, or the encoder cannot answer.
        NotWarm
            When the process failed, took too long, or has too much to do.
        """
        if self._waiting >= self._most_waiting:
            raise NotWarm("attention: too many pictures are being made; try again in a moment.")
        request = {
            "do": "attention",
            "study": str(study),
            "view_id": view_id,
            "asked": asked.model_dump(include=set(Asked.model_fields)),
            "opacity": opacity,
            "size": size,
        }
        self._waiting += 1
        exchange = self._own(self._ask(request, photo))
        exchange.add_done_callback(self._one_less)
        # An exchange that has begun is ended even when its caller is gone, else the next answer would be the wrong one.
        facts, png = await asyncio.shield(exchange)
        return png, facts["facts"]

    def _look(self) -> None:
        """Begin to ask for the devices, unless that failed a moment ago."""
        if not self._stopped and time.monotonic() - self._failed > _PAUSE:
            self._looking = self._own(self._devices_now())

    async def _devices_now(self) -> None:
        try:
            facts, _ = await self._ask({"do": "devices"})
        except StreetSenseError:
            self._failed = time.monotonic()
            raise
        self._devices = [Device.model_validate(device) for device in facts["devices"]]

    def _one_less(self, _: asyncio.Task[Frame]) -> None:
        self._waiting -= 1

    async def _ask(self, request: dict[str, Any], payload: bytes = b"") -> Frame:
        """Send a request and return its answer, in turn."""
        async with self._lock:
            facts, made = await self._exchange(request, payload)
            if request["do"] == "attention":
                self._rest_later()
        if "error" in facts:
            raise InputError(facts["error"]) if facts["input"] else NotWarm(facts["error"])
        return facts, made

    async def _exchange(self, request: dict[str, Any], payload: bytes) -> Frame:
        if self._stopped:
            raise NotWarm("attention: the server is stopping; try again when it is back.")
        seconds = self._patience.answer
        if not self.is_running:
            await self._end()
            self._child = await Child.launch(self._command)
            seconds += self._patience.start
        assert self._child is not None
        return await self._child.ask(request, payload, seconds)

    async def _end(self) -> None:
        if self._child is not None:
            await self._child.end()

    def _rest_later(self) -> None:
        """Let the process go once nothing was asked of it for a while."""
        if self._resting is not None:
            self._resting.cancel()
        loop = asyncio.get_running_loop()
        self._resting = loop.call_later(self._patience.idle, lambda: self._own(self._rest()))

    async def _rest(self) -> None:
        async with self._lock:
            await self._end()

    def _own(self, work: Coroutine[Any, Any, _Made]) -> asyncio.Task[_Made]:
        """Run ``work`` as a task that nobody need wait for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Its caller may be gone when it fails; then nobody asks for the error, and that is no mistake.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task
