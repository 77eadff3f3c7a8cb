"""The provider ``folder``: photos on disk, placed by their EXIF, by a table, or by both."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streetsense.errors import InputError
from streetsense.images import PhotoError, check_photo, decode_photo, encode_jpeg
from streetsense.streetview.exif import PhotoMetadata, photo_metadata
from streetsense.streetview.outdated import outdated_views
from streetsense.streetview.panorama import cut_views, needed_height
from streetsense.streetview.photofacts import completed, is_panorama, why_unusable
from streetsense.streetview.photofiles import existing_folder, photos_in
from streetsense.streetview.phototable import PhotoTable, TableRow
from streetsense.streetview.provider import Capture, FetchRequest
from streetsense.streetview.views import Cuts, Status, TakenView, View, view_id
from streetsense.vectors import read_table

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from streetsense.progress import Progress
    from streetsense.streetview.nearest import NearestPoints

#: How many photos are looked into to find out whether EXIF knows the positions that a table lacks.
_PEEKED = 40
#: How many photos that are in the study already are compared with the files of the same name.
_COMPARED = 50
_JPEG_QUALITY = 92
_NO_HEADING = "the panorama's heading is unknown; it is cut from its middle on, and its views have no heading"
_NO_ROAD = "no sample point is near the panorama; it is cut relative to north"


@dataclass(frozen=True)
class FolderOptions:
    """How the photos of a folder become views.

    Attributes
    ----------
    link : bool
        Leave photos where they are. Cuts of panoramas are new pictures and go into the study all the same.
    photo_fov_deg : float or None
        Horizontal field of view in degrees of photos for which neither table nor EXIF says it.
    licence, attribution : str or None
        For photos for which the table does not say it.
    """

    link: bool = False
    photo_fov_deg: float | None = None
    licence: str | None = None
    attribution: str | None = None


@dataclass(frozen=True)
class _Found:
    """A photo, a table's row, or both. ``path`` is None when the row names no photo, and ``reason`` says why."""

    path: Path | None
    row: int
    reason: str = ""


