"""What ``fetch`` is asked."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from streetsense.processes.forms import ADVANCED
from streetsense.processes.joining import MAX_DISTANCE
from streetsense.processes.process import ProcessInputs
from streetsense.processes.reads import HostDecides, Reads

#: Public instances of Panoramax, which requests over HTTP may choose; an instance of one's own is the host's to set.
PANORAMAX_INSTANCES = (
    "https://api.panoramax.xyz",
    "https://panoramax.openstreetmap.fr",
    "https://panoramax.ign.fr",
)
_DATE = r"[12]\d{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?"

Degrees = Annotated[float, Field(allow_inf_nan=False)]


class Inputs(ProcessInputs):
    """What to fetch, and from where."""

    provider: str = Field(
        description="where views come from: panoramax, mapillary, kartaview, google, folder, democity, or one that a "
        "package adds; 'streetsense providers' tells of each"
    )
    since: str | None = Field(
        None,
        description="internet: only views taken on this day or later (2019-07-15, 2019-07 or 2019); from the first one "
        "on when not given",
    )
    until: str | None = Field(
        None,
        description="internet: only views taken on this day or earlier (2019-07-15, 2019-07 or 2019); to the last one "
        "when not given",
    )
    history: bool = Field(
        False,
        description="internet: all captures of a place, for pairs of different times, not the nearest ones alone",
    )
    per_point: int = Field(
        1, ge=1, description="internet: captures of each sample point, the nearest first (1 or more); not with history"
    )
    dry_run: bool = Field(
        False, description="only find out what there is: counts by year, photos, costs, and a layer of the places"
    )
    accept_terms: bool = Field(
        False, description="confirm that the provider's terms allow what is planned; asked once per study"
    )
    key: SecretStr | None = Field(
        None,
        description="internet: your key or token of the provider, where it needs one; the environment and the keyring "
        "are looked at when not given",
    )
    signing_secret: Annotated[SecretStr | None, ADVANCED] = Field(
        None, description="google: your URL signing secret, needed beyond 25,000 photos a day"
    )
    panoramas: Annotated[Path, Reads(kind="table"), ADVANCED] | None = Field(
        None, description="google: table with the ids of panoramas (column pano_id), also of older ones"
    )
    api_url: Annotated[str | None, HostDecides(PANORAMAX_INSTANCES), ADVANCED] = Field(
        None, description="internet: another address of the provider, such as a city's own Panoramax instance"
    )
    max_cost: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="internet: never ask for photos that cost more than this together (US dollars); needed, or "
        "max_views, where photos cost something; those of earlier runs in the study count",
        json_schema_extra={"unit": "USD"},
    )
    price: Annotated[float | None, ADVANCED] = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="internet: US dollars for 1,000 photos, where your contract differs from the list price",
        json_schema_extra={"unit": "USD"},
    )
    time_budget: Annotated[float | None, ADVANCED] = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="internet: stop after so many minutes; the same command goes on later. No limit when not given",
        json_schema_extra={"unit": "min"},
    )
    connections: Annotated[int | None, ADVANCED] = Field(
        None, ge=1, description="internet: requests at the same time per host, at most; never more than it allows"
    )
    per_second: Annotated[float | None, ADVANCED] = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="internet: requests a second per host, at most; never more than it allows",
    )
    photos: Annotated[Path, Reads(kind="folder")] | None = Field(
        None, description="folder: the folder with the photos, needed; its folders are searched too"
    )
    table: Annotated[Path, Reads(kind="table")] | None = Field(
        None,
        description="folder: what is known of the photos (CSV, Parquet, GeoJSON, GeoPackage); wins over their EXIF, "
        "which alone counts when no table is given",
    )
    columns: Annotated[dict[str, str], ADVANCED] = Field(
        default_factory=dict,
        description="folder: which of the table's columns is what, where the guess is wrong: lat=Y,lon=X,heading=DIR; "
        "all are guessed when not given",
    )
    link: Annotated[bool, HostDecides(), ADVANCED] = Field(
        False, description="folder: leave the photos where they are instead of copying them"
    )
    photo_fov: Annotated[float | None, ADVANCED] = Field(
        None,
        gt=0,
        lt=180,
        description="folder: horizontal field of view of photos for which neither table nor EXIF says it (degrees, "
        "between 0 and 180); it stays unknown when not given",
        json_schema_extra={"unit": "deg"},
    )
    licence: Annotated[str | None, ADVANCED] = Field(
        None, description="folder: licence of the photos where the table does not say it; unknown when not given"
    )
    attribution: Annotated[str | None, ADVANCED] = Field(
        None, description="folder: whom to name for the photos where the table does not; nobody when not given"
    )
    headings: list[Degrees] = Field(
        [0.0, 90.0, 180.0, 270.0],
        min_length=1,
        description="where the views of a panorama look, clockwise from relative-to (degrees; each direction once)",
        json_schema_extra={"unit": "deg"},
    )
    relative_to: Literal["north", "road"] | None = Field(
        None,
        description="what the headings are relative to: north, or the road at the nearest sample point; when not "
        "given, the road for democity and north for other providers",
    )
    fov: float = Field(
        90.0,
        ge=10,
        le=150,
        description="field of view of the views of a panorama (degrees, 10 to 150)",
        json_schema_extra={"unit": "deg"},
    )
    pitch: Annotated[float, ADVANCED] = Field(
        0.0,
        ge=-60,
        le=60,
        description="how far above the horizon the views of a panorama look (degrees, -60 to 60)",
        json_schema_extra={"unit": "deg"},
    )
    size: int | None = Field(
        None,
        ge=64,
        le=8192,
        description="side of the views of a panorama (pixels, 64 to 8192); when not given, 224 for democity and 512 "
        "for other providers",
        json_schema_extra={"unit": "px"},
    )
    seed: Annotated[int, ADVANCED] = Field(
        0, ge=0, description="democity: which synthetic city (0 or more); a study holds one"
    )
    dates: list[str] = Field(
        ["2019-07", "2023-02"],
        min_length=1,
        description="democity: days (2019-07-15) or months (2019-07) in which views are taken",
    )
    max_distance: Annotated[float, ADVANCED] = Field(
        MAX_DISTANCE,
        gt=0,
        allow_inf_nan=False,
        description="how far a view may be from the sample point that it is joined to (metres, more than 0)",
        json_schema_extra={"unit": "m"},
    )
    max_views: int | None = Field(
        None,
        ge=1,
        description="stop when there are this many views of the provider (1 or more); all are fetched when not given",
    )
    blur: Annotated[str | None, ADVANCED] = Field(
        None,
        description="folder: blur what this detector finds in the photos (faces, plates) before they are copied; "
        "detectors come with packages of your own",
    )
    again: Annotated[bool, ADVANCED] = Field(False, description="fetch what is there already once more, and replace it")

    @field_validator("headings")
    @classmethod
    def _are_different(cls, headings: list[float]) -> list[float]:
        if len({heading % 360 for heading in headings}) < len(headings):
            raise ValueError("the same direction is given twice; give each once.")
        return headings

    @field_validator("since", "until")
    @classmethod
    def _is_a_date(cls, date: str | None) -> str | None:
        if date is None or not date.strip():
            return None
        date = date.strip()
        try:
            if not re.fullmatch(_DATE, date):
                raise ValueError
            datetime.date.fromisoformat(f"{date}-01-01"[:10])  # there is no 31st of February
        except ValueError:
            raise ValueError(f"'{date[:50]}' is no day, month or year; write 2019-07-15, 2019-07 or 2019.") from None
        return date

    @model_validator(mode="after")
    def _time_runs_forward(self) -> Self:
        if self.since is not None and self.until is not None:
            both = min(len(self.since), len(self.until))
            if self.since[:both] > self.until[:both]:
                raise ValueError("'since' is later than 'until'; exchange them.")
        return self

    @field_validator("dates")
    @classmethod
    def _are_not_repeated(cls, dates: list[str]) -> list[str]:
        return list(dict.fromkeys(date.strip() for date in dates))
