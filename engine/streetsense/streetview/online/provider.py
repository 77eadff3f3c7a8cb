"""What a provider on the internet is: where it is asked, how its answers become captures, and how photos are had.

A provider knows its addresses and the form of its answers, nothing else. Which questions are open, what was answered,
how fast to ask, what to do when an answer does not come, which captures are wanted, how panoramas are cut and where
photos go is the same for all and done elsewhere (`discovery`, `ledger`, `selection`, `download`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from streetsense.streetview.terms import Terms
from streetsense.web import HostLimits, Web

if TYPE_CHECKING:
    from streetsense.streetview.provider import FetchRequest


@dataclass(frozen=True)
class Question:
    """One request that finds captures: a box, a tile, a circle, a page of one of them, a panorama's name.

    Attributes
    ----------
    kind : str
        What it asks for, in the provider's own words.
    where : tuple
        Numbers and texts that say it exactly. Together with the kind they are the question's name: an equal question
        that has been answered is not asked again.
    """

    kind: str
    where: tuple[float | int | str, ...] = ()

    @property
    def name(self) -> str:
        """The question as text, equal for equal questions."""
        return "/".join((self.kind, *(f"{part:.8f}" if isinstance(part, float) else str(part) for part in self.where)))


@dataclass(frozen=True)
class FoundCapture:
    """One photo or panorama that a provider has.

    Attributes
    ----------
    source_id : str
        What the provider calls it; unique within the provider, the same in every run.
    lon, lat : float
        Degrees, WGS84.
    captured_at : str or None
        ISO 8601 as `streetsense.streetview.views.View` has it.
    is_pano : bool
        Whether it is an equirectangular panorama (360 by 180 degrees).
    heading_deg, pitch_deg, fov_deg : float or None
        Where the middle of the picture looks, and the horizontal field of view (None for panoramas).
    sequence_id, pano_id, licence, attribution, source_url : str or None
        See the study's table of views.
    photo_url : str or None
        Where the photo is, when that address lasts; None when it has to be asked for.
    fresh_url : str or None
        Where the photo is for the next minutes. It is never written anywhere.
    """

    source_id: str
    lon: float
    lat: float
    captured_at: str | None = None
    is_pano: bool = False
    heading_deg: float | None = None
    pitch_deg: float | None = None
    fov_deg: float | None = None
    sequence_id: str | None = None
    pano_id: str | None = None
    licence: str | None = None
    attribution: str | None = None
    source_url: str | None = None
    photo_url: str | None = None
    fresh_url: str | None = None

    @property
    def is_sound(self) -> bool:
        """Whether it has a name, a place on the earth, and nothing that cannot be stored: other packages make some."""
        texts = [value for name in _TEXTS if (value := getattr(self, name)) is not None]
        numbers = [value for name in _NUMBERS if (value := getattr(self, name)) is not None]
        if not all(isinstance(value, str) for value in texts) or not self.source_id:
            return False
        if not all(isinstance(value, int | float) for value in numbers) or self.lon is None or self.lat is None:
            return False
        try:
            "".join(texts).encode()
        except UnicodeEncodeError:  # half of a letter
            return False
        return abs(self.lon) <= 180 and abs(self.lat) <= 90


_NUMBERS = ("lon", "lat", "heading_deg", "pitch_deg", "fov_deg")
_TEXTS = tuple(field_.name for field_ in fields(FoundCapture) if field_.name not in (*_NUMBERS, "is_pano"))


@dataclass(frozen=True)
class Findings:
    """What came of a question: captures, and the questions that it leads to (quarters of a box, the next page).

    When ``further`` replaces the answer (a box that was full is asked for in quarters), ``captures`` may hold what was
    in it all the same: captures of one ``source_id`` are one.
    """

    captures: Sequence[FoundCapture] = ()
    further: Sequence[Question] = ()
    #: Captures that could not be understood (a field that is needed was missing), for a warning.
    unreadable: int = 0


@dataclass(frozen=True)
class Shot:
    """One photo to download: a capture, or one direction of it where the provider cuts panoramas itself.

    Attributes
    ----------
    capture : FoundCapture
        Of which capture.
    heading_deg, pitch_deg, fov_deg : float or None
        Where to look, for providers that cut; None otherwise.
    size : int or None
        Pixels on a side, for providers that cut.
    """

    capture: FoundCapture
    heading_deg: float | None = None
    pitch_deg: float | None = None
    fov_deg: float | None = None
    size: int | None = None


@dataclass(frozen=True)
class Photo:
    """A downloaded photo.

    Attributes
    ----------
    data : bytes
        As it came, checked by `streetsense.images.check_photo`.
    more : mapping
        Attributes of `FoundCapture` that were learned on the way (the field of view, the user's name).
    """

    data: bytes
    more: Mapping[str, Any] = field(default_factory=dict)


class NoPhoto(Exception):
    """The provider does not have the photo (any more); asking again will not help. Its text is the reason."""


@runtime_checkable
class OnlineProvider(Protocol):
    """A provider on the internet. The class itself is its factory: ``Mapillary(request)``."""

    #: The name that stands in the table of views.
    name: ClassVar[str]
    terms: ClassVar[Terms]
    #: Whether the provider cuts panoramas into views itself, so that each direction is a photo of its own.
    cuts_itself: ClassVar[bool]

    @property
    def limits(self) -> Mapping[str, HostLimits]:
        """What each host may be asked: ``host`` or ``host:port`` to limits, ``""`` for all others."""
        ...

    def questions(self) -> Sequence[Question]:
        """Return the questions that discovery begins with, in the same order every time."""
        ...

    async def ask(self, web: Web, question: Question) -> Findings:
        """Ask one question.

        Raises
        ------
        streetsense.errors.InputError
            When the key is wrong or missing, or the provider refuses what was asked.
        streetsense.web.WebError
            When there was no usable answer.
        """
        ...

    async def photo(self, web: Web, shot: Shot) -> Photo:
        """Download one photo.

        Raises
        ------
        NoPhoto
            When it does not exist.
        streetsense.errors.InputError
            When the key is wrong or used up.
        streetsense.web.WebError
            When there was no usable answer.
        """
        ...

    async def test_call(self, web: Web) -> str:
        """Ask the cheapest question there is, free of charge; return in a few words what came.

        Raises
        ------
        streetsense.errors.InputError, streetsense.web.WebError
            As `ask`.
        """
        ...


class OnlineFactory(Protocol):
    """Makes an `OnlineProvider` from a request."""

    def __call__(self, request: FetchRequest) -> OnlineProvider:
        """Set the provider up.

        Raises
        ------
        InputError
            When an input does not suit it.
        """
        ...
