"""Attention maps, their measures and their pictures."""

from __future__ import annotations

import io
import threading
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor, nn

from streetsense import attention as at
from streetsense.encoders.architecture import create_model
from streetsense.errors import InputError
from streetsense.images import Preprocess

SIDE = 32


def small_vit(seed: int = 0, **changes: object) -> nn.Module:
    """A ViT of 2 layers and 3 heads with 4 x 4 patches of 8 pixels; weights large enough for uneven attention."""
    torch.manual_seed(seed)
    shape = {"img_size": SIDE, "patch_size": 8, "embed_dim": 24, "depth": 2, "num_heads": 3}
    model = create_model("vit_tiny_patch16_224", **{**shape, **changes})
    for parameter in model.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    return model


@pytest.fixture(scope="module")
def vit() -> nn.Module:
    return small_vit()


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.randn(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def by_hand(model: nn.Module, image: Tensor) -> tuple[list[Tensor], Tensor]:
    """Walk one image through the blocks, writing every softmax out; return the softmaxes and the final tokens."""
    tokens = model.norm_pre(model.patch_drop(model._pos_embed(model.patch_embed(image[None]))))
    softmaxes = []
    for block in model.blocks:
        layer, inner = block.attn, block.norm1(tokens)
        q, k, v = layer.qkv(inner).reshape(1, -1, 3, layer.num_heads, layer.head_dim).permute(2, 0, 3, 1, 4)
        softmax = (q @ k.transpose(-2, -1) / layer.head_dim**0.5).softmax(-1)
        softmax.retain_grad()
        softmaxes.append(softmax)
        out = (softmax @ v).transpose(1, 2).flatten(2)
        tokens = tokens + block.ls1(layer.proj(out))
        tokens = tokens + block.ls2(block.mlp(block.norm2(tokens)))
    return softmaxes, model.norm(tokens)


def relevance_by_hand(model: nn.Module, image: Tensor, *, first: int = 0, head: int | None = None) -> Tensor:
    """Rules 5 and 6 of Chefer et al. 2021 with plain loops: the whole matrix R - I of one image."""
    softmaxes, tokens = by_hand(model, image)
    tokens[0, 0].max().backward()
    count = tokens.shape[1]
    relevance = torch.eye(count)
    for softmax in softmaxes[first:]:
        heads = range(softmax.shape[1]) if head is None else [head]
        average, products = torch.zeros(count, count), (softmax.grad * softmax.detach())[0]
        for h in heads:
            for i in range(count):
                for j in range(count):
                    average[i, j] += max(0.0, products[h, i, j].item()) / len(heads)
        relevance = relevance + average @ relevance
    return relevance - torch.eye(count)


# Capture


def test_every_row_of_captured_attention_sums_to_one(vit: nn.Module, images: Tensor) -> None:
    captured = at.capture(vit, images)
    assert sorted(captured.attention) == [0, 1]
    for attention in captured.attention.values():
        assert attention.shape == (3, 3, 17, 17)
        torch.testing.assert_close(attention.sum(-1), torch.ones(3, 3, 17))


def test_captured_tokens_are_those_of_the_model_itself(vit: nn.Module, images: Tensor) -> None:
    torch.testing.assert_close(at.capture(vit, images).tokens, vit.forward_features(images).detach())


def test_capture_leaves_flags_hooks_and_outputs_of_the_model_as_they_were(vit: nn.Module, images: Tensor) -> None:
    before = vit(images).detach()
    flags = [block.attn.fused_attn for block in vit.blocks]
    at.relevance(vit, images)
    assert [block.attn.fused_attn for block in vit.blocks] == flags
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in vit.modules())
    assert all(parameter.grad is None for parameter in vit.parameters())
    assert torch.equal(vit(images), before)


