"""The rule that makes two views a pair, in numbers and in words."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from streetsense_training.pairs.days import DAYS_A_MONTH
from streetsense_training.pairs.views import MICRODEGREES

Objective = Literal["self", "temporal", "spatial"]

#: Guards whole numbers of days against the rounding of decimal months.
_ROUNDING = 1e-9


class PairRule(BaseModel):
    """What two views must have in common, and what must differ (section 3 of the paper).

    Values that the objective does not use are None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    objective: Objective
    same_place_m: float | None = Field(
        default=None, description="temporal: views less than this apart show one place (metres)"
    )
    heading_tolerance_deg: float | None = Field(
        default=None, description="temporal: largest difference of headings (degrees)"
    )
    min_months: float | None = Field(default=None, description="temporal: smallest time between the two (months)")
    buffer_m: float | None = Field(
        default=None, description="spatial: largest distance (metres); None where units are given"
    )
    units: str | None = Field(default=None, description="spatial: where the polygons came from that both views share")
    max_month_gap: float | None = Field(default=None, description="spatial: largest time between the two (months)")

    @property
    def radius(self) -> float | None:
        """Distance within which partners lie (metres); None where a unit or nothing limits them."""
        return self.same_place_m if self.objective == "temporal" else self.buffer_m

    @property
    def heading_limit(self) -> int | None:
        """Largest difference of headings in millionths of a degree; None when any will do."""
        degrees = self.heading_tolerance_deg
        return None if degrees is None or degrees >= 180 else round(degrees * MICRODEGREES)

    @property
    def fewest_days(self) -> int:
        """Smallest difference of day numbers; 0 when any will do."""
        return math.ceil((self.min_months or 0) * DAYS_A_MONTH - _ROUNDING)

    @property
    def most_days(self) -> int | None:
        """Largest difference of day numbers; None when any will do."""
        return None if self.max_month_gap is None else math.floor(self.max_month_gap * DAYS_A_MONTH + _ROUNDING)

    @property
    def needs_day(self) -> bool:
        """Whether views of unknown time are of no use."""
        return self.fewest_days > 0 or self.most_days is not None

    @property
    def steps(self) -> tuple[str, ...]:
        """The parts of the rule in the order in which they are asked, named after what fails (`failure`)."""
        if self.objective == "self":
            return ()
        steps = ["alone", "same_panorama"]
        if self.heading_limit is not None:
            steps.append("other_heading")
        if self.fewest_days > 0:
            steps.append("too_close_in_time")
        if self.most_days is not None:
            steps.append("too_far_in_time")
        return tuple(steps)

    def words(self) -> str:
        """Say the rule in one sentence."""
        match self.objective:
            case "self":
                return "Both are the same view, which is augmented twice."
            case "temporal":
                text = f"Two panoramas of one place (less than {self.same_place_m:g} m apart)"
                if self.heading_limit is not None:
                    text += f", headings at most {self.heading_tolerance_deg:g}° apart"
                return text + (f", taken at least {months(self.min_months)} apart." if self.fewest_days else ".")
            case "spatial":
                within = f"at most {self.buffer_m:g} m apart" if self.units is None else f"in one unit of {self.units}"
                text = f"Two panoramas {within}, any heading"
                return text + (f", taken at most {months(self.max_month_gap)} apart." if self.needs_day else ".")

    def failure(self, step: str) -> str:
        """Say what views lack that fail at ``step``, to follow a number of them."""
        near = f"within {self.radius:g} m" if self.radius is not None else "in their unit"
        return {
            "no_position": "have no position",
            "outside_dates": "were taken outside the dates",
            "held_out": "are held out",
            "outside_quotas": "lie outside the polygons of the quotas",
            "outside_units": "lie outside the units",
            "heading_unknown": "have no heading",
            "date_unknown": "have no date",
            "alone": f"have no other view {near}",
            "same_panorama": "only views of the same panorama",
            "other_heading": f"none with a heading within {self.heading_tolerance_deg or 0:g}°",
            "too_close_in_time": f"none taken {months(self.min_months)} or more apart",
            "too_far_in_time": f"none taken {months(self.max_month_gap)} or less apart",
        }[step]


def months(number: float | None) -> str:
    """Write a number of months."""
    return f"{number or 0:g} month{'' if number == 1 else 's'}"
