"""Perspective views out of equirectangular panoramas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from streetsense.streetview.panorama import cut_perspective, cut_views, needed_height
from streetsense.streetview.views import Cuts


def directions(azimuth: NDArray[np.float64], elevation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors (north, east, up) of directions in radians."""
    level = np.cos(elevation)
    return np.stack([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)], axis=-1)


def colours(vectors: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Colour = direction: each unit vector component becomes one channel."""
    return np.rint((vectors + 1) * 127.5).astype(np.uint8)


def analytic_panorama(height: int, heading_deg: float = 0.0) -> NDArray[np.uint8]:
    """A panorama in which every pixel's colour is the direction that it looks along."""
    width = 2 * height
    azimuth = ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi + np.radians(heading_deg)
    elevation = (0.5 - (np.arange(height) + 0.5) / height) * np.pi
    return colours(directions(*np.meshgrid(azimuth, elevation)))


def expected_view(heading_deg: float, pitch_deg: float, fov_deg: float, size: int) -> NDArray[np.uint8]:
    """The same scene through a pinhole camera, by rotating the camera's axes."""
    edge = np.tan(np.radians(fov_deg) / 2)
    across = ((np.arange(size) + 0.5) / size * 2 - 1) * edge
    right, down = np.meshgrid(across, across)
    heading, pitch = np.radians([heading_deg, pitch_deg])
    forward_axis = directions(heading, pitch)
    right_axis = directions(heading + np.pi / 2, np.float64(0))
    up_axis = np.cross(forward_axis, right_axis) * -1
    up_axis = up_axis if up_axis[2] > 0 else -up_axis
    rays = forward_axis + right[..., None] * right_axis - down[..., None] * up_axis
    return colours(rays / np.linalg.norm(rays, axis=-1, keepdims=True))


@settings(deadline=None, max_examples=25)
@given(
    pano_heading=st.floats(-720, 720),
    heading=st.floats(-720, 720),
    pitch=st.floats(-60, 60),
    fov=st.floats(20, 130),
    height=st.sampled_from([128, 256, 600]),
)
def test_a_cut_shows_the_directions_that_a_pinhole_camera_would_see(
    pano_heading: float, heading: float, pitch: float, fov: float, height: int
) -> None:
    pano = analytic_panorama(height, pano_heading)
    view = cut_perspective(pano, pano_heading, heading, pitch, fov, 48)
    difference = np.abs(view.astype(int) - expected_view(heading, pitch, fov, 48).astype(int))
    assert difference.max() <= 4
    assert difference.mean() < 1


def test_neighbouring_quarter_turns_share_their_edge() -> None:
    views = cut_views(analytic_panorama(512, 37.0), 37.0, (0, 90, 180, 270), Cuts(size=256)).astype(int)
    for left, right in zip(views, np.roll(views, -1, axis=0), strict=True):
        assert np.abs(left[:, -1] - right[:, 0]).max() <= 3


def test_headings_that_are_a_full_turn_apart_give_the_same_picture() -> None:
    pano = analytic_panorama(128, 10.0)
    assert np.array_equal(cut_perspective(pano, 10.0, 45.0, size=64), cut_perspective(pano, 10.0, 405.0, size=64))


def test_the_middle_of_the_picture_looks_along_the_heading_of_the_panorama() -> None:
    pano = np.zeros((180, 360, 3), dtype=np.uint8)
    pano[:, 178:182] = 255
    view = cut_perspective(pano, 123.0, 123.0, size=65)
    assert view[32, 32].min() == 255
    assert cut_perspective(pano, 123.0, 213.0, size=65).max() == 0


def test_clockwise_headings_turn_to_the_right() -> None:
    pano = np.zeros((180, 360, 3), dtype=np.uint8)
    pano[:, 269:272] = 255  # a quarter turn right of the middle
    assert cut_perspective(pano, 0.0, 90.0, size=64)[:, 30:34].max() > 200
    assert cut_perspective(pano, 0.0, 270.0, size=64).max() == 0


def test_a_positive_pitch_looks_up() -> None:
    pano = np.zeros((180, 360, 3), dtype=np.uint8)
    pano[:60] = 255  # above 30 degrees
    assert cut_perspective(pano, 0, 0, pitch_deg=60, fov_deg=40, size=32).min() == 255
    assert cut_perspective(pano, 0, 0, pitch_deg=-30, fov_deg=40, size=32).max() == 0


def test_six_cuts_put_back_together_give_the_panorama() -> None:
    height, size = 128, 256
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (8, 16, 3)).astype(np.uint8)
    from PIL import Image

    pano = np.asarray(Image.fromarray(coarse).resize((2 * height, height), Image.Resampling.BICUBIC))
    pano = np.concatenate([pano, pano[:, ::-1]], axis=1)[:, ::2].copy()  # no seam where it wraps around
    views = cut_views(pano, 0.0, (0, 90, 180, 270), Cuts(size=size)).astype(float)
    azimuth = ((np.arange(2 * height) + 0.5) / height / 2 - 0.5) * 360
    elevation = 90 - (np.arange(height) + 0.5) / height * 180
    azimuth, elevation = np.meshgrid(azimuth, elevation)
    face = np.rint(azimuth / 90).astype(int)
    aside = np.radians(azimuth - face * 90)
    u, v = np.tan(aside), np.tan(np.radians(elevation)) / np.cos(aside)
    seen = (np.abs(u) < 0.98) & (np.abs(v) < 0.98)
    column = np.clip(((u + 1) / 2 * size).astype(int), 0, size - 1)
    row = np.clip(((1 - v) / 2 * size).astype(int), 0, size - 1)
    back = views[face % 4, row, column]
    assert np.abs(back - pano)[seen].mean() < 2.5


def test_fine_stripes_turn_grey_instead_of_aliasing() -> None:
    pano = np.zeros((2048, 4096, 3), dtype=np.uint8)
    pano[:, ::2] = 255
    view = cut_perspective(pano, 0.0, 0.0, size=64)
    assert view.min() > 110
    assert view.max() < 145


def test_a_panorama_finer_than_needed_does_not_change_the_picture() -> None:
    cuts = Cuts((30.0,), size=64)
    fine = cut_views(analytic_panorama(4 * needed_height(cuts)), 0.0, (30.0,), cuts)
    enough = cut_views(analytic_panorama(needed_height(cuts)), 0.0, (30.0,), cuts)
    assert np.abs(fine.astype(int) - enough.astype(int)).max() <= 2


@pytest.mark.parametrize("shape", [(10, 20), (10, 20, 4)])
def test_pictures_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        cut_perspective(np.zeros(shape, dtype=np.uint8), 0, 0)