def test_an_exception_in_a_capture_leaves_nothing_behind(vit: nn.Module, images: Tensor) -> None:
    before = vit(images).detach()

    def fail(_: Tensor) -> Tensor:
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        at.capture(vit, images, keep=fail)
    assert torch.equal(vit(images), before)
    assert all(block.attn.fused_attn for block in vit.blocks)


def test_another_thread_that_uses_the_model_is_not_captured(vit: nn.Module, images: Tensor) -> None:
    seen: list[int] = []

    def keep(attention: Tensor) -> Tensor:
        other = threading.Thread(target=lambda: vit(images[:1]))
        other.start()
        other.join()
        seen.append(attention.shape[0])
        return attention

    at.capture(vit, images, keep=keep)
    assert seen == [3, 3]


def test_attention_is_the_same_where_timm_does_not_fuse(vit: nn.Module, images: Tensor) -> None:
    plain = small_vit()
    for block in plain.blocks:
        block.attn.fused_attn = False
    torch.testing.assert_close(at.relevance(plain, images), at.relevance(vit, images))


def test_a_model_in_training_mode_is_refused(images: Tensor) -> None:
    with pytest.raises(InputError, match="training mode"):
        at.capture(small_vit().train(), images)


def test_a_network_without_patches_is_refused(images: Tensor) -> None:
    with pytest.raises(InputError, match="not a vision transformer"):
        at.raw_attention(nn.Sequential(nn.Conv2d(3, 8, 3)).eval(), images)


def test_a_transformer_with_two_attentions_in_a_block_is_refused(images: Tensor) -> None:
    model = create_model("vit_small_patch16_18x2_224", img_size=SIDE, depth=2)
    with pytest.raises(InputError, match="one attention over all its patches per block"):
        at.rollout(model, images)


# Raw attention


@pytest.mark.parametrize(("query", "token"), [("cls", 0), (0, 1), (9, 10), ((2, 1), 10)])
def test_raw_attention_is_the_softmax_row_of_the_query(
    vit: nn.Module, images: Tensor, query: at.Query, token: int
) -> None:
    maps = at.raw_attention(vit, images, layer=1, query=query, head=2)
    for image, found in zip(images, maps, strict=True):
        expected = by_hand(vit, image)[0][1][0, 2, token, 1:].reshape(4, 4)
        torch.testing.assert_close(found, expected.detach())


def test_raw_attention_without_a_head_is_the_mean_of_the_heads(vit: nn.Module, images: Tensor) -> None:
    heads = torch.stack([at.raw_attention(vit, images, head=head) for head in range(3)])
    torch.testing.assert_close(at.raw_attention(vit, images), heads.mean(0))


def test_layer_minus_one_is_the_last_layer(vit: nn.Module, images: Tensor) -> None:
    assert torch.equal(at.raw_attention(vit, images, layer=-1), at.raw_attention(vit, images, layer=1))


# Rollout


def test_rollout_is_the_product_of_attention_mixed_with_the_identity(vit: nn.Module, images: Tensor) -> None:
    found = at.rollout(vit, images, query=5)
    for image, row in zip(images, found, strict=True):
        first, second = (0.5 * softmax[0].mean(0) + 0.5 * torch.eye(17) for softmax in by_hand(vit, image)[0])
        torch.testing.assert_close(row, (second @ first)[6, 1:].reshape(4, 4).detach())


@pytest.mark.parametrize("fusion", ["mean", "max", "min"])
def test_rollout_of_an_encoder_without_class_token_sums_to_one(images: Tensor, fusion: at.HeadFusion) -> None:
    model = small_vit(class_token=False, global_pool="avg")
    maps = at.rollout(model, images, head_fusion=fusion)
    torch.testing.assert_close(maps.sum((1, 2)), torch.ones(3))
    assert (maps >= 0).all()


def test_rollout_up_to_the_first_layer_is_half_its_attention(vit: nn.Module, images: Tensor) -> None:
    torch.testing.assert_close(
        at.rollout(vit, images, layer=0, head=1), at.raw_attention(vit, images, layer=0, head=1) / 2
    )


