"""Numbers of attention as colours."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtGui import QColor
from streetsense_qgis.gui.viewer.overlay import colour_table, overlay_image


def luminance(colour):
    shown = QColor.fromRgb(colour)
    parts = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in shown.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_there_are_256_opaque_colours_that_grow_lighter_all_the_way():
    table = colour_table()
    light = [luminance(colour) for colour in table]
    assert len(table) == 256
    assert all(colour >> 24 == 255 for colour in table)
    assert light[::2] == sorted(light[::2])
    assert light[0] < 0.02
    assert light[-1] > 0.75


def test_steps_of_the_colours_are_even_in_lightness():
    lightness = [116 * max(luminance(colour), 1e-6) ** (1 / 3) - 16 for colour in colour_table()[24:]]
    marks = lightness[::16]
    steps = [marks[index + 1] - marks[index] for index in range(len(marks) - 1)]
    assert max(steps) < 2.2 * min(steps)


def test_low_and_high_have_the_first_and_the_last_colour():
    image = overlay_image([[0.0, 0.0, 1.0, 1.0]] * 4, (0.0, 1.0))
    table = colour_table()
    assert image.pixel(2, image.height() // 2) == table[0]
    assert image.pixel(image.width() - 3, image.height() // 2) == table[255]


def test_between_the_patches_it_is_smooth_and_the_middle_lies_between_them():
    image = overlay_image([[0.0, 1.0]] * 2, (0.0, 1.0))
    row = [image.pixelIndex(x, 10) for x in range(image.width())]
    assert row == sorted(row)
    assert abs(row[len(row) // 2] - 128) <= 3
    assert len(set(row)) > 100


def test_a_patch_lies_where_it_was_asked():
    values = [[0.0] * 4 for _ in range(4)]
    values[1][2] = 1.0
    image = overlay_image(values, (0.0, 1.0))
    brightest = max(
        (image.pixelIndex(x, y), x, y) for x in range(0, image.width(), 8) for y in range(0, image.height(), 8)
    )
    assert brightest[1] // (image.width() // 4) == 2
    assert brightest[2] // (image.height() // 4) == 1


def test_what_lies_beyond_the_scale_takes_its_ends_and_what_is_no_number_the_least():
    image = overlay_image([[-5.0, float("nan")], [9.0, 9.0]], (0.0, 1.0))
    assert image.pixelIndex(2, 2) == 0
    assert image.pixelIndex(image.width() - 3, 2) == 0
    assert image.pixelIndex(2, image.height() - 3) == 255


def test_a_flat_map_is_drawn():
    assert overlay_image([[0.5, 0.5]], (0.5, 0.5)).pixelIndex(3, 3) == 0


def test_a_grid_that_is_wider_than_high_keeps_its_proportions():
    image = overlay_image([[0.1] * 4] * 2, (0.0, 1.0))
    assert image.width() == 2 * image.height()


@pytest.mark.parametrize("values", [[], [[]], [[0.1, 0.2], [0.1]]])
def test_what_is_no_grid_is_refused(values):
    with pytest.raises(ValueError, match="grid"):
        overlay_image(values, (0, 1))
