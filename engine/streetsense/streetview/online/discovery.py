"""Discovery: asking a provider by area which captures it has, until no question is open."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streetsense.errors import StreetSenseError
from streetsense.streetview.online.provider import Findings
from streetsense.streetview.online.working import waited_out, working
from streetsense.web import HostDown, OutOfTime, WebError

if TYPE_CHECKING:
    from streetsense.streetview.online.ledger import Ledger
    from streetsense.streetview.online.provider import OnlineProvider, Question
    from streetsense.web import Web

#: Questions that wait for an answer at the same time, over all hosts; each host has its own limits besides.
_AT_ONCE = 64
#: Addresses that do not last are kept for so many captures; for others they are asked for again.
_FRESH_URLS = 50_000


@dataclass
class Discovery:
    """What a discovery came to.

    Attributes
    ----------
    fresh_urls : dict
        ``source_id`` to addresses of photos that are good for the next minutes.
    questions : set of str
        The names of all questions, answered or not; of those that stayed without an answer also what an older answer
        led to.
    asked, known : int
        Questions that were asked now, and that had been answered before.
    unreadable : int
        Captures that could not be understood.
    unanswered : list of str
        Why questions stayed without an answer.
    is_cut_short : bool
        Whether the time was up, or a host did not answer any more, before all questions were asked.
    """

    fresh_urls: dict[str, str] = field(default_factory=dict)
    questions: set[str] = field(default_factory=set)
    asked: int = 0
    known: int = 0
    unreadable: int = 0
    unanswered: list[str] = field(default_factory=list)
    is_cut_short: bool = False


async def discover(
    provider: OnlineProvider, web: Web, ledger: Ledger, look: Callable[[int, int, int], None]
) -> Discovery:
    """Ask a provider all questions that are open.

    Parameters
    ----------
    provider : OnlineProvider
        Who is asked.
    web : Web
        How.
    ledger : Ledger
        Knows what has been answered, and keeps what comes.
    look : callable
        Called several times a second with the numbers of answered questions, of those known so far, and of captures
        that were found; what it raises ends the work.

    Raises
    ------
    InputError
        When the provider refuses: what was answered until then is kept.
    """
    open_questions: deque[Question] = deque()
    unanswered: list[Question] = []
    found = Discovery()
    seen = found.questions
    captures = 0

    def take_up(questions: list[Question]) -> None:
        """Sort questions into open ones and those whose answer is known."""
        while questions:
            question = questions.pop()
            if question.name in seen:
                continue
            seen.add(question.name)
            if (further := ledger.further(question)) is None:
                open_questions.append(question)
            else:
                found.known += 1
                questions.extend(further)

    def keep(question: Question, findings: Findings) -> None:
        nonlocal captures
        sound = [capture for capture in findings.captures if capture.is_sound]
        unreadable = findings.unreadable + len(findings.captures) - len(sound)
        findings = Findings(sound, findings.further, unreadable)
        ledger.answer(question, findings)
        captures += len(findings.captures)
        found.asked += 1
        found.unreadable += findings.unreadable
        for capture in findings.captures:
            if capture.fresh_url is not None and len(found.fresh_urls) < _FRESH_URLS:
                found.fresh_urls[capture.source_id] = capture.fresh_url
        take_up(list(findings.further))

    async def ask(question: Question) -> None:
        try:
            keep(question, await waited_out(lambda: provider.ask(web, question)))
            return
        except WebError as error:
            found.is_cut_short |= isinstance(error, HostDown | OutOfTime)
            found.unanswered.append(error.reason)
        except (StreetSenseError, MemoryError):
            raise
        except Exception as error:  # an answer that nobody expected; its text may have a key in it
            found.unanswered.append(f"an unexpected error ({type(error).__name__})")
        unanswered.append(question)

    def remember(questions: list[Question]) -> None:
        """Go by old answers where there is no new one."""
        while questions:
            for question in ledger.further(questions.pop(), however_old=True) or ():
                if question.name not in seen:
                    seen.add(question.name)
                    questions.append(question)

    take_up(list(reversed(provider.questions())))
    under_way: set[asyncio.Task[None]] = set()
    async with working(lambda: look(found.asked + found.known, len(seen), captures)) as group:
        while (open_questions and not found.is_cut_short) or under_way:
            while open_questions and len(under_way) < _AT_ONCE and not found.is_cut_short:
                under_way.add(group.create_task(ask(open_questions.popleft())))
            _, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
    remember([*unanswered, *open_questions])
    return found
