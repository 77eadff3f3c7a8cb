"""What a provider of street views is, and how it is found by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from streetsense.errors import InputError, StreetSenseError
from streetsense.streetview.terms import Terms
from streetsense.streetview.views import Cuts, TakenView

if TYPE_CHECKING:
    import geopandas as gpd

    from streetsense.progress import Progress
    from streetsense.streetview.nearest import NearestPoints

_LOG = logging.getLogger(__name__)

#: Packages register providers here: ``name = "module:function"``; the function is a `ProviderFactory`,
#: with an attribute ``terms`` (`Terms`) if people are to know more of it than its name.
GROUP = "streetsense.providers"
_BUILT_IN = {
    "folder": "streetsense.streetview.folder:folder_provider",
    "democity": "streetsense.streetview.synthetic:democity_provider",
    "mapillary": "streetsense.streetview.online.mapillary:Mapillary",
    "panoramax": "streetsense.streetview.online.panoramax:Panoramax",
    "google": "streetsense.streetview.online.google:Google",
    "kartaview": "streetsense.streetview.online.kartaview:Kartaview",
}


@dataclass(frozen=True)
class FetchRequest:
    """What a provider is told about the study and the user's wishes.

    Attributes
    ----------
    area : GeoDataFrame
        The polygon(s) of the study, EPSG:4326.
    points : GeoDataFrame
        The sample points, EPSG:4326: ``point_id``, ``road_bearing_deg``. May be empty.
    nearest : NearestPoints
        Finds the sample point nearest to a position.
    cuts : Cuts
        Which views are taken of a panorama.
    known : GeoDataFrame
        The usable views of this provider that the study has already: the columns of `Study.views`. May be empty.
    options : mapping
        The other inputs of ``fetch``, by name.
    secrets : mapping
        Keys of the user's own, by the name of their input; found in the request, the environment or the keyring.
    """

    area: gpd.GeoDataFrame
    points: gpd.GeoDataFrame
    nearest: NearestPoints
    cuts: Cuts
    known: gpd.GeoDataFrame
    options: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Capture:
    """One thing that a provider can take: a photo or a panorama.

    Attributes
    ----------
    source_id : str
        What the provider calls it; unique within the provider.
    row : int
        Where the provider keeps what it knows of it; its own business.
    place : str
        What captures of one place share; empty when nobody knows.
    """

    source_id: str
    row: int = -1
    place: str = ""


class Provider(Protocol):
    """A source of street views. ``take`` is called from several threads at once, everything else from one."""

    #: The name that stands in the table of views.
    name: str
    #: How many views one capture makes at most.
    views_per_capture: int

    def captures(self, progress: Progress) -> Sequence[Capture]:
        """Find out what there is to take, in an order that is the same every time."""
        ...

    def finished_views(self, capture: Capture, done: Mapping[str, str]) -> int:
        """Return how many views of ``capture`` there are already; 0 when it still has to be taken.

        ``done`` maps the keys of this provider's views that are ok to the SHA-256 digests of their photos.
        """
        ...

    def take(self, capture: Capture) -> list[TakenView]:
        """Get the views of one capture. A photo that cannot be used becomes a quarantined view, never an error."""
        ...


@runtime_checkable
class KnowsTruth(Protocol):
    """What a synthetic provider offers in addition: labels that are true because the city was made from them."""

    #: The result file of the views' labels (`TakenView.labels`) is called this.
    labels_name: str

    def truth_layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return layers of true indicators by result name, EPSG:4326."""
        ...


ProviderFactory = Callable[[FetchRequest], Provider]
_Factory = TypeVar("_Factory", bound=Callable[..., Any])


def gives_on(terms: Terms) -> Callable[[_Factory], _Factory]:
    """Say on what terms the provider of a factory gives its views; a class says it with an attribute ``terms``."""

    def mark(factory: _Factory) -> _Factory:
        vars(factory)["terms"] = terms
        return factory

    return mark


def provider_names() -> list[str]:
    """Return the names of all installed providers."""
    return sorted({*_BUILT_IN, *(entry.name for entry in entry_points(group=GROUP))})


def make_provider(name: str, request: FetchRequest) -> Provider:
    """Return the provider called ``name``, set up for ``request``.

    Raises
    ------
    InputError
        When there is no such provider (the sentence lists those that there are), or an input does not suit it.
    StreetSenseError
        When it cannot be loaded.
    """
    return _factory(name)(request)


def provider_terms(name: str) -> Terms | None:
    """Return on what terms a provider gives its views: the attribute ``terms`` of its factory; None without one.

    Raises
    ------
    InputError
        When there is no such provider; the sentence lists those that there are.
    StreetSenseError
        When it cannot be loaded.
    """
    terms = getattr(_factory(name), "terms", None)
    return terms if isinstance(terms, Terms) else None


def all_terms() -> dict[str, Terms | None]:
    """Return the terms of all installed providers by name; None for one that states none.

    A provider that cannot be loaded is left out, with a line in the log: it must not hide the others.
    """
    found: dict[str, Terms | None] = {}
    for name in provider_names():
        try:
            found[name] = provider_terms(name)
        except StreetSenseError as error:
            _LOG.warning("%s", error)
    return found


def _factory(name: str) -> ProviderFactory:
    """Find what makes a provider; one that comes along wins over another package's of the same name."""
    if name in _BUILT_IN:
        found = [EntryPoint(name, _BUILT_IN[name], GROUP)]
    else:
        found = list(entry_points(group=GROUP, name=name))
    if not found:
        raise InputError(f"provider: there is no '{name}'; the providers are {', '.join(provider_names())}.")
    try:
        factory: ProviderFactory = found[0].load()
    except Exception as error:  # whatever another package does when it is imported
        raise StreetSenseError(
            f"provider: '{name}' ({found[0].value}) cannot be loaded ({type(error).__name__}: {error}); "
            "reinstall the package that brings it."
        ) from error
    return factory