# Relevance


@pytest.mark.parametrize(("layer", "head"), [(0, None), (1, None), (0, 2)])
def test_relevance_follows_the_published_rules(vit: nn.Module, images: Tensor, layer: int, head: int | None) -> None:
    found = at.relevance(vit, images, layer=layer, head=head)
    for image, row in zip(images, found, strict=True):
        expected = relevance_by_hand(vit, image, first=layer, head=head)[0, 1:].reshape(4, 4)
        torch.testing.assert_close(row, expected, rtol=1e-4, atol=1e-6)
        assert expected.max() > 0


@pytest.mark.parametrize("target", ["argmax", "norm", lambda embedding: embedding[:, 3].tanh()])
def test_relevance_in_a_batch_equals_relevance_alone(vit: nn.Module, images: Tensor, target: at.Target) -> None:
    together = at.relevance(vit, images, target=target)
    alone = torch.cat([at.relevance(vit, image[None], target=target) for image in images])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-5 * float(alone.max()))
    assert (together >= 0).all()


def test_relevance_of_a_patch_explains_that_patch(vit: nn.Module, images: Tensor) -> None:
    softmaxes, tokens = by_hand(vit, images[0])
    tokens[0, 1 + 7].max().backward()
    first, second = ((softmax.grad * softmax).clamp(min=0)[0].mean(0) for softmax in softmaxes)
    expected = (second + first + second @ first)[1 + 7, 1:].reshape(4, 4).detach()
    torch.testing.assert_close(at.relevance(vit, images[:1], query=7)[0], expected, rtol=1e-4, atol=1e-6)


def test_relevance_needs_no_parameter_that_requires_gradients(vit: nn.Module, images: Tensor) -> None:
    frozen = small_vit().requires_grad_(False)
    with torch.no_grad():
        torch.testing.assert_close(at.relevance(frozen, images), at.relevance(vit, images))


def test_relevance_of_a_linear_output_ignores_its_bias_and_scales_with_its_weights(
    vit: nn.Module, images: Tensor
) -> None:
    weight = torch.randn(24, generator=torch.Generator().manual_seed(3))
    one = at.relevance(vit, images, layer=1, target=at.linear_output(weight))
    two = at.relevance(vit, images, layer=1, target=at.linear_output(2 * weight, bias=7.0))
    torch.testing.assert_close(two, 2 * one)


def test_relevance_of_a_pooling_encoder_explains_the_mean_of_its_patches(images: Tensor) -> None:
    model = small_vit(class_token=False, global_pool="avg", fc_norm=False)
    maps = at.relevance(model, images)
    torch.testing.assert_close(maps, at.relevance(model, images, query="mean"))
    assert (maps.amax((1, 2)) > 0).all()


def test_registers_are_no_part_of_the_map(images: Tensor) -> None:
    model = small_vit(reg_tokens=4)
    captured = at.capture(model, images)
    assert captured.attention[1].shape[-1] == 1 + 4 + 16
    expected = captured.attention[1].mean(1)[:, 5 + 6, 5:].reshape(3, 4, 4)
    torch.testing.assert_close(at.raw_attention(model, images, query=6), expected)
    assert at.relevance(model, images).shape == (3, 4, 4)


@pytest.mark.parametrize(
    ("name", "changes", "grid"),
    [
        ("vit_tiny_patch16_224", {"depth": 3}, (14, 14)),
        ("vit_small_patch16_224", {"depth": 2}, (14, 14)),
        ("vit_small_patch14_reg4_dinov2", {"img_size": 56, "depth": 2}, (4, 4)),
        ("vit_small_patch16_dinov3", {"img_size": 64, "depth": 2}, (4, 4)),
        ("eva02_tiny_patch14_224", {"img_size": 56, "depth": 2}, (4, 4)),
    ],
)
def test_maps_of_any_timm_transformer_have_the_shape_of_its_patches(
    name: str, changes: dict[str, Any], grid: tuple[int, int]
) -> None:
    model = create_model(name, **changes)
    side = changes.get("img_size", 224)
    images = torch.randn(2, 3, side, side)
    for method in (at.raw_attention, at.rollout, at.relevance):
        assert method(model, images).shape == (2, *grid)


