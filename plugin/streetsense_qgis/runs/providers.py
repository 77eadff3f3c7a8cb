"""Where street views can come from, as the engine tells it, and what a person should know before asking there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from ..i18n import tr
from .plan import DEMOCITY, FOLDER

#: Public instances of providers that anybody can run; engines elsewhere ask no other ones for somebody.
INSTANCES = {
    "panoramax": ("https://api.panoramax.xyz", "https://panoramax.openstreetmap.fr", "https://panoramax.ign.fr"),
}


@dataclass(frozen=True)
class ProviderSecret:
    """Something that a provider gives a user and nobody else should see.

    Attributes
    ----------
    name : str
        The input of ``fetch`` that takes it.
    title : str
        What the provider calls it.
    is_needed : bool
        Whether nothing can be fetched without it.
    configured : str
        Where the engine has one: ``environment`` or ``keyring``; empty where it has none.
    """

    name: str
    title: str
    is_needed: bool = True
    configured: str = ""


@dataclass(frozen=True)
class Provider:
    """A provider; what the engine does not say is taken as here.

    Attributes
    ----------
    name, title : str
        For ``fetch``, and for people.
    description, licence, attribution : str
        What is there in a sentence, on what terms, and whom to name.
    terms_url, notice : str
        Where the terms stand, and what they come to.
    key_url : str
        Where a user gets what ``secrets`` names.
    secrets : tuple of ProviderSecret
        What the provider wants from the user.
    needs_consent : bool
        Whether a user must confirm the terms for each study.
    has_history : bool
        Whether older captures of a place can be found.
    history_notice : str
        What to do where they cannot.
    price_per_1000 : float or None
        US dollars for a thousand photos; None when they are free.
    needs_points : bool
        Whether it is asked at sample points, and so only when there are some.
    is_online, is_recommended : bool
        Whether it is asked over the internet, and whether it is offered first.
    """

    name: str
    title: str
    description: str = ""
    licence: str = ""
    attribution: str = ""
    terms_url: str = ""
    notice: str = ""
    key_url: str = ""
    secrets: tuple[ProviderSecret, ...] = ()
    needs_consent: bool = False
    has_history: bool = False
    history_notice: str = ""
    price_per_1000: float | None = None
    needs_points: bool = False
    is_online: bool = False
    is_recommended: bool = False


def built_in() -> list[Provider]:
    """Return what every engine has."""
    return [
        Provider(FOLDER, tr("Dock", "Photos in a folder")),
        Provider(DEMOCITY, tr("Dock", "Synthetic city (made-up photos)")),
    ]


def offered(told: Sequence[dict[str, Any]]) -> list[Provider]:
    """Return the providers in the order in which people should see them.

    Parameters
    ----------
    told : sequence of dict
        As the engine lists them; what cannot be understood is left out.

    Returns
    -------
    list of Provider
        Recommended ones of the internet, what every engine has, then all others.
    """
    own = built_in()
    known = {provider.name for provider in own}
    others = [one for one in map(_read, told) if one is not None and one.name not in known]
    first = [one for one in others if one.is_online and one.is_recommended]
    return [*first, *own, *(one for one in others if one not in first)]


def _read(told: dict[str, Any]) -> Provider | None:
    try:
        given = {field.name: told[field.name] for field in fields(Provider) if told.get(field.name) is not None}
        given["secrets"] = tuple(
            ProviderSecret(
                str(one["name"]),
                str(one.get("title") or one["name"]),
                bool(one.get("is_needed", True)),
                str(one.get("configured") or ""),
            )
            for one in given.get("secrets", ())
        )
        given["title"] = str(given.get("title") or given["name"])
        price = given.get("price_per_1000")
        given["price_per_1000"] = None if price is None else float(price)
        return Provider(**given)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
