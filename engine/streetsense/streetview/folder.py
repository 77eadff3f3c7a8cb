"""The provider ``folder``: photos on disk, placed by their EXIF, by a table, or by both."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streetsense.errors import InputError
from streetsense.images import PhotoError, check_photo, decode_photo, encode_jpeg
from streetsense.images.privacy import without_owner
from streetsense.streetview.blur import Blur, NotBlurred
from streetsense.streetview.cutting import CutPanorama, cut_panorama
from streetsense.streetview.exif import PhotoMetadata, photo_metadata
from streetsense.streetview.outdated import outdated_views
from streetsense.streetview.photofacts import completed, is_panorama, why_unusable
from streetsense.streetview.photofiles import existing_folder, photos_in
from streetsense.streetview.phototable import PhotoTable, TableRow
from streetsense.streetview.provider import Capture, FetchRequest, gives_on
from streetsense.streetview.samephoto import require_same_photo
from streetsense.streetview.terms import Terms
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
TERMS = Terms(
    title="Folder of photos",
    description="Photos and panoramas on disk, placed by their EXIF or by a table.",
    licence="as given for the photos",
    attribution="as given for the photos",
    url="",
    notice="The photos are yours, or come from somebody whose terms you know: say with the licence and attribution "
    "what maps and reports should say. Owner and serial numbers of cameras are removed from photos that are copied. "
    "Faces and number plates stay as they are unless the photos are blurred; photos of people can be personal data.",
    is_online=False,
)
_BLURRED_QUALITY = 95


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
    blur : str or None
        The detector that finds what is blurred (`streetsense.streetview.blur`); None to blur nothing.
    """

    link: bool = False
    photo_fov_deg: float | None = None
    licence: str | None = None
    attribution: str | None = None
    blur: str | None = None


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
        When there is no photo, the table cannot be used, there is no such detector, or linked photos should be blurred.
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
        if self._options.blur is not None and self._options.link:
            raise InputError("blur: photos that stay where they are cannot be blurred; leave out --link or --blur.")
        self._blur = None if self._options.blur is None else Blur(self._options.blur)
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
                require_same_photo(found.path, capture.source_id, done[whole], is_blurred=self._blur is not None)
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
        if self._options.link:
            return [TakenView(view, data, suffix, found.path.resolve(), notes=notes)]
        return [self._blurred(TakenView(view, without_owner(data), suffix, notes=notes))]

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
        """Cut a panorama into views."""
        own = says.heading_deg if says.heading_deg is not None else inside.pano_heading_deg
        panorama = CutPanorama(view, data, view.heading_deg if own is None else own)
        try:
            views = cut_panorama(panorama, self._cuts, self._nearest, notes)
        except PhotoError as error:
            return [TakenView(view.quarantined(str(error)))]
        return [self._blurred(taken) for taken in views]

    def _blurred(self, taken: TakenView) -> TakenView:
        """Blur a view's photo where that is wanted. One that cannot be blurred is not used, and one in which there is
        nothing to blur becomes a new picture all the same: otherwise a photo's quality would tell of people in it.
        """
        if self._blur is None or taken.data is None:
            return taken
        try:
            picture = self._blur(decode_photo(taken.data))
        except PhotoError as error:
            return TakenView(taken.view.quarantined(str(error)))
        except NotBlurred as error:
            return TakenView(taken.view.quarantined(f"not blurred: {error}"))
        return TakenView(taken.view, encode_jpeg(picture, _BLURRED_QUALITY), notes=taken.notes)

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


@gives_on(TERMS)
def folder_provider(request: FetchRequest) -> FolderProvider:
    """Set the provider up from the inputs of ``fetch`` that `FolderOptions` names, photos, table and columns.

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
            blur=options.get("blur"),
        ),
        known=None if options.get("again") else request.known,
        area_bounds=(west, south, east, north),
    )
