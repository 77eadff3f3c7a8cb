"""How much a run will be, before anything starts: points, views, time, disk."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.PyQt.QtCore import QLocale

from ..i18n import tr
from .coverage import Coverage
from .plan import DEMOCITY, FOLDER, LEARN, RANDOM, RunPlan
from .providers import Provider

#: Kilometres of streets in a square kilometre of a town, from loose to dense (centre of Helsinki: 23 with all lanes).
_STREETS = (8.0, 25.0)
#: Views a second that an encoder takes on two processor cores (benchmarks/results/embedding.json), by architecture.
_RATES = {"vit_tiny": 60.0, "vit_small": 27.0, "vit_base": 9.0}
#: Pairs a second of pre-training the small recipe at 96 px on two cores, with QGIS beside it.
_PAIRS_PER_SECOND = 190.0
#: Seconds that a job takes at least, and bytes of a photo.
_OF_A_JOB, _OF_A_PHOTO = 5.0, 60_000


@dataclass(frozen=True)
class Estimate:
    """How much a run will be.

    Attributes
    ----------
    km2 : float
        The area.
    points, views : (int, int)
        From, to.
    is_known : bool
        Whether anything is known of the number of views; nothing else but the points is, otherwise.
    minutes : (float, float)
        On two processor cores.
    megabytes : (float, float)
        Of photos.
    cost : str
        What a provider bills, in words; empty where it bills nothing.
    """

    km2: float
    points: tuple[int, int]
    views: tuple[int, int]
    minutes: tuple[float, float]
    megabytes: tuple[float, float]
    is_known: bool = True
    cost: str = ""


def estimate(
    plan: RunPlan,
    km2: float,
    *,
    street_km: float | None = None,
    photos: int | None = None,
    provider: Provider | None = None,
    coverage: Coverage | None = None,
) -> Estimate:
    """Estimate what a plan comes to.

    Parameters
    ----------
    plan : RunPlan
        The choices.
    km2 : float
        Size of its area.
    street_km : float, optional
        Length of the streets inside, where it is known; a town's usual density otherwise.
    photos : int, optional
        Number of photos in the folder.
    provider : Provider, optional
        What is known of the plan's provider.
    coverage : Coverage, optional
        What it has in the area, where somebody asked.
    """
    low, high = (street_km, street_km) if street_km is not None else (km2 * _STREETS[0], km2 * _STREETS[1])
    points = (_count(low * 1000 / plan.spacing), _count(high * 1000 / plan.spacing)) if plan.roads else (0, 0)
    is_online = provider is not None and provider.is_online
    if plan.provider == FOLDER:
        views = (photos or 0, photos or 0)
    elif is_online and coverage is None:
        return Estimate(km2, points, (0, 0), (0, 0), (0, 0), False, _cost(plan, provider, None))
    elif coverage is not None:
        affordable = _affordable(plan, provider, coverage)
        # A panorama is one photo, and a view for each direction.
        views = (affordable, max(affordable, min(coverage.chosen, affordable) * len(plan.headings)))
    else:
        times = len(plan.headings) * max(1, len(plan.dates))
        views = (points[0] * times, points[1] * times)
    if plan.max_views:
        views = (min(views[0], plan.max_views), min(views[1], plan.max_views))
    seconds = [_seconds(plan, number) for number in views]
    size = [number * _OF_A_PHOTO / 1e6 for number in views]
    if coverage is not None:
        share = affordable / max(1, coverage.photos)
        seconds = [number + 60 * share * coverage.minutes for number in seconds]
        size = [share * coverage.megabytes] * 2
    minutes = (seconds[0] / 60, seconds[1] / 60)
    return Estimate(km2, points, views, minutes, (size[0], size[1]), True, _cost(plan, provider, coverage))


def in_words(found: Estimate, plan: RunPlan) -> str:
    """Return an estimate as a few sentences."""
    parts = [tr("Run", "Area: {km2} km².").format(km2=_number(found.km2))]
    if plan.roads:
        parts.append(tr("Run", "About {points} sample points.").format(points=_span(found.points)))
    if not found.is_known:
        parts.append(tr("Run", "How many photos there are is not known yet; “Preview coverage” asks."))
        if plan.max_views:
            parts.append(tr("Run", "No more than {views} views.").format(views=_number(plan.max_views)))
    elif found.views[1]:
        parts.append(
            tr("Run", "About {views} views, {size} of photos.").format(
                views=_span(found.views), size=_size(found.megabytes)
            )
        )
    if found.is_known:
        told = tr("Run", "Time on two processor cores: {time}; less on a GPU.")
        parts.append(told.format(time=_time(found.minutes)))
    parts.append(found.cost or tr("Run", "This provider bills nothing."))
    return " ".join(parts)


def coverage_in_words(coverage: Coverage) -> str:
    """Return what a preview came to as a few sentences."""
    parts = [tr("Run", "{found} captures found.").format(found=_number(coverage.found))]
    if coverage.there_already:
        parts.append(tr("Run", "{number} are in the study already.").format(number=_number(coverage.there_already)))
    if coverage.photos:
        told = tr("Run", "To fetch: {photos} photos, {size}, {time}.")
        size, time = (coverage.megabytes,) * 2, (coverage.minutes,) * 2
        parts.append(told.format(photos=_number(coverage.photos), size=_size(size), time=_time(time)))
    else:
        parts.append(tr("Run", "Nothing is left to fetch."))
    if coverage.billed:
        parts.append(tr("Run", "Cost: {cost} US$ for {photos} photos.").format(
            cost=money(coverage.cost), photos=_number(coverage.billed)
        ))  # fmt: skip
    return " ".join(parts)


def money(dollars: float) -> str:
    """Return US dollars with cents, as the user writes numbers."""
    return QLocale().toString(float(dollars), "f", 2)


def _affordable(plan: RunPlan, provider: Provider | None, coverage: Coverage) -> int:
    """Return how many photos there can be for what they may cost."""
    price = provider.price_per_1000 if provider is not None else None
    if not price or not plan.max_cost or coverage.cost <= plan.max_cost:
        return coverage.photos
    return min(coverage.photos, int(1000 * plan.max_cost / price))


def _cost(plan: RunPlan, provider: Provider | None, coverage: Coverage | None) -> str:
    """Return what a provider bills, in words; empty where it bills nothing."""
    if provider is None or provider.price_per_1000 is None:
        return ""
    if coverage is not None:
        billed = tr("Run", "Cost: {cost} US$ for {photos} photos.").format(
            cost=money(coverage.cost), photos=_number(coverage.billed)
        )
    else:
        billed = tr("Run", "Cost: {price} US$ for 1,000 photos.").format(price=money(provider.price_per_1000))
    if not plan.max_cost:
        return f"{billed} {tr('Run', 'Set a limit in the step Street views.')}"
    return f"{billed} {tr('Run', 'Never more than {limit} US$.').format(limit=money(plan.max_cost))}"


def _seconds(plan: RunPlan, views: int) -> float:
    architecture = "vit_tiny" if plan.encoder_from == LEARN else plan.architecture
    rate = next((rate for name, rate in _RATES.items() if architecture.startswith(name)), _RATES["vit_base"])
    seconds = views / rate + 4 * _OF_A_JOB
    if plan.provider == DEMOCITY:
        seconds += views / 100
    if plan.encoder_from == LEARN:
        seconds += plan.epochs * 2000 / _PAIRS_PER_SECOND
    return seconds + (0 if plan.encoder_from == RANDOM else _OF_A_JOB)


def _count(number: float) -> int:
    return max(0, round(number))


def _span(numbers: tuple[float, float]) -> str:
    low, high = (_rounded(number) for number in numbers)
    return _number(low) if low == high else f"{_number(low)}–{_number(high)}"


def _rounded(number: float) -> float:
    """Return two significant digits: nobody should take an estimate for a count."""
    return float(f"{number:.2g}")


def _number(value: float) -> str:
    return QLocale().toString(float(value), "f", 0 if value >= 10 or value == int(value) else 2)


def _size(megabytes: tuple[float, float]) -> str:
    if megabytes[1] >= 1000:
        return f"{_span((megabytes[0] / 1000, megabytes[1] / 1000))} GB"
    return f"{_span((max(1, round(megabytes[0])), max(1, round(megabytes[1]))))} MB"


def _time(minutes: tuple[float, float]) -> str:
    if minutes[1] >= 90:
        return tr("Run", "{hours} h").format(hours=_span((minutes[0] / 60, minutes[1] / 60)))
    if minutes[1] < 1:
        return tr("Run", "less than a minute")
    return tr("Run", "{minutes} min").format(minutes=_span((max(1, round(minutes[0])), max(1, round(minutes[1])))))
