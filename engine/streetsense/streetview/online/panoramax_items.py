"""From the items of a Panoramax catalogue (STAC) to captures.

Items follow the STAC specification with its extensions ``view`` and ``perspective imagery``. What they say of a picture
differs between instances, cameras and years: everything but the identifier, the place and the picture may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from streetsense.streetview.capturetime import capture_times
from streetsense.streetview.online.apiaddress import is_photo_address
from streetsense.streetview.online.jsonvalues import angle, members, number, point, text
from streetsense.streetview.online.provider import FoundCapture


def captures_of(items: Sequence[object], api: str, pano_asset: str = "sd") -> tuple[list[FoundCapture], int]:
    """Read the items of one answer.

    Parameters
    ----------
    items : sequence
        The ``features`` of an answer, as JSON has them.
    api : str
        Where the API is; pictures are at ``https`` addresses when it is.
    pano_asset : str
        Which picture of a panorama is wanted: ``sd`` (2048 pixels wide) or ``hd`` (as large as it is). Of other photos
        ``sd`` is. Where the wanted one is missing, another is taken, the largest first.

    Returns
    -------
    captures : list of FoundCapture
        In the order of the items, each identifier once.
    unreadable : int
        Items without identifier, place or picture, and panoramas that show a part of the sphere only, which cannot be
        cut.
    """
    import pandas as pd

    written = [text(_properties(item).get("datetime")) for item in items]
    times = capture_times(pd.Series(written, dtype="object"))
    found: dict[str, FoundCapture] = {}
    unreadable = 0
    for item, captured_at in zip(items, times, strict=True):
        capture = _capture(members(item), captured_at, api, pano_asset)
        if capture is None:
            unreadable += 1
        else:
            found.setdefault(capture.source_id, capture)
    return list(found.values()), unreadable


def _capture(item: Mapping[str, Any], captured_at: str | None, api: str, pano_asset: str) -> FoundCapture | None:
    """Read one item; None when something is missing that is needed."""
    properties = _properties(item)
    optics = members(properties.get("pers:interior_orientation"))
    is_pano = _is_panorama(properties, optics)
    wanted = (pano_asset, "hd", "sd", "thumb") if is_pano else ("sd", "hd", "thumb")
    source_id, place = text(item.get("id")), point(item.get("geometry"))
    photo_url = _picture(members(item.get("assets")), wanted, api)
    if source_id is None or place is None or photo_url is None or (is_pano and _is_cropped(optics)):
        return None
    pitch, fov = number(properties.get("pers:pitch")), number(optics.get("field_of_view"))
    producer = _producer(item, properties)
    return FoundCapture(
        source_id=source_id,
        lon=place[0],
        lat=place[1],
        captured_at=captured_at,
        is_pano=is_pano,
        heading_deg=angle(properties.get("view:azimuth")),
        pitch_deg=None if is_pano or pitch is None or abs(pitch) > 90 else pitch,
        fov_deg=None if is_pano or fov is None or not 0 < fov < 180 else fov,
        sequence_id=text(item.get("collection")),
        pano_id=source_id if is_pano else None,
        licence=text(properties.get("license")),
        attribution=f"© {producer} / Panoramax" if producer else "© Panoramax contributors",
        source_url=_own_address(item.get("links"), api),
        photo_url=photo_url,
    )


def _properties(item: object) -> Mapping[str, Any]:
    return members(members(item).get("properties"))


def _is_panorama(properties: Mapping[str, Any], optics: Mapping[str, Any]) -> bool:
    """Tell panoramas by their field of view, or else by what only panoramas have."""
    fov = number(optics.get("field_of_view"))
    if fov is not None:
        return fov >= 360
    projection = members(properties.get("exif")).get("Xmp.GPano.ProjectionType")
    return projection == "equirectangular" or "tiles:tile_matrix_sets" in properties


def _is_cropped(optics: Mapping[str, Any]) -> bool:
    """Tell whether pixels of the sphere are missing at the left, top, right or bottom."""
    margins = optics.get("visible_area")
    return isinstance(margins, list | tuple) and any(number(margin) for margin in margins)


def _picture(assets: Mapping[str, Any], wanted: Sequence[str], api: str) -> str | None:
    """Return the address of the first wanted picture that has one."""
    addresses = (members(assets.get(name)).get("href") for name in wanted)
    return next((href for href in addresses if is_photo_address(href, api)), None)


def _own_address(links: object, api: str) -> str | None:
    for link in links if isinstance(links, list | tuple) else ():
        href = members(link).get("href")
        if members(link).get("rel") == "self" and is_photo_address(href, api):
            return text(href)
    return None


def _producer(item: Mapping[str, Any], properties: Mapping[str, Any]) -> str | None:
    """Return who took the picture."""
    if name := text(properties.get("geovisio:producer")):
        return name
    providers = item.get("providers") or properties.get("providers")
    named = [members(one) for one in providers] if isinstance(providers, list | tuple) else []
    producers = [one for one in named if "producer" in _roles(one)]
    return next((name for one in (*producers, *named) if (name := text(one.get("name")))), None)


def _roles(provider: Mapping[str, Any]) -> Sequence[object]:
    roles = provider.get("roles")
    return roles if isinstance(roles, list | tuple) else ()
