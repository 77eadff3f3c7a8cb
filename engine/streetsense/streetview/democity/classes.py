"""What a pixel of the synthetic city shows."""

from __future__ import annotations

from typing import Final

#: Names of the classes; the order is that of the columns of ``visible`` and of the numbers in a class map. ``decay``
#: is neglected facade (stains, boarded windows), ``clutter`` is graffiti, litter, bins and wires, ``pavement`` is all
#: bare ground beside the carriageway.
CLASSES: Final = ("sky", "vegetation", "building", "decay", "road", "pavement", "car", "person", "clutter")
SKY, VEGETATION, BUILDING, DECAY, ROAD, PAVEMENT, CAR, PERSON, CLUTTER = range(9)
