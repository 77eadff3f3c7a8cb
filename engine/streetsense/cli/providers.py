"""``streetsense providers``: where street views come from, on what terms, and with which keys."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from streetsense.cli.console import one_sentence, out
from streetsense.cli.place import Here, place
from streetsense.cli.secrets import read_secret
from streetsense.cli.verbs import JsonOption
from streetsense.errors import InputError
from streetsense.streetview.keys import find_secrets, forget_secret, store_secret
from streetsense.streetview.provider import FetchRequest, make_provider, provider_terms
from streetsense.streetview.providerlist import ProviderEntry, SecretEntry

if TYPE_CHECKING:
    from streetsense.streetview.terms import Terms

#: Characters of a line where no terminal says how wide it is.
_WIDTH = 160
#: How often the test call is tried, and seconds that it may take in all.
_ATTEMPTS, _PATIENCE = 2, 60.0

NameArgument = Annotated[str | None, typer.Argument(help="one provider, to read its terms", show_default=False)]


def providers_command(
    name: NameArgument = None,
    test: Annotated[bool, typer.Option("--test", help="ask it something small, free of charge")] = False,
    api_url: Annotated[
        str | None, typer.Option(help="with --test: another address of its API", show_default=False)
    ] = None,
    store_key: Annotated[
        bool, typer.Option("--store-key", help="ask for its key, or read it from standard input, for the keyring")
    ] = False,
    forget_key: Annotated[bool, typer.Option("--forget-key", help="remove its key from the keyring")] = False,
    as_json: JsonOption = False,
) -> None:
    """List where street views come from: terms, prices, and whether a key is there."""
    with one_sentence():
        flags = {"test": test, "store-key": store_key, "forget-key": forget_key, "json": as_json}
        asked = [flag for flag, is_given in flags.items() if is_given]
        if len(asked) > 1:
            raise InputError(f"{asked[1]}: it cannot be given with --{asked[0]}; leave one of them out.")
        if api_url is not None and not test:
            raise InputError("api-url: it belongs to the test call; give --test as well.")
        if not asked or as_json:
            _list(name, as_json)
            return
        if name is None:
            raise InputError(f"{asked[0]}: it is for one provider; name it before the option.")
        if not isinstance(place(), Here):
            raise InputError(f"{asked[0]}: keys belong to one computer; run this there, without --remote.")
        terms = provider_terms(name)
        if terms is None or (not test and not terms.secrets):
            raise InputError(f"{asked[0]}: {terms.title if terms else name} needs no key; leave the option out.")
        if test:
            out.print(_test(name, terms, api_url), markup=False)
        else:
            (_store if store_key else _forget)(name, terms)


def _list(name: str | None, as_json: bool) -> None:
    found = place().providers()
    chosen = [entry for entry in found.providers if name in (None, entry.name)]
    if not chosen:
        there = ", ".join(entry.name for entry in found.providers)
        raise InputError(f"provider: there is no '{name}'; the providers are {there}.")
    if as_json:
        sys.stdout.write((found if name is None else chosen[0]).model_dump_json(indent=2) + "\n")
    elif name is None:
        _show_table(chosen)
    else:
        _show(chosen[0])


def _show_table(entries: list[ProviderEntry]) -> None:
    """Print what fits into columns, and below it the addresses, which must not be broken."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("provider", "what is there", "licence", "key", "older captures", "price"):
        table.add_column(title, overflow="fold")
    for entry in entries:
        history = "yes" if entry.has_history else "no"
        table.add_row(entry.name, entry.description, entry.licence, _keys(entry), history, _price(entry))
    Console(file=sys.stdout, highlight=False, markup=False, width=out.width if out.is_terminal else _WIDTH).print(table)
    out.print("")
    for entry in entries:
        if entry.terms_url:
            out.print(f"terms of {entry.name}: {entry.terms_url}", markup=False)
        if entry.key_url and _is_missing(entry):
            out.print(f"key of {entry.name}: {entry.key_url}", markup=False)


