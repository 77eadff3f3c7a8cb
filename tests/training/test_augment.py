"""Augmentation: each operation against Pillow's, what is drawn against torchvision's recipe, and what must not differ.

Grey levels are 0..255. Pillow rounds or truncates to whole levels after each operation, here nothing is rounded: the
tolerances say how far that takes results apart.
"""

from __future__ import annotations

import streetsense.encoders  # noqa: F401  (first: torchvision cannot be imported beside a processor-only torch else)

# isort: split
import random
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision.transforms.functional as pil
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps
from pydantic import ValidationError
from torchvision import transforms

from streetsense.errors import InputError
from streetsense.images import IMAGENET, Normalisation
from streetsense_training.augment import (
    FIRST,
    SECOND,
    AugmentParameters,
    ViewAugmentation,
    augment,
    draw_parameters,
)

#: Keeps values of 0..1.
PLAIN = Normalisation(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
SIDE = 112
Levels = NDArray[np.float32]
Scalar = bool | np.float32 | NDArray[np.generic]


def photo(width: int = SIDE, height: int = SIDE, seed: int = 0) -> Image.Image:
    """Return a synthetic photo: smooth areas of all colours, hard edges, black, white and some noise."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (7, 7, 3), dtype=np.uint8)
    pixels = np.array(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)).astype(np.int64)
    pixels[height // 5 : height // 3, width // 4 : width // 2] = generator.integers(0, 256, 3)
    pixels[-height // 6 :, : width // 3] = 0
    pixels[: height // 8, -width // 3 :] = 255
    return Image.fromarray(np.clip(pixels + generator.normal(0, 6, pixels.shape), 0, 255).astype(np.uint8))


def stack(images: list[Image.Image]) -> torch.Tensor:
    return torch.from_numpy(np.stack([np.asarray(image) for image in images]))


def levels(images: torch.Tensor, parameters: AugmentParameters, size: int) -> Levels:
    """Return augmented images as ``[N, size, size, 3]`` grey levels."""
    return (augment(images, parameters, size, PLAIN) * 255).permute(0, 2, 3, 1).numpy()


def changed(image: Image.Image, size: int = SIDE, **change: Scalar) -> Levels:
    """Return one image after one change."""
    tensors = {name: torch.as_tensor(value)[None] for name, value in change.items()}
    return levels(stack([image]), replace(AugmentParameters.unchanged(1), **tensors), size)[0]


def apart(one: Levels, other: Image.Image) -> Levels:
    return np.abs(one - np.asarray(other, dtype=np.float32))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def same(one: AugmentParameters, other: AugmentParameters) -> bool:
    return all(torch.equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))


# Each operation is Pillow's


@pytest.mark.parametrize("box", [(0, 0, 112, 112), (10, 20, 100, 51), (63, 3, 79, 111), (100, 100, 112, 112)])
@pytest.mark.parametrize("size", [96, 48, 130])
def test_a_crop_of_whole_pixels_is_cut_out_and_resized_within_a_level(box: tuple[int, ...], size: int) -> None:
    expected = photo().crop(box).resize((size, size), Image.Resampling.BILINEAR)
    assert apart(changed(photo(), size, box=np.float32(box) / np.float32(SIDE)), expected).max() <= 1.1


@pytest.mark.parametrize("box", [(10.4, 20.7, 100.1, 51.3), (62.5, 3.25, 79.9, 110.9)])
def test_a_crop_between_pixels_is_pillows_box_where_no_pixel_outside_of_it_counts(box: tuple[float, ...]) -> None:
    size = 64
    expected = photo().resize((size, size), Image.Resampling.BILINEAR, box=box)
    difference = apart(changed(photo(), size, box=np.float32(box) / np.float32(SIDE)), expected)
    margin_x, margin_y = (int(np.ceil(1.5 * size / (box[2 + axis] - box[axis]))) + 1 for axis in (0, 1))
    assert difference[margin_y:-margin_y, margin_x:-margin_x].max() <= 1.1


def test_flip_swaps_left_and_right() -> None:
    box = np.float32((0.1, 0.2, 0.83, 0.9))
    assert np.abs(changed(photo(), 96, box=box, flip=True) - changed(photo(), 96, box=box)[:, ::-1]).max() <= 0.01
    assert apart(changed(photo(), flip=True), ImageOps.mirror(photo())).max() <= 0.01


OPERATIONS: dict[str, Callable[[Image.Image, float], Image.Image]] = {
    "brightness": pil.adjust_brightness,
    "contrast": pil.adjust_contrast,
    "saturation": pil.adjust_saturation,
}


@pytest.mark.parametrize("name", list(OPERATIONS))
@pytest.mark.parametrize("factor", [0.0, 0.6, 1.0, 1.4])
def test_brightness_contrast_and_saturation_are_within_two_levels(name: str, factor: float) -> None:
    ours = changed(photo(), jitter=True, **{name: np.float32(factor)})
    assert apart(ours, OPERATIONS[name](photo(), factor)).max() <= 2.0


def pillow_turns(turns: float) -> float:
    """Return how far torchvision turns the hue of a Pillow image: by whole steps, 256 a turn, of 255 a turn."""
    return int(turns * 255) / 256


@pytest.mark.parametrize("turns", [-0.5, -0.1, 0.03, 0.1, 0.5])
def test_hue_is_within_a_level_on_average_and_nine_at_most_because_pillow_has_256_hues(turns: float) -> None:
    ours = changed(photo(), jitter=True, hue=np.float32(pillow_turns(turns)))
    difference = apart(ours, pil.adjust_hue(photo(), turns))
    assert difference.mean() <= 0.6
    assert difference.max() <= 9.0


@given(seed=st.integers(0, 10_000), turns=st.floats(-0.5, 0.5))
@settings(max_examples=30, deadline=None)
def test_hue_is_turned_as_the_hsv_model_says(seed: int, turns: float) -> None:
    import colorsys

    colours = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    colours[0] = colours[0, :, :1]  # greys have no hue
    ours = changed(Image.fromarray(colours), 4, jitter=True, hue=np.float32(turns))
    for own, colour in zip(ours.reshape(-1, 3), colours.reshape(-1, 3), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*(colour / 255.0))
        expected = np.array(colorsys.hsv_to_rgb((hue + turns) % 1.0, saturation, value)) * 255
        assert np.abs(own - expected).max() <= 0.02


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2), (2, 0, 3, 1)])
def test_colours_are_jittered_in_the_given_order(order: tuple[int, ...]) -> None:
    factors = {"brightness": 1.4, "contrast": 0.6, "saturation": 1.2, "hue": 0.1}
    expected = photo()
    for operation in order:
        name = list(factors)[operation]
        expected = getattr(pil, f"adjust_{name}")(expected, factors[name])
    ours = {name: np.float32(value) for name, value in (factors | {"hue": pillow_turns(0.1)}).items()}
    difference = apart(changed(photo(), jitter=True, order=np.array(order), **ours), expected)
    assert difference.mean() <= 1.5
    assert np.quantile(difference, 0.999) <= 8.0


def test_without_jitter_factors_do_nothing() -> None:
    assert apart(changed(photo(), brightness=np.float32(1.4), hue=np.float32(0.2)), photo()).max() <= 0.01


def test_grey_is_the_luma_of_all_three_channels() -> None:
    assert apart(changed(photo(), grey=True), photo().convert("L").convert("RGB")).max() <= 1.0


@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.0, 1.5, 2.0, 3.7])
def test_blur_is_pillows_within_a_level_on_average_and_three_at_most(sigma: float) -> None:
    difference = apart(changed(photo(), blur_sigma=np.float32(sigma)), photo().filter(ImageFilter.GaussianBlur(sigma)))
    assert difference.mean() <= 0.75
    assert difference.max() <= 3.0


@pytest.mark.parametrize("threshold", [0, 90, 128, 256])
def test_solarise_inverts_bright_values(threshold: int) -> None:
    ours = changed(photo(), solarize_threshold=np.float32(threshold))
    assert apart(ours, ImageOps.solarize(photo(), threshold)).max() <= 0.01


def test_results_are_normalised_in_the_wanted_type() -> None:
    images = stack([photo(), photo(seed=1)])
    result = augment(images, AugmentParameters.unchanged(2), SIDE, IMAGENET, torch.bfloat16)
    expected = torch.stack([pil.normalize(pil.to_tensor(photo(seed=s)), IMAGENET.mean, IMAGENET.std) for s in (0, 1)])
    assert result.dtype == torch.bfloat16
    assert result.is_contiguous()
    assert (result - expected).abs().max() <= 0.01


# The whole recipe has torchvision's statistics


class Blur:
    def __call__(self, image: Image.Image) -> Image.Image:
        return image.filter(ImageFilter.GaussianBlur(random.uniform(0.1, 2.0)))


def reference(size: int, blur: float, solarize: float) -> transforms.Compose:
    return transforms.Compose(
        [
            transforms.RandomResizedCrop(size, scale=(0.08, 1.0)),
            transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.2, 0.1)], p=0.8),
            transforms.RandomGrayscale(p=0.2),
            transforms.RandomApply([Blur()], p=blur),
            transforms.RandomSolarize(128, p=solarize),
            transforms.RandomHorizontalFlip(),
        ]
    )


def statistics(images: Levels) -> NDArray[np.float64]:
    """Return ``[N, 8]``: each channel's mean and deviation (levels), sizes of first and of second differences."""
    first = np.abs(np.diff(images, axis=1)).mean((1, 2, 3)) + np.abs(np.diff(images, axis=2)).mean((1, 2, 3))
    second = np.abs(np.diff(images, 2, axis=1)).mean((1, 2, 3)) + np.abs(np.diff(images, 2, axis=2)).mean((1, 2, 3))
    return np.column_stack([images.mean((1, 2)), images.std((1, 2)), first, second]).astype(np.float64)


def one_by_one(original: Image.Image, drawn: AugmentParameters, size: int) -> Levels:
    """Return what Pillow makes of the original photo with the parameters that were drawn."""
    operations = (pil.adjust_brightness, pil.adjust_contrast, pil.adjust_saturation, pil.adjust_hue)
    boxes = (drawn.box * torch.tensor([original.width, original.height] * 2)).round().int().tolist()
    results = []
    for row, (left, top, right, bottom) in enumerate(boxes):
        box = (left, top, max(right, left + 1), max(bottom, top + 1))
        image = original.crop(box).resize((size, size), Image.Resampling.BILINEAR)
        factors = (drawn.brightness, drawn.contrast, drawn.saturation, drawn.hue)
        for number in drawn.order[row].tolist() if drawn.jitter[row] else ():
            image = operations[number](image, factors[number][row].item())
        image = image.convert("L").convert("RGB") if drawn.grey[row] else image
        if drawn.blur_sigma[row] > 0:
            image = image.filter(ImageFilter.GaussianBlur(drawn.blur_sigma[row].item()))
        image = ImageOps.solarize(image, int(drawn.solarize_threshold[row]))
        results.append(ImageOps.mirror(image) if drawn.flip[row] else image)
    return stack(results).numpy().astype(np.float32)


#: By how much statistics may differ for other reasons than chance. Pillow truncates, which darkens a view by up to a
#: level, adds fine noise, and its hues have 256 steps; a photo squeezed to half its width has lost fine detail.
LEVELS, FIRST_DIFFERENCES, SECOND_DIFFERENCES = 1.5, 0.1, 0.2


def compare(original: Image.Image, draws: int = 500, size: int = 48) -> None:
    """Assert that squares get the statistics that Pillow gives the originals: with the same draws, and with its own.

    With the same draws within `LEVELS`, `FIRST_DIFFERENCES` and `SECOND_DIFFERENCES` (shares of the statistic); with
    torchvision's own draws within four standard errors beside.
    """
    torch.manual_seed(0)
    random.seed(0)
    square = stack([original.resize((SIDE, SIDE), Image.Resampling.BOX)]).expand(draws, -1, -1, -1)
    aspects = torch.full((draws,), original.width / original.height)
    for recipe, blur, solarize in ((FIRST, 1.0, 0.0), (SECOND, 0.1, 0.2)):
        drawn = draw_parameters(recipe, aspects, generator(1))
        ours = statistics(levels(square, drawn, size).round())
        pillows = statistics(one_by_one(original, drawn, size))
        theirs = statistics(stack([reference(size, blur, solarize)(original) for _ in range(draws)]).numpy() * 1.0)
        allowed = np.array([LEVELS] * 6 + [0.0] * 2)
        allowed[6:] = pillows.mean(0)[6:] * (FIRST_DIFFERENCES, SECOND_DIFFERENCES)
        assert (np.abs(ours.mean(0) - pillows.mean(0)) <= allowed).all()
        errors = np.sqrt((ours.var(0) + theirs.var(0)) / draws)
        assert (np.abs(ours.mean(0) - theirs.mean(0)) <= allowed + 4 * errors).all()


@pytest.mark.parametrize(("width", "height"), [(SIDE, SIDE), (2 * SIDE, SIDE)])
def test_a_synthetic_photo_gets_the_statistics_of_torchvisions_recipe(width: int, height: int) -> None:
    compare(photo(width, height))


@pytest.mark.real
@pytest.mark.parametrize("aspect", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_street_view_gets_the_statistics_of_torchvisions_recipe(shared_data: Path, aspect: int) -> None:
    face = Image.open(sorted((shared_data / "panoramax_capferret" / "faces").glob("*.jpg"))[0]).convert("RGB")
    width = min(face.width, aspect * face.height)
    crop = face.crop((0, 0, width, width // aspect))
    compare(crop.resize((SIDE * aspect, SIDE), Image.Resampling.BOX))


@pytest.mark.parametrize("aspect", [0.2, 0.5, 1.0, 2.0, 6.0])
def test_crops_have_torchvisions_areas_ratios_and_places(aspect: float) -> None:
    height, draws = 1000, 4000
    original = torch.empty(3, height, round(height * aspect))
    torch.manual_seed(1)
    crop = transforms.RandomResizedCrop(8)
    drawn = np.array([crop.get_params(original, crop.scale, crop.ratio) for _ in range(draws)]) / height
    top, left, tall, wide = drawn.T
    box = draw_parameters(FIRST, torch.full((draws,), aspect), generator()).box.numpy()
    width, high = (box[:, 2] - box[:, 0]) * aspect, box[:, 3] - box[:, 1]
    for ours, theirs, scale in (
        (width * high / aspect, wide * tall / aspect, 1.0),
        (np.log(width / high), np.log(wide / tall), 1.0),
        (box[:, 0], left / aspect, 1.0),
        (box[:, 1], top, 1.0),
    ):
        shares = np.linspace(0.02, 0.98, 25)
        assert np.abs(np.quantile(ours, shares) - np.quantile(theirs, shares)).max() <= 0.05 * scale


def test_flags_factors_and_orders_come_as_often_as_the_recipe_says() -> None:
    count = 20_000
    drawn = draw_parameters(SECOND, torch.ones(count), generator())
    for flags, share in (
        (drawn.flip, 0.5),
        (drawn.jitter, 0.8),
        (drawn.grey, 0.2),
        (drawn.blur_sigma > 0, 0.1),
        (drawn.solarize_threshold == 128, 0.2),
    ):
        assert abs(flags.float().mean().item() - share) <= 0.012
    for factor, low, high in (
        (drawn.brightness, 0.6, 1.4),
        (drawn.contrast, 0.6, 1.4),
        (drawn.saturation, 0.8, 1.2),
        (drawn.hue, -0.1, 0.1),
        (drawn.blur_sigma[drawn.blur_sigma > 0], 0.1, 2.0),
    ):
        expected = torch.linspace(low, high, 11)
        assert (factor.quantile(torch.linspace(0, 1, 11)) - expected).abs().max() <= 0.04 * (high - low)
    orders, numbers = drawn.order.unique(dim=0, return_counts=True)
    assert len(orders) == 24
    assert (numbers / count - 1 / 24).abs().max() <= 0.006
    assert torch.equal(drawn.order.sort(dim=1).values, torch.arange(4).repeat(count, 1))


# What is drawn depends on the generator and the image alone


def test_the_same_generator_state_draws_the_same() -> None:
    aspects = torch.linspace(0.3, 3.0, 50)
    assert same(draw_parameters(SECOND, aspects, generator(7)), draw_parameters(SECOND, aspects, generator(7)))
    assert not same(draw_parameters(SECOND, aspects, generator(7)), draw_parameters(SECOND, aspects, generator(8)))


@given(others=st.lists(st.floats(0.05, 20), min_size=1, max_size=12), place=st.integers(0, 11))
@settings(max_examples=40, deadline=None)
def test_an_images_parameters_do_not_depend_on_the_others(others: list[float], place: int) -> None:
    place %= len(others)
    alike = torch.full((len(others) + 3,), others[place])
    mixed = draw_parameters(SECOND, torch.tensor(others), generator())
    assert same(mixed[place : place + 1], draw_parameters(SECOND, alike, generator())[place : place + 1])


@given(
    aspects=st.lists(st.floats(0.01, 100), min_size=1, max_size=20),
    scale=st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)).map(sorted),
    ratio=st.tuples(st.floats(0.05, 20), st.floats(0.05, 20)).map(sorted),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=100, deadline=None)
def test_boxes_lie_inside_the_photo(aspects: list[float], scale: list[float], ratio: list[float], seed: int) -> None:
    recipe = ViewAugmentation(crop_scale=(scale[0], scale[1]), crop_ratio=(ratio[0], ratio[1]))
    box = draw_parameters(recipe, torch.tensor(aspects), generator(seed)).box
    assert bool(((box >= 0) & (box <= 1)).all())
    assert bool((box[:, 2:] > box[:, :2]).all())


def test_a_photo_that_fits_no_crop_gets_its_largest_centred_one() -> None:
    box = draw_parameters(ViewAugmentation(crop_scale=(0.99, 1.0)), torch.tensor([4.0, 0.25]), generator()).box
    assert torch.allclose(box[0], torch.tensor([1 / 3, 0.0, 2 / 3, 1.0]))
    assert torch.allclose(box[1], torch.tensor([0.0, 1 / 3, 1.0, 2 / 3]))


# A batch is its images


def test_parts_of_a_batch_equal_the_whole() -> None:
    images = stack([photo(seed=seed) for seed in range(60)])
    aspects = torch.linspace(0.4, 2.5, 30)
    drawn = AugmentParameters.cat([draw_parameters(recipe, aspects, generator(1)) for recipe in (FIRST, SECOND)])
    whole = augment(images, drawn, 48, IMAGENET)
    parts = [augment(images[rows], drawn[rows], 48, IMAGENET) for rows in (slice(0, 7), slice(7, 8), slice(8, 60))]
    assert (torch.cat(parts) - whole).abs().max() <= 1e-4
    chosen = torch.tensor([50, 3, 3, 17])
    assert (augment(images[chosen], drawn.rows(chosen), 48, IMAGENET) - whole[chosen]).abs().max() <= 1e-4
    assert torch.equal(augment(images, drawn, 48, IMAGENET), whole)


def test_the_batch_that_is_given_is_left_as_it_was() -> None:
    images = stack([photo(), photo(seed=1)])
    before = images.clone()
    augment(images, draw_parameters(SECOND, torch.ones(2), generator()), 48, IMAGENET)
    assert torch.equal(images, before)


def test_an_empty_batch_gives_an_empty_result() -> None:
    none = torch.zeros(0, 16, 16, 3, dtype=torch.uint8)
    assert augment(none, draw_parameters(FIRST, torch.ones(0), generator()), 8, IMAGENET).shape == (0, 3, 8, 8)


@pytest.mark.parametrize("crop", [1e-4, 0.008, 1.0])
@pytest.mark.parametrize(("side", "size"), [(16, 32), (33, 8), (1, 4)])
def test_all_values_are_finite_and_in_range_even_for_tiny_crops(crop: float, side: int, size: int) -> None:
    recipe = SECOND.model_copy(update={"crop_scale": (crop, crop), "blur_probability": 0.5})
    images = torch.randint(0, 256, (50, side, side, 3), dtype=torch.uint8, generator=generator())
    result = augment(images, draw_parameters(recipe, torch.ones(50), generator()), size, PLAIN)
    assert bool(((result >= -1e-4) & (result <= 1 + 1e-4)).all())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_cuda_device_computes_the_same() -> None:
    images = stack([photo(seed=seed) for seed in range(40)])
    drawn = draw_parameters(SECOND, torch.linspace(0.4, 2.5, 40), generator(1))
    there = augment(images.cuda(), drawn, 48, PLAIN).cpu()
    difference = (there - augment(images, drawn, 48, PLAIN)).abs() * 255
    assert (
        difference > 0.1
    ).float().mean() <= 1e-4  # A value at the threshold of solarisation may fall on either side.


# Bad input


def test_images_that_are_no_squares_of_bytes_are_refused() -> None:
    with pytest.raises(InputError, match=r"^images: torch.float32 of shape \(1, 8, 8, 3\); give uint8 of shape"):
        augment(torch.zeros(1, 8, 8, 3), AugmentParameters.unchanged(1), 8, IMAGENET)
    with pytest.raises(InputError, match=r"^images: torch.uint8 of shape \(1, 8, 9, 3\); give uint8 of shape"):
        augment(torch.zeros(1, 8, 9, 3, dtype=torch.uint8), AugmentParameters.unchanged(1), 8, IMAGENET)


def test_as_many_parameters_as_images_are_wanted() -> None:
    images = torch.zeros(2, 8, 8, 3, dtype=torch.uint8)
    with pytest.raises(InputError, match=r"^parameters: 3 rows for 2 images; draw one row for each image\.$"):
        augment(images, AugmentParameters.unchanged(3), 8, IMAGENET)


@pytest.mark.parametrize("aspect", [0.0, -1.0, float("nan"), float("inf")])
def test_aspects_that_are_no_positive_numbers_are_refused(aspect: float) -> None:
    with pytest.raises(
        InputError, match=r"^aspects: not all are positive numbers; give width / height of each photo\.$"
    ):
        draw_parameters(FIRST, torch.tensor([1.0, aspect]), generator())


@pytest.mark.parametrize(
    "wrong", [{"crop_scale": (0.5, 0.2)}, {"crop_scale": (0.0, 1.0)}, {"hue": 0.6}, {"flip_probability": 1.1}, {"x": 1}]
)
def test_impossible_recipes_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ViewAugmentation(**wrong)
