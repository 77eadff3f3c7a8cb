"""``fetch`` from a provider on the internet: discovery, choice, dry run, downloads."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from streetsense.errors import InputError, StreetSenseError
from streetsense.processes.consent import require_consent
from streetsense.processes.fetchinputs import PANORAMAX_INSTANCES
from streetsense.processes.fetchledger import FetchLedger
from streetsense.processes.fetchopen import OpenPhotos
from streetsense.processes.fetchplan import Plan, write_coverage
from streetsense.processes.joining import join_views
from streetsense.progress import Progress, Stage
from streetsense.streetview.collect import Outcome
from streetsense.streetview.keys import find_secrets
from streetsense.streetview.online.billing import Bill
from streetsense.streetview.online.discovery import Discovery, discover
from streetsense.streetview.online.download import Downloading, from_json
from streetsense.streetview.online.ledger import Ledger
from streetsense.streetview.online.planning import PlannedPhoto, planned_photos
from streetsense.streetview.online.provider import OnlineProvider
from streetsense.streetview.online.selection import Wish, by_year, select, spread
from streetsense.streetview.online.timespan import first_day, last_day
from streetsense.streetview.online.working import working
from streetsense.streetview.provider import Capture, FetchRequest, make_provider
from streetsense.study.photos import keep_view
from streetsense.web import HostLimits, Web
from streetsense.web.useragent import default_user_agent

if TYPE_CHECKING:
    import pandas as pd

    from streetsense.processes.fetchinputs import Inputs
    from streetsense.streetview.terms import Terms
    from streetsense.study import Study

#: The share of the work that discovery stands for.
_DISCOVERY = 0.1
#: Bytes of a photo, and seconds until it is there, before any was downloaded.
_USUAL_BYTES, _USUAL_SECONDS = 400_000, 0.5
#: Photos after which the ledger hears that the table of views has them.
_NOTE_EVERY = 2_000


@dataclass
class FetchedOnline:
    """What came of a fetch.

    Attributes
    ----------
    new : int
        Usable views that this run added.
    open_photos : int
        Photos that were not settled.
    billed : int
        Photos that may have been billed, in all runs of the study.
    plan, coverage_layer
        What a dry run says, and its layer, relative to the study.
    """

    new: int = 0
    open_photos: int = 0
    billed: int = 0
    plan: Plan | None = None
    coverage_layer: str | None = None


def fetch_online(study: Study, inputs: Inputs, request: FetchRequest, terms: Terms, job: Progress) -> FetchedOnline:
    """Fetch views of a provider on the internet; it asks only for what is open.

    Raises
    ------
    InputError
        When a key, a cap or a confirmation is missing, or the provider refuses what is asked.
    StreetSenseError
        When the provider does not answer.
    """
    if inputs.api_url in PANORAMAX_INSTANCES and inputs.provider != "panoramax":
        raise InputError(f"api_url: {inputs.api_url} is an instance of Panoramax, not of {terms.title}; leave it out.")
    require_consent(study, inputs.provider, terms, is_given=inputs.accept_terms)
    price = terms.price_per_1000 if terms.price_per_1000 is None or inputs.price is None else inputs.price
    if price and inputs.max_cost is None and inputs.max_views is None and not inputs.dry_run:
        raise InputError(
            f"max_cost: photos of {terms.title} cost about {price:g} US dollars a thousand; say how much they may cost "
            "at most, or with max_views how many views are wanted. A dry run tells the costs first."
        )
    if inputs.history and not terms.has_history and inputs.panoramas is None:
        job.warn(f"history: {terms.history_notice}")
    secrets = find_secrets(inputs.provider, terms, {"key": inputs.key, "signing_secret": inputs.signing_secret})
    path = study.views_table.folder / f"ledger-{inputs.provider}.sqlite"

    async def fetch() -> FetchedOnline:
        with Ledger(path) as ledger:
            bill = Bill(ledger, price, inputs.max_cost)
            days = {
                "since": inputs.since and first_day(inputs.since),
                "until": inputs.until and last_day(inputs.until),
            }
            options = {**request.options, **days, "counted": bill.count}
            provider = make_provider(inputs.provider, replace(request, options=options, secrets=secrets))
            if not isinstance(provider, OnlineProvider):
                raise StreetSenseError(f"provider: '{inputs.provider}' cannot be asked over the internet.")
            return await _Fetch(study, inputs, request, terms, job, ledger, bill, provider).run()

    return _completed(fetch())


@dataclass
class _Fetch:
    """One fetch."""

    study: Study
    inputs: Inputs
    request: FetchRequest
    terms: Terms
    job: Progress
    ledger: Ledger
    bill: Bill
    provider: OnlineProvider
    open_photos: int = 0

    async def run(self) -> FetchedOnline:
        """Discover, choose, and download, or tell what would be downloaded."""
        inputs, budget = self.inputs, self.inputs.time_budget
        if inputs.again and not inputs.dry_run:
            self.ledger.forget()
        limits = _lowered(self.provider.limits, inputs)
        deadline = None if budget is None else time.monotonic() + 60 * budget
        async with Web(limits, user_agent=default_user_agent(), deadline=deadline) as web:
            found = await self._discover(web)
            # Whoever names panoramas wants all of them.
            all_of_a_place = inputs.history or inputs.panoramas is not None
            wish = Wish(inputs.since, inputs.until, all_of_a_place, inputs.per_point)
            captures = select(self.ledger.captures(found.questions), self.request.area, self.request.nearest, wish)
            with FetchLedger(
                self.study,
                self.provider,
                self.request.nearest,
                self.job,
                max_views=inputs.max_views,
                again=inputs.again,
            ) as views:
                views.count_there(len(views.done))
                if inputs.dry_run:
                    return await self._tell_plan(captures, views, limits)
                await self._download(web, captures, views, found, limits)
        join_views(self.study, self.request.nearest, self.provider.name)
        return FetchedOnline(views.new, self.open_photos, self.ledger.billed())

    async def _discover(self, web: Web) -> Discovery:
        stage = Stage(self.job, 0, 1 if self.inputs.dry_run else _DISCOVERY)

        def look(answered: int, known: int, captures: int) -> None:
            stage.report(answered, max(1, known), f"asking {self.terms.title}: {captures:,} captures found")

        found = await discover(self.provider, web, self.ledger, look)
        if found.unreadable:
            self.job.warn(
                f"captures of {self.terms.title} that lack what is needed are left out ({found.unreadable:,})."
            )
        if found.unanswered:
            reasons = ", ".join(f"{why} ({number})" for why, number in Counter(found.unanswered).items())
            if not found.asked and not found.known:
                raise StreetSenseError(f"{self.terms.title} gives no usable answer: {reasons}; try again later.")
            self.job.warn(
                f"questions to {self.terms.title} stayed without an answer: {reasons}; parts of the area may lack, the "
                "same command asks them again."
            )
        return found

    async def _open_photos(self, captures: pd.DataFrame, views: FetchLedger) -> OpenPhotos:
        """Return the photos that are open, in the order in which they are to be asked for."""
        chosen = captures[captures["is_chosen"]]
        if self.inputs.max_views is not None or self.inputs.max_cost is not None:
            chosen = spread(chosen)

        def plan(these: pd.DataFrame) -> Iterator[PlannedPhoto]:
            return planned_photos(self.provider, these, self.request.cuts, self.request.nearest)

        settled = self.ledger.settled()
        async with working(lambda: self.job.report(_DISCOVERY, 1, "choosing photos")):
            return await asyncio.to_thread(OpenPhotos, plan, chosen, views, settled)

    async def _download(
        self, web: Web, captures: pd.DataFrame, views: FetchLedger, found: Discovery, limits: Mapping[str, HostLimits]
    ) -> None:
        self._carry_over(views)
        photos = await self._open_photos(captures, views)
        total = photos.needed(views.remaining())
        stage, begun, noted = Stage(self.job, _DISCOVERY, 1), time.monotonic(), 0

        def add(outcome: Outcome) -> None:
            nonlocal noted
            views.add(outcome)
            noted += 1
            if noted % _NOTE_EVERY == 0:
                self._note(views)

        def addressed() -> Iterator[PlannedPhoto]:
            for photo in photos:
                url = found.fresh_urls.get(photo.shot.capture.source_id)
                yield photo if url is None else photo.at(url)

        def look() -> None:
            most = max(1, total, settled := work.settled)  # others take the place of photos that come to nothing
            stage.report(settled, most, _how_far(settled, most, begun, views.message()))

        work = Downloading(
            self.provider,
            web,
            self.ledger,
            self.request.cuts,
            self.request.nearest,
            keep=lambda taken: keep_view(self.study, taken),
            add=add,
            remaining=views.remaining,
            at_once=max(one.connections for one in limits.values()),
        )
        if self.bill.price:
            billed = self.bill.allowed(total)
            stage.report(0, max(1, total), f"asking for {billed:,} photos, about {self.bill.cost_usd(billed):,.2f} USD")
        try:
            await work.run(addressed(), look)
        finally:
            self._note(views)
        views.warn()
        self.open_photos = work.open
        if work.open:
            self.job.warn(
                f"photos are still open ({work.why_open.rstrip('.')}; photos: {work.open:,}); the same command goes on."
            )

    def _carry_over(self, views: FetchLedger) -> None:
        """Take up what a run that was killed had settled, but not yet written into the table of views."""
        gone = []
        for photo in self.ledger.not_noted():
            kept = from_json(photo.views)
            if all(one.view.view_id in views.done for one in kept):
                continue
            if any(one.path is not None and not self.study.photo_path(one.path).is_file() for one in kept):
                gone.append(photo.key)
                continue
            views.add(Outcome(Capture(kept[0].view.source_id), 0, kept))
        self.ledger.reopen(gone)
        self._note(views)

    def _note(self, views: FetchLedger) -> None:
        """Write the views that have come together, and let the ledger know."""
        views.write()
        self.ledger.note_all()

    async def _tell_plan(
        self, captures: pd.DataFrame, views: FetchLedger, limits: Mapping[str, HostLimits]
    ) -> FetchedOnline:
        photos = await self._open_photos(captures, views)
        number = self.bill.allowed(photos.needed(views.remaining()))
        billed = number if self.bill.price else 0
        plan = Plan(
            found=len(captures),
            chosen=int(captures["is_chosen"].sum()),
            there_already=photos.captures_there,
            by_year=by_year(captures["captured_at"]),
            photos=number,
            billed=billed,
            cost_usd=round(self.bill.cost_usd(billed), 2),
            megabytes=round(number * (self.ledger.mean_bytes() or _USUAL_BYTES) / 1e6, 1),
            minutes=round(number / _photos_a_second(limits) / 60, 1),
        )
        layer = write_coverage(self.study, self.provider.name, captures)
        return FetchedOnline(plan=plan, coverage_layer=layer, billed=self.ledger.billed())


def _lowered(limits: Mapping[str, HostLimits], inputs: Inputs) -> dict[str, HostLimits]:
    """Return a provider's limits, or lower ones where the user wants that."""
    return {
        host: one.lowered(inputs.connections, inputs.per_second) for host, one in {"": HostLimits(), **limits}.items()
    }


def _photos_a_second(limits: Mapping[str, HostLimits]) -> float:
    """Return how many photos a second may come from one host at most."""
    return max(min(one.per_second or math.inf, one.connections / _USUAL_SECONDS) for one in limits.values())


def _how_far(settled: int, total: int, begun: float, message: str) -> str:
    """Say how fast photos come, and how long the rest takes."""
    rate = settled / max(1e-3, time.monotonic() - begun)
    left = (total - settled) / rate if rate else 0
    words = f"{left / 60:.0f} min" if left >= 90 else f"{left:.0f} s"
    return f"{message}; {settled:,} of {total:,} photos, {rate:.0f} a second, {words} left" if settled else message


def _completed(work: Coroutine[Any, Any, FetchedOnline]) -> FetchedOnline:
    """Run asynchronous work to its end, also where an event loop runs already (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1, thread_name_prefix="fetch") as thread:
        return thread.submit(asyncio.run, work).result()