def test_images_of_another_size_give_maps_of_another_size() -> None:
    model = small_vit(dynamic_img_size=True)
    assert at.relevance(model, torch.randn(1, 3, 24, 48)).shape == (1, 3, 6)


# Bad questions


def test_a_class_token_that_is_not_there_is_named(images: Tensor) -> None:
    model = small_vit(class_token=False, global_pool="avg")
    with pytest.raises(InputError, match="query: this encoder has no class token"):
        at.raw_attention(model, images, query="cls")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer": 2}, "layer: 2 does not exist; choose 0 to 1"),
        ({"head": 3}, "head: 3 does not exist; choose 0 to 2"),
        ({"query": 16}, "query: patch 16 does not exist; choose 0 to 15"),
        ({"query": (4, 0)}, "query: patch 4,0 is outside the grid"),
        ({"query": "sky"}, "query: 'sky' is not known"),
    ],
)
def test_what_an_encoder_does_not_have_is_refused_in_one_sentence(
    vit: nn.Module, images: Tensor, arguments: dict[str, Any], message: str
) -> None:
    for method in (at.raw_attention, at.rollout, at.relevance):
        with pytest.raises(InputError, match=message):
            method(vit, images, **arguments)


def test_a_target_must_give_one_value_per_image(vit: nn.Module, images: Tensor) -> None:
    with pytest.raises(InputError, match="target: it must give one value per image"):
        at.relevance(vit, images, target=lambda embedding: embedding)
    with pytest.raises(InputError, match="target: 'class' is not known"):
        at.relevance(vit, images, target="class")


def test_a_predictor_of_another_encoder_is_refused(vit: nn.Module, images: Tensor) -> None:
    with pytest.raises(InputError, match="fitted to embeddings of 768 values, the encoder gives 24"):
        at.relevance(vit, images, target=at.linear_output(torch.ones(768)))


@pytest.mark.parametrize(
    ("text", "query"), [("cls", "cls"), (" mean ", "mean"), ("embedding", "embedding"), ("37", 37), ("2, 9", (2, 9))]
)
def test_queries_are_read_as_people_write_them(text: str, query: at.Query) -> None:
    assert at.parse_query(text) == query


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=12))
def test_any_text_is_a_query_or_refused_in_one_sentence(text: str) -> None:
    try:
        query = at.parse_query(text)
    except InputError as error:
        assert str(error).startswith("query: ")
    else:
        assert query in ("cls", "mean", "embedding") or isinstance(query, int | tuple)


# Measures


def test_uniform_attention_over_14_by_14_patches_reaches_116_49_pixels() -> None:
    distance = at.attention_distance(torch.full((2, 3, 197, 197), 1 / 197), (14, 14), (16, 16))
    torch.testing.assert_close(distance, torch.full((2, 3), 116.49), atol=0.005, rtol=0)


def test_attention_of_each_patch_to_itself_has_no_distance() -> None:
    assert at.attention_distance(torch.eye(17)[None, None], (4, 4), (8, 8)).item() == pytest.approx(0, abs=1e-6)


def test_attention_to_the_patch_on_the_right_reaches_one_patch_width() -> None:
    shifted = torch.zeros(1, 1, 7, 7)
    shifted[..., [1, 2, 4, 5], [2, 3, 5, 6]] = 0.25  # the rest went to the class token
    shifted[..., [3, 6], [2, 5]] = 1.0
    assert at.attention_distance(shifted, (2, 3), (16, 10)).item() == pytest.approx(10)


