"""On what terms a provider gives its views, and what it wants to know of whoever asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Secret:
    """Something that a provider gives a user and nobody else should see.

    Attributes
    ----------
    name : str
        The input of ``fetch`` that takes it: ``key`` or ``signing_secret``.
    title : str
        What the provider calls it: ``access token``.
    variable : str
        The environment variable in which it is looked for.
    is_needed : bool
        Whether nothing can be fetched without it.
    """

    name: str
    title: str
    variable: str
    is_needed: bool = True


@dataclass(frozen=True)
class Terms:
    """What a person should know of a provider before asking it.

    Attributes
    ----------
    title : str
        As people know it: ``Mapillary``.
    description : str
        One sentence: what is there.
    licence : str
        Of the photos; what stands with a single photo wins.
    attribution : str
        Whom maps and reports name.
    url : str
        Where the terms stand.
    notice : str
        The terms in one paragraph, in plain words.
    secrets : tuple of Secret
        What it wants from the user.
    key_url : str
        Where a user gets them.
    needs_consent : bool
        Whether a user must confirm once per study that the terms allow what is planned.
    has_history : bool
        Whether older captures of a place can be found.
    history_notice : str
        What to do where they cannot; empty otherwise.
    price_per_1000 : float or None
        US dollars for a thousand photos; None when they are free. A cap is mandatory for the others.
    needs_points : bool
        Whether it is asked at sample points, and so only after ``sample``.
    is_online : bool
        Whether it is asked over the internet.
    is_recommended : bool
        Whether it is offered first: open, stable, and made to be used like this.
    """

    title: str
    description: str
    licence: str
    attribution: str
    url: str
    notice: str
    secrets: tuple[Secret, ...] = ()
    key_url: str = ""
    needs_consent: bool = False
    has_history: bool = True
    history_notice: str = ""
    price_per_1000: float | None = None
    needs_points: bool = False
    is_online: bool = True
    is_recommended: bool = True
