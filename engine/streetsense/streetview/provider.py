"""What a provider of street views is, and how it is found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from streetsense.errors import InputError, StreetSenseError
from streetsense.streetview.views import Cuts, TakenView

if TYPE_CHECKING:
    import geopandas as gpd

    from streetsense.progress import Progress
    from streetsense.streetview.nearest import NearestPoints

#: Packages register providers here: ``name = "module:function"``; the function is a `ProviderFactory`.
GROUP = "streetsense.providers"
_BUILT_IN = {
    "folder": "streetsense.streetview.folder:folder_provider",
    "democity": "streetsense.streetview.synthetic:democity_provider",
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
    """

    area: gpd.GeoDataFrame
    points: gpd.GeoDataFrame
    nearest: NearestPoints
    cuts: Cuts
    known: gpd.GeoDataFrame
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Capture:
    """One thing that a provider can take: a photo or a panorama.

    Attributes
    ----------
    source_id : str
        What the provider calls it; unique within the provider.
    row : int
        Where the provider keeps what it knows of it; its own business.
    """

    source_id: str
    row: int = -1


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
        When another package's provider cannot be loaded.
    """
    factory: ProviderFactory
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        factory = getattr(import_module(module), attribute)
        return factory(request)
    for entry in entry_points(group=GROUP, name=name):
        try:
            factory = entry.load()
        except Exception as error:  # whatever another package does when it is imported
            raise StreetSenseError(
                f"provider: '{name}' ({entry.value}) cannot be loaded ({type(error).__name__}: {error}); "
                "reinstall the package that brings it."
            ) from error
        return factory(request)
    raise InputError(f"provider: there is no '{name}'; the providers are {', '.join(provider_names())}.")
