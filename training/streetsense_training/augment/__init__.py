"""Augmentation of a batch of views on the device that trains: two random variants of a pair that should embed alike."""

from streetsense_training.augment.apply import augment
from streetsense_training.augment.parameters import AugmentParameters, draw_parameters
from streetsense_training.viewaugmentation import FIRST, SECOND, ViewAugmentation

__all__ = ["FIRST", "SECOND", "AugmentParameters", "ViewAugmentation", "augment", "draw_parameters"]
