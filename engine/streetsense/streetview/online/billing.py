"""What photos cost, and how many more of them may be asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streetsense.streetview.online.ledger import Ledger


class CapReached(Exception):
    """No more billed images are to be asked for."""


class Bill:
    """The bill of all runs of a study, and its cap.

    Parameters
    ----------
    ledger : Ledger
        Knows what may have been billed, also by runs that were killed.
    price : float or None
        US dollars for a thousand photos; None where they are free.
    most : float or None
        US dollars that may be spent in all; None for any.

    Attributes
    ----------
    price : float
        US dollars for a thousand photos.
    """

    def __init__(self, ledger: Ledger, price: float | None, most: float | None) -> None:
        self._ledger, self.price, self._most = ledger, price or 0.0, most
        # A hair more, so that ten dollars are not 1,428 photos by the rounding of a division.
        self._images = None if most is None or not self.price else math.floor(most / self.price * 1000 + 1e-9)

    def count(self) -> None:
        """Count a photo before it is asked for.

        Raises
        ------
        CapReached
            When it would cost more than what may be spent.
        """
        if self._images is not None and self._ledger.billed() >= self._images:
            raise CapReached(f"max_cost: {self._most:g} US dollars are used up")
        self._ledger.bill()

    def cost_usd(self, photos: int) -> float:
        """Return what so many photos cost."""
        return photos * self.price / 1000

    def allowed(self, photos: int) -> int:
        """Return how many of so many photos may still be asked for."""
        return photos if self._images is None else max(0, min(photos, self._images - self._ledger.billed()))
