"""How one view of a pair is augmented: ranges and probabilities, as a recipe states them (torch is not needed here)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Probability = Annotated[float, Field(ge=0, le=1)]
Range = tuple[float, float]


class ViewAugmentation(BaseModel):
    """Ranges and probabilities of the random changes to one view, in the order in which they happen.

    Defaults are BYOL's as MoCo v3 uses them (Grill et al. 2020, table 6; Chen, Xie and He 2021).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    crop_scale: Range = Field(default=(0.08, 1.0), description="share of the photo's area that the crop covers")
    crop_ratio: Range = Field(default=(3 / 4, 4 / 3), description="its width / height in the photo's own pixels")
    jitter_probability: Probability = Field(default=0.8, description="of the next four changes, in random order")
    brightness: float = Field(default=0.4, ge=0, description="factor is drawn from 1 - this to 1 + this")
    contrast: float = Field(default=0.4, ge=0, description="factor is drawn from 1 - this to 1 + this")
    saturation: float = Field(default=0.2, ge=0, description="factor is drawn from 1 - this to 1 + this")
    hue: float = Field(default=0.1, ge=0, le=0.5, description="hue is turned by up to this share of a turn, either way")
    grey_probability: Probability = Field(default=0.2, description="of losing all colour")
    blur_probability: Probability = Field(default=1.0, description="of a Gaussian blur")
    blur_sigma: Range = Field(default=(0.1, 2.0), description="standard deviation of the blur, in pixels of the result")
    solarize_probability: Probability = Field(default=0.0, description="of inverting bright values")
    solarize_threshold: int = Field(default=128, ge=0, le=256, description="values (0..255) from here on are inverted")
    flip_probability: Probability = Field(default=0.5, description="of swapping left and right")

    @model_validator(mode="after")
    def _ranges_are_possible(self) -> Self:
        limits = {"crop_scale": (0.0, 1.0), "crop_ratio": (0.0, 100.0), "blur_sigma": (0.0, 50.0)}
        for name, (least, most) in limits.items():
            low, high = getattr(self, name)
            if not least <= low <= high <= most or high == 0 or (low == 0 and name != "blur_sigma"):
                raise ValueError(f"{name} {low} to {high} is no range above {least:g} and up to {most:g}")
        return self


#: One view of a pair: always blurred, never solarised.
FIRST = ViewAugmentation(blur_probability=1.0)
#: The other one: seldom blurred, sometimes solarised.
SECOND = ViewAugmentation(blur_probability=0.1, solarize_probability=0.2)
