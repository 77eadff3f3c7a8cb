"""The views of a study over HTTP: where they are, and their photos."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from streetsense.errors import InputError
from streetsense.processes import reads
from streetsense.server.files import DOWNLOAD, media_type, study_folder
from streetsense.server.links import page_links
from streetsense.server.problems import RESPONSES, Problem
from streetsense.server.ranges import RangedFile, open_regular
from streetsense.server.viewindex import ViewIndex
from streetsense.study import Study

router = APIRouter(tags=["studies"])

_IMAGES = ("image/jpeg", "image/png", "image/webp", "image/tiff", "image/bmp")
_SHOWN = ("view_id", "heading_deg", "captured_at", "provider", "status")
_index = ViewIndex()

_PHOTO = {
    **DOWNLOAD,
    200: {
        "description": "The photo as it is stored.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _IMAGES},
        "headers": {"ETag": {"description": "its sha256", "schema": {"type": "string"}}},
    },
}


@router.get(
    "/studies/{study}/views",
    operation_id="getViews",
    summary="List the views of a study",
    response_class=JSONResponse,
    response_model=None,
    responses=RESPONSES
    | {
        200: {
            "description": "A feature collection (WGS84) with numberMatched, numberReturned and links to other pages.",
            "content": {"application/geo+json": {"schema": {"type": "object"}}},
        }
    },
)
def views(
    request: Request,
    study: str,
    bbox: Annotated[
        str | None,
        Query(description="only views in west,south,east,north (degrees)", examples=["-1.252,44.648,-1.242,44.658"]),
    ] = None,
    status: Annotated[
        str | None, Query(description="only views in this state: ok, missing, failed, quarantined")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=10_000, description="at most so many")] = 1000,
    offset: Annotated[int, Query(ge=0, le=2**31, description="leave out so many")] = 0,
) -> JSONResponse:
    """Return views as GeoJSON points, ordered by view_id."""
    import numpy as np
    import pyarrow.compute as pc
    import shapely

    opened = Study.open(study_folder(request.app.state.settings, study))
    table = opened.views_table.read([*_SHOWN, "geometry"]).sort_by("view_id")
    if status is not None:
        table = table.filter(pc.equal(table["status"], status))
    points = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    places = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    if bbox is not None:
        west, south, east, north = _bounds(bbox)
        within = (places[:, 0] >= west) & (places[:, 0] <= east) & (places[:, 1] >= south) & (places[:, 1] <= north)
        table, places = table.filter(within), places[within]
    page, places = table.slice(offset, limit), places[offset : offset + limit]
    features = [
        {
            "type": "Feature",
            "id": row["view_id"],
            "geometry": {"type": "Point", "coordinates": place} if np.isfinite(place).all() else None,
            "properties": row,
        }
        for row, place in zip(page.select(_SHOWN).to_pylist(), places.tolist(), strict=True)
    ]
    links = [
        link.model_dump(exclude_none=True)
        for link in page_links(request, f"/studies/{study}/views", offset, limit, table.num_rows)
    ]
    document = {
        "type": "FeatureCollection",
        "features": _plain(features),
        "numberMatched": table.num_rows,
        "numberReturned": len(features),
        "links": links,
    }
    return JSONResponse(document, media_type="application/geo+json")


@router.get(
    "/studies/{study}/views/{view}/photo",
    operation_id="getPhoto",
    summary="Return the photo of a view",
    response_class=Response,
    responses=RESPONSES | _PHOTO,
)
def photo(request: Request, study: str, view: str) -> Response:
    """Return the photo of a view as it is stored."""
    root = study_folder(request.app.state.settings, study)
    path, sha256 = photo_of(root, view)
    try:
        opened = open_regular(path)
    except OSError:
        raise _no_photo(view) from None
    kind = media_type(path)
    if kind not in _IMAGES:
        opened.file.close()
        raise _no_photo(view)
    return RangedFile.answer(
        request.headers, opened, path.name, kind, inline=True, etag=f'"{sha256}"' if sha256 else None
    )


def photo_of(root: Path, view: str) -> tuple[Path, str | None]:
    """Return where the photo of a view is, and its sha256.

    Raises
    ------
    Problem
        404 when the study has no such view, or the view has no photo in the study's own folder.
    """
    found = _index.find(root, view)
    if found is None:
        raise Problem(404, "No such view", f"view: the study has no '{view[:100]}'; see its list of views.")
    name, sha256 = found.path, found.sha256
    if not name:
        raise _no_photo(view)
    path = reads.inside(root, name)
    if path is None:
        raise Problem(
            404, "No such photo",
            f"view: the photo of '{view[:100]}' lies outside the study and is not sent; fetch it without 'link'.",
        )  # fmt: skip
    return path, sha256


def _bounds(text: str) -> tuple[float, float, float, float]:
    try:
        if not re.fullmatch(r"[-+0-9.eE, ]{1,200}", text):
            raise ValueError
        west, south, east, north = map(float, text.split(","))
    except ValueError:
        raise InputError(f"bbox: '{text[:100]}' cannot be used; write west,south,east,north in degrees.") from None
    return west, south, east, north


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Write numbers that JSON does not have as null."""
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _no_photo(view: str) -> Problem:
    return Problem(404, "No such photo", f"view: '{view[:100]}' has no photo; fetch it first.")
