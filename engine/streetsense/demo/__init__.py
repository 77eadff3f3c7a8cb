"""The demonstration: from photos to a map and a page, by the same processes that users call."""

from streetsense.demo.city import CityPlan, demo_city
from streetsense.demo.own_photos import demo_own_photos

__all__ = ["CityPlan", "demo_city", "demo_own_photos"]