def test_attention_of_another_grid_is_refused() -> None:
    with pytest.raises(InputError, match="attention: it covers 17 tokens"):
        at.attention_distance(torch.eye(17)[None, None], (4, 4), (8, 8), prefix=5)


def test_attention_distance_is_given_for_every_layer_image_and_head(vit: nn.Module, images: Tensor) -> None:
    distances = at.attention_distance_by_layer(vit, images)
    assert distances.shape == (2, 3, 3)
    expected = at.attention_distance(by_hand(vit, images[1])[0][0], (4, 4), (8, 8))
    torch.testing.assert_close(distances[0, 1], expected[0].detach())


def test_a_single_bright_patch_has_the_same_amplitude_at_all_frequencies() -> None:
    features = torch.zeros(1, 14, 14, 2)
    features[0, 3, 5] = 2.0
    torch.testing.assert_close(at.relative_log_amplitude(features), torch.zeros(7), atol=1e-5, rtol=0)


def test_even_features_have_no_amplitude_above_the_mean_level() -> None:
    amplitude = at.relative_log_amplitude(torch.full((1, 14, 14, 1), 3.0))
    expected = np.log(1e-6) - np.log(3.0 * 196 + 1e-6)
    assert amplitude[0] == 0
    np.testing.assert_allclose(amplitude[1:], expected, atol=0.1)


@pytest.mark.parametrize("frequency", [1, 4, 6])
def test_a_diagonal_wave_has_the_amplitude_of_its_frequency_alone(frequency: int) -> None:
    rows, columns = torch.meshgrid(torch.arange(14), torch.arange(14), indexing="ij")
    wave = 1 + 2 * torch.cos(2 * torch.pi * frequency * (rows + columns) / 14)
    amplitude = at.relative_log_amplitude(wave[None, :, :, None])
    assert amplitude.argmax() in (0, frequency)
    assert amplitude[frequency].item() == pytest.approx(0, abs=1e-4)  # half of 2 at +frequency, as much as the mean
    others = [index for index in range(1, 7) if index != frequency]
    assert (amplitude[others] < -10).all()


def test_amplitude_is_given_for_the_patch_embedding_and_every_block(vit: nn.Module, images: Tensor) -> None:
    amplitude = at.relative_log_amplitude_by_layer(vit, images)
    assert amplitude.shape == (3, 2)
    after_embedding = vit._pos_embed(vit.patch_embed(images))[:, 1:].reshape(3, 4, 4, 24)
    torch.testing.assert_close(amplitude[0], at.relative_log_amplitude(after_embedding).detach())
    assert not any(block._forward_hooks or block._forward_pre_hooks for block in vit.blocks)


def test_features_that_are_no_square_grid_are_refused() -> None:
    with pytest.raises(InputError, match="features: their shape is"):
        at.relative_log_amplitude(torch.zeros(1, 3, 4, 2))


# Pictures


def test_the_seen_box_of_a_wide_photo_is_its_centre_square() -> None:
    assert at.seen_box(400, 300, 224).width == pytest.approx(300, abs=2)
    assert at.seen_box(448, 224, 224) == at.SeenBox(112, 0, 224, 224)
    assert at.seen_box(224, 448, 224) == at.SeenBox(0, 112, 224, 224)


@settings(deadline=None, max_examples=40)
@given(st.integers(64, 5000), st.integers(64, 5000))
def test_the_seen_box_is_what_the_preprocessing_keeps(width: int, height: int) -> None:
    box = at.seen_box(width, height, 64)
    pixel = min(width, height) / 64  # one pixel of the encoder's input, in photo pixels
    assert box.width == pytest.approx(min(width, height), abs=1.5 * pixel)
    assert box.left + box.width / 2 == pytest.approx(width / 2, abs=1.5 * pixel)
    assert box.top + box.height / 2 == pytest.approx(height / 2, abs=1.5 * pixel)
    assert min(box.left, box.top) >= 0


