"""The installed providers with their terms and what is configured, as the command line and the server list them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from streetsense.streetview.keys import where_configured
from streetsense.streetview.provider import all_terms
from streetsense.streetview.terms import Secret, Terms


class SecretEntry(BaseModel):
    """Something that a provider wants from a user and nobody else should see."""

    name: str = Field(description="the input of fetch that takes it")
    title: str = Field(description="what the provider calls it")
    variable: str = Field(description="the environment variable in which it is looked for")
    is_needed: bool = Field(description="whether nothing can be fetched without it")
    configured: Literal["environment", "keyring"] | None = Field(
        description="where this computer has it; null when a request must bring it"
    )


class ProviderEntry(BaseModel):
    """A provider of street views."""

    name: str = Field(description="what fetch calls it")
    title: str = Field(description="what people call it")
    description: str = Field(description="what is there")
    licence: str = Field(description="of the photos; what stands with a single photo wins")
    attribution: str = Field(description="whom maps and reports name")
    terms_url: str = Field(description="where the terms stand; empty where nowhere")
    notice: str = Field(description="the terms in one paragraph")
    key_url: str = Field(description="where a user gets a key; empty where nowhere")
    secrets: list[SecretEntry] = Field(description="what it wants from the user")
    needs_consent: bool = Field(description="whether a user confirms once per study that the terms allow the plan")
    has_history: bool = Field(description="whether older captures of a place can be found")
    history_notice: str = Field(description="what to do where they cannot; empty otherwise")
    price_per_1000: float | None = Field(description="US dollars for a thousand photos; null when they are free")
    needs_points: bool = Field(description="whether it is asked at sample points, and so only after sample")
    is_online: bool = Field(description="whether it is asked over the internet")
    is_recommended: bool = Field(description="whether it is offered first")


class ProviderList(BaseModel):
    """Providers of street views."""

    providers: list[ProviderEntry] = Field(
        description="the recommended ones first, those on the internet before others"
    )


def list_providers() -> ProviderList:
    """Return all installed providers that can be loaded, and where this computer has their secrets."""
    stated = {name: terms or _unstated(name) for name, terms in all_terms().items()}
    names = sorted(stated, key=lambda name: (not stated[name].is_recommended, not stated[name].is_online, name))
    return ProviderList(providers=[_entry(name, stated[name]) for name in names])


def _unstated(name: str) -> Terms:
    """Return what can be said of another package's provider that says nothing itself."""
    return Terms(
        title=name,
        description="A provider that another package brings.",
        licence="not stated",
        attribution="not stated",
        url="",
        notice="The package that brings this provider does not say on what terms it gives views; ask whoever made it.",
        is_recommended=False,
    )


def _entry(name: str, terms: Terms) -> ProviderEntry:
    return ProviderEntry(
        name=name,
        title=terms.title,
        description=terms.description,
        licence=terms.licence,
        attribution=terms.attribution,
        terms_url=terms.url,
        notice=terms.notice,
        key_url=terms.key_url,
        secrets=[_secret(name, secret) for secret in terms.secrets],
        needs_consent=terms.needs_consent,
        has_history=terms.has_history,
        history_notice=terms.history_notice,
        price_per_1000=terms.price_per_1000,
        needs_points=terms.needs_points,
        is_online=terms.is_online,
        is_recommended=terms.is_recommended,
    )


def _secret(provider: str, secret: Secret) -> SecretEntry:
    return SecretEntry(
        name=secret.name,
        title=secret.title,
        variable=secret.variable,
        is_needed=secret.is_needed,
        configured=where_configured(provider, secret),
    )