def _show(entry: ProviderEntry) -> None:
    rows = {
        "name": entry.name,
        "title": entry.title,
        "what is there": entry.description,
        "licence": entry.licence,
        "attribution": entry.attribution,
        "key": _keys(entry) + (f": get one at {entry.key_url}" if entry.key_url and _is_missing(entry) else ""),
        **{f"  {secret.title}": f"{_where(secret)} ({secret.variable})" for secret in entry.secrets},
        "older captures": "yes" if entry.has_history else f"no. {entry.history_notice}",
        "price": _price(entry),
        "confirmation": "needed once per study" if entry.needs_consent else "not needed",
        "terms": entry.terms_url or "none",
    }
    for title, text in rows.items():
        out.print(f"{title:<{max(map(len, rows))}}  {text}", markup=False)
    out.print(f"\n{entry.notice}", markup=False)


def _is_missing(entry: ProviderEntry) -> bool:
    return any(secret.is_needed and secret.configured is None for secret in entry.secrets)


def _keys(entry: ProviderEntry) -> str:
    """Say whether what is needed is there."""
    needed = [_where(secret) for secret in entry.secrets if secret.is_needed]
    if not needed:
        return "not needed"
    return "missing" if _is_missing(entry) else ", ".join(dict.fromkeys(needed))


def _where(secret: SecretEntry) -> str:
    if secret.configured is None:
        return "missing" if secret.is_needed else "none, not needed"
    return {"environment": "from the environment", "keyring": "in the keyring"}[secret.configured]


def _price(entry: ProviderEntry) -> str:
    return "free" if entry.price_per_1000 is None else f"{entry.price_per_1000:g} US dollars per 1,000 photos"


def _store(name: str, terms: Terms) -> None:
    stored = []
    for secret in terms.secrets:
        value = read_secret(f"{terms.title}: {secret.title}{'' if secret.is_needed else ' (may stay empty)'}")
        if value or secret.is_needed:
            store_secret(name, secret, value)
            stored.append(secret.title)
    out.print(f"in the keyring now: {', '.join(stored)} of {terms.title}", markup=False)


def _forget(name: str, terms: Terms) -> None:
    gone = [secret.title for secret in terms.secrets if forget_secret(name, secret)]
    what = f"removed from the keyring: {', '.join(gone)}" if gone else "nothing was in the keyring"
    out.print(f"{what} of {terms.title}", markup=False)


def _test(name: str, terms: Terms, api_url: str | None) -> str:
    """Make the test call of a provider; return what came."""
    from streetsense.streetview.online.provider import OnlineProvider
    from streetsense.web import Web
    from streetsense.web.useragent import default_user_agent

    if not terms.is_online:
        raise InputError(f"test: {terms.title} is not on the internet, so there is nothing to ask; leave --test out.")
    provider = make_provider(name, _request(find_secrets(name, terms, {}), api_url))
    if not isinstance(provider, OnlineProvider):
        raise InputError(f"test: {terms.title} has no test call; leave --test out.")
    limits = {host: dataclasses.replace(limit, attempts=_ATTEMPTS) for host, limit in provider.limits.items()}

    async def ask() -> str:
        deadline = time.monotonic() + _PATIENCE
        async with Web(limits, user_agent=default_user_agent(), deadline=deadline) as web:
            return await provider.test_call(web)

    return f"{terms.title}: {asyncio.run(ask())}"


def _request(secrets: dict[str, str], api_url: str | None) -> FetchRequest:
    """Return a request for a small area, for a provider that will be asked its test call alone."""
    import geopandas as gpd
    import shapely
    from pyproj import CRS

    from streetsense.streetview.nearest import NearestPoints
    from streetsense.streetview.views import Cuts

    area = gpd.GeoDataFrame(geometry=[shapely.box(2.2940, 48.8580, 2.2950, 48.8590)], crs="EPSG:4326")
    points = gpd.GeoDataFrame({"point_id": [], "road_bearing_deg": []}, geometry=[], crs="EPSG:4326")
    nearest = NearestPoints(points, CRS.from_epsg(32631), 20.0)
    return FetchRequest(area, points, nearest, Cuts(), points, {"api_url": api_url}, secrets)