class FolderProvider:
    """Views from photos on disk.

    Parameters
    ----------
    folder : Path
        Searched with all its folders. Hidden files and the folders of studies are left out.
    cuts : Cuts
        Which views are cut out of panoramas.
    nearest : NearestPoints
        Knows the road's bearing where cuts are relative to it.
    table : DataFrame, optional
        What is known of the photos; it wins over EXIF wherever it has a value.
    columns : mapping, optional
        Which of the table's columns is what, where guessing is not enough (`PhotoTable`).
    options : FolderOptions, optional
        The rest.
    known : GeoDataFrame, optional
        The study's usable views that keep their values; told where the table says something else of them.
    area_bounds : tuple of float, optional
        West, south, east, north in degrees; photos that would lie there if latitude and longitude were exchanged are
        refused.

    Raises
    ------
    InputError
        When there is no photo, or the table cannot be used.
    """

    name = "folder"

    def __init__(
        self,
        folder: Path,
        cuts: Cuts,
        nearest: NearestPoints,
        *,
        table: pd.DataFrame | None = None,
        columns: Mapping[str, str] | None = None,
        options: FolderOptions | None = None,
        known: gpd.GeoDataFrame | None = None,
        area_bounds: tuple[float, float, float, float] | None = None,
    ) -> None:
        self._folder, self._cuts, self._nearest = existing_folder(folder), cuts, nearest
        self._options, self._known = options or FolderOptions(), known
        self.views_per_capture = len(cuts.headings_deg)
        self._photos = photos_in(self._folder)
        if not self._photos:
            raise InputError(f"photos: there is no photo in {self._folder}; give a folder with JPEG or PNG files.")
        self._table = None if table is None else PhotoTable(table, columns or {}, self._photos)
        if self._table is not None and area_bounds is not None:
            self._table.refuse_swapped(area_bounds)
        self._found: list[_Found] = []

    def captures(self, progress: Progress) -> Sequence[Capture]:
        """List the photos in the order of their paths, then the table's rows that have no photo.

        Raises
        ------
        InputError
            When the table has no positions and the photos' EXIF has none either.
        """
        captures = [Capture(name, number) for number, name in enumerate(self._photos)]
        if self._table is None:
            self._found = [_Found(self._folder / name, -1) for name in self._photos]
            return captures
        rows, unmatched = self._table.matched_to(self._photos)
        self._found = [_Found(self._folder / name, int(row)) for name, row in zip(self._photos, rows, strict=True)]
        if not self._table.has_positions:
            self._require_exif_positions(self._table)
        self._tell_of_table(self._table, rows, progress)
        names, repeated = set(self._photos), 0
        for row, reason in unmatched.items():
            name = self._table.row(row).file or f"row {row + 1} of the table"
            if name in names or reason.startswith("an earlier row"):
                repeated += 1
                continue
            names.add(name)
            captures.append(Capture(name, len(self._found)))
            self._found.append(_Found(None, row, reason))
        if repeated:
            progress.warn(f"table: {repeated} rows name a photo that an earlier row names; they are left out.")
        return captures

    def finished_views(self, capture: Capture, done: Mapping[str, str]) -> int:
        """Return how many views of ``capture`` there are already (see `Provider`).

        Raises
        ------
        InputError
            When a photo of this name is there already, and it is another photo. Only some are compared.
        """
        found = self._found[capture.row]
        says = self._table.row(found.row).is_panorama if self._table is not None and found.row >= 0 else None
        whole = view_id(self.name, capture.source_id)
        if says is not True and whole in done:
            if found.path is not None and capture.row % max(1, len(self._photos) // _COMPARED) == 0:
                _require_same_photo(found.path, capture.source_id, done[whole])
            return 1
        keys = self._cuts.view_ids(self.name, capture.source_id)
        return len(keys) if says is not False and all(key in done for key in keys) else 0

    def take(self, capture: Capture) -> list[TakenView]:
        """Read one photo: one view, or several when it is a panorama."""
        found = self._found[capture.row]
        says = TableRow(capture.source_id)
        if self._table is not None and found.row >= 0:
            says = self._table.row(found.row)
        view = self._view_from_table(capture.source_id, says)
        if found.path is None:
            return [TakenView(dataclasses.replace(view, status=Status.MISSING, error=f"no photo: {found.reason}"))]
        try:
            data = found.path.read_bytes()
            photo = check_photo(data)
        except OSError as error:
            return [TakenView(view.quarantined(f"unreadable: {error.strerror or error}"))]
        except PhotoError as error:
            return [TakenView(view.quarantined(str(error)))]
        inside = photo_metadata(data)
        view, notes = completed(view, inside, photo)
        if (reason := why_unusable(view, inside, says, photo)) is not None:
            return [TakenView(view.quarantined(reason))]
        if is_panorama(says, inside):
            return self._cut(view, data, says, inside, notes)
        fov = says.fov_deg or inside.fov_deg(photo.width, photo.height) or self._options.photo_fov_deg
        view = dataclasses.replace(view, fov_deg=fov)
        suffix = ".jpg" if photo.format.upper() in {"JPEG", "MPO"} else f".{photo.format.lower()}"
        linked = found.path.resolve() if self._options.link else None
        return [TakenView(view, data, suffix, linked, notes=notes)]

    def _view_from_table(self, source_id: str, says: TableRow) -> View:
        return View(
            view_id=view_id(self.name, source_id),
            provider=self.name,
            source_id=source_id,
            lon=says.lon,
            lat=says.lat,
            heading_deg=None if says.heading_deg is None else says.heading_deg % 360,
            pitch_deg=says.pitch_deg,
            captured_at=says.captured_at,
            pano_id=says.pano_id,
            sequence_id=says.sequence_id,
            licence=says.licence or self._options.licence,
            attribution=says.attribution or self._options.attribution,
            source_url=says.source_url,
        )

    def _cut(
        self, view: View, data: bytes, says: TableRow, inside: PhotoMetadata, notes: tuple[str, ...]
    ) -> list[TakenView]:
        """Cut a panorama into views. Without a heading of its own, its cuts have none either."""
        own = says.heading_deg if says.heading_deg is not None else inside.pano_heading_deg
        own = view.heading_deg if own is None else own
        if own is None:
            notes = (*notes, _NO_HEADING)
        turn = 0.0
        if own is not None and self._cuts.relative_to == "road" and view.lon is not None and view.lat is not None:
            bearing = self._nearest.road_bearing_deg(view.lon, view.lat)
            if bearing is None:
                notes = (*notes, _NO_ROAD)
            turn = bearing or 0.0
        headings = [(heading + turn) % 360 for heading in self._cuts.headings_deg]
        try:
            pano = decode_photo(data, needed_height(self._cuts))
        except PhotoError as error:
            return [TakenView(view.quarantined(str(error)))]
        pictures = cut_views(pano, own or 0.0, headings, self._cuts)
        keys = self._cuts.view_ids(self.name, view.source_id)
        return [
            TakenView(
                dataclasses.replace(
                    view,
                    view_id=key,
                    pano_id=view.pano_id or view.source_id,
                    heading_deg=None if own is None else heading,
                    pitch_deg=self._cuts.pitch_deg,
                    fov_deg=self._cuts.fov_deg,
                    width=self._cuts.size,
                    height=self._cuts.size,
                ),
                encode_jpeg(picture, _JPEG_QUALITY),
                notes=notes,
            )
            for key, heading, picture in zip(keys, headings, pictures, strict=True)
        ]

    def _tell_of_table(self, table: PhotoTable, rows: NDArray[np.int64], progress: Progress) -> None:
        """Warn of values that were not understood, and of views that keep what an earlier table said of them."""
        for sentence in table.not_understood:
            progress.warn(sentence)
        if self._known is None or self._known.empty:
            return
        row_of_photo = {name: int(row) for name, row in zip(self._photos, rows, strict=True) if row >= 0}
        if counts := outdated_views(table, row_of_photo, self._known):
            number = counts.pop("views")
            what = ", ".join(f"{name.removesuffix('_deg')} {count}" for name, count in counts.items())
            progress.warn(
                f"table: it differs from what the study holds of {number} views ({what}); they keep their values, "
                "unless they are fetched once more with --again."
            )

    def _require_exif_positions(self, table: PhotoTable) -> None:
        """Raise when the photos do not know the positions that the table lacks."""
        for name in self._photos[:: max(1, len(self._photos) // _PEEKED)][:_PEEKED]:
            try:
                if photo_metadata((self._folder / name).read_bytes()).lat is not None:
                    return
            except OSError:
                continue
        raise InputError(
            f"table: {table.why_no_positions()}, and the photos' EXIF has no positions either; say which columns hold "
            "them, with --columns lat=COLUMN,lon=COLUMN."
        )


def folder_provider(request: FetchRequest) -> FolderProvider:
    """Set the provider up from the inputs of ``fetch``: photos, table, columns, link, photo_fov, licence, attribution.

    Raises
    ------
    InputError
        When the folder is not given or has no photo, or the table cannot be used.
    """
    options = request.options
    if options.get("photos") is None:
        raise InputError("photos: this input is missing; the provider 'folder' needs a folder of photos.")
    table = options.get("table")
    west, south, east, north = (float(value) for value in request.area.total_bounds)
    return FolderProvider(
        Path(options["photos"]),
        request.cuts,
        request.nearest,
        table=None if table is None else read_table(table, "table"),
        columns=options.get("columns"),
        options=FolderOptions(
            link=bool(options.get("link")),
            photo_fov_deg=options.get("photo_fov"),
            licence=options.get("licence"),
            attribution=options.get("attribution"),
        ),
        known=None if options.get("again") else request.known,
        area_bounds=(west, south, east, north),
    )


def _require_same_photo(path: Path, source_id: str, sha256: str) -> None:
    """Raise when the study's photo of this name is not the one in the folder: two folders can use the same names."""
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return
    if digest != sha256:
        raise InputError(
            f"photos: the study has another photo called {source_id} already; put both folders into one and give that, "
            "or replace the study's photos with --again."
        )