def test_a_mark_in_the_photo_lies_under_the_patch_that_sees_it() -> None:
    photo = np.zeros((300, 500, 3), np.uint8)
    photo[210:220, 330:340] = 255
    square = Preprocess(size=64).from_pixels(photo).sum(axis=2)
    row, column = np.unravel_index(square.reshape(8, 8, 8, 8).sum(axis=(1, 3)).argmax(), (8, 8))
    attention = np.zeros((8, 8))
    attention[row, column] = 1
    light = at.overlay(np.zeros_like(photo), attention, at.seen_box(500, 300, 64), scale=(0, 1)).sum(axis=2)
    y, x = (places.mean() for places in np.nonzero(light > 0.8 * light.max()))
    assert (abs(y - 215) < 300 / 16 + 1) and (abs(x - 335) < 300 / 16 + 1)


def test_nothing_is_coloured_where_the_encoder_did_not_look() -> None:
    photo = np.full((30, 60, 3), 200, np.uint8)
    result = at.overlay(photo, np.random.default_rng(0).random((4, 4)), at.seen_box(60, 30, 224))
    outside = np.concatenate([result[:, :15], result[:, 45:]], axis=1)
    assert (outside == outside[..., :1]).all()
    assert (outside < 100).all()
    inside = result[:, 15:45].astype(int)
    assert (inside.max(axis=2) - inside.min(axis=2) > 10).mean() > 0.9


def test_the_brightest_place_lies_over_the_patch_with_most_attention() -> None:
    attention = np.zeros((4, 4))
    attention[1, 3] = 1
    photo = np.full((80, 120, 3), 90, np.uint8)
    result = at.overlay(photo, attention, at.seen_box(120, 80, 224), scale=(0, 1)).sum(axis=2)
    rows, columns = np.nonzero(result == result.max())
    assert rows.mean() == pytest.approx(29.5, abs=0.5)  # centre of row 1 of 4 over 80 pixels
    assert columns.mean() == pytest.approx(20 + 69.5, abs=10)  # the last column is level up to the box's border


def test_a_map_without_differences_is_drawn_without_differences() -> None:
    result = at.overlay(np.full((20, 20, 3), 50, np.uint8), np.full((2, 2), 0.25))
    assert (result == result[0, 0]).all()


def test_the_patch_that_was_asked_about_is_outlined_at_its_place() -> None:
    photo = np.zeros((64, 64, 3), np.uint8)
    result = at.overlay(photo, np.zeros((4, 4)), patch=(2, 1), opacity=0.0)
    rows, columns = np.nonzero((result == 255).all(axis=2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (32, 48, 16, 32)


def test_a_box_beyond_the_photo_is_cut_at_its_border() -> None:
    result = at.overlay(np.zeros((20, 20, 3), np.uint8), np.eye(4), at.SeenBox(-2, -2, 24, 24))
    assert result.shape == (20, 20, 3)


@pytest.mark.parametrize(
    ("photo", "attention", "message"),
    [
        (np.zeros((8, 8), np.uint8), np.zeros((2, 2)), "photo: its shape is"),
        (np.zeros((8, 8, 3), np.float32), np.zeros((2, 2)), "photo: its shape is"),
        (np.zeros((8, 8, 3), np.uint8), np.zeros((1, 2, 2)), "attention: its shape is"),
        (np.zeros((8, 8, 3), np.uint8), np.full((2, 2), np.nan), "finite values"),
    ],
)
def test_pictures_of_the_wrong_shape_are_refused(photo: np.ndarray, attention: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        at.overlay(photo, attention)


def test_a_png_carries_the_pixels_and_what_they_mean() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(at.encode_png(pixels, {"Title": "Straßenbild", "Source": "a view"}))) as image:
        image.load()
        assert (np.asarray(image) == pixels).all()
        assert image.text == {"Title": "Straßenbild", "Source": "a view"}
