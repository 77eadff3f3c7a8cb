"""The model of MoCo v3: its size, its initial weights, what is frozen, what moves slowly."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from streetsense.encoders import create_model
from streetsense.errors import InputError
from streetsense_training.distributed import GlobalBatchNorm
from streetsense_training.moco import MomentumContrast, info_nce, mlp
from streetsense_training.vit import build_backbone, sine_positions

TINY = ("vit_tiny_patch16_224", 32, {"depth": 2})


def _model(objectives: tuple[str, ...] = ("temporal",), **options: object) -> MomentumContrast:
    torch.manual_seed(0)
    return MomentumContrast(build_backbone(*TINY), objectives, projection=16, hidden=32, **options)  # type: ignore[arg-type]


def _count(module: nn.Module) -> float:
    return round(sum(parameter.numel() for parameter in module.parameters()) / 1e6, 2)


def test_vit_b_has_the_published_numbers_of_parameters() -> None:
    with torch.device("meta"):
        heads = mlp((768, 4096, 4096, 256)), mlp((256, 4096, 256))
        backbone = create_model("vit_base_patch16_224")
    assert (_count(backbone), _count(heads[0]), _count(heads[1])) == (85.80, 20.99, 2.11)
    frozen = sum(p.numel() for p in backbone.patch_embed.parameters()) + backbone.pos_embed.numel()
    everything = sum(p.numel() for module in (backbone, *heads) for p in module.parameters())
    assert round((everything - frozen) / 1e6, 2) == 108.15


def test_patch_embedding_and_positions_are_frozen_and_the_rest_is_trained() -> None:
    backbone = build_backbone(*TINY)
    frozen = {name for name, parameter in backbone.named_parameters() if not parameter.requires_grad}
    assert frozen == {"pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias"}


def test_initial_weights_have_the_published_ranges() -> None:
    torch.manual_seed(0)
    backbone = build_backbone(*TINY)
    width = 192
    limits = {
        "patch_embed.proj": math.sqrt(6 / (3 * 256 + width)),
        "blocks.0.attn.qkv": math.sqrt(6 / (width + width)),  # query, key and value each with a fan of its own
        "blocks.0.attn.proj": math.sqrt(6 / (width + width)),
        "blocks.0.mlp.fc1": math.sqrt(6 / (width + 4 * width)),
    }
    for name, limit in limits.items():
        layer = backbone.get_submodule(name)
        assert float(layer.weight.detach().abs().max()) == pytest.approx(limit, rel=1e-3)  # type: ignore[union-attr, operator]
        assert float(layer.weight.detach().std()) == pytest.approx(limit / math.sqrt(3), rel=0.02)  # type: ignore[union-attr, operator]
        assert not layer.bias.any()  # type: ignore[union-attr, operator]
    assert float(backbone.cls_token.detach().abs().max()) < 1e-5  # type: ignore[union-attr, operator]


def test_positions_are_sines_of_the_row_first_and_cls_has_none() -> None:
    backbone = build_backbone(*TINY)
    positions = backbone.pos_embed.detach()[0]  # type: ignore[union-attr, operator]
    assert not positions[0].any()
    last = positions[1 + 1 * 2 + 0]  # row 1, column 0 of the 2 x 2 grid
    frequency = 10_000.0 ** -(torch.arange(48) / 48)
    wanted = torch.cat([frequency.sin(), frequency.cos(), torch.zeros(48), torch.ones(48)])
    assert torch.allclose(last, wanted, atol=1e-6)


def test_positions_are_those_of_any_grid() -> None:
    assert sine_positions(3, 5, 16).shape == (15, 16)
    assert torch.equal(sine_positions(3, 5, 16)[0], torch.tensor([0.0] * 4 + [1.0] * 4 + [0.0] * 4 + [1.0] * 4))


def test_a_model_that_is_no_vision_transformer_is_refused_in_one_sentence() -> None:
    with pytest.raises(InputError, match="architecture: 'resnet18' cannot be built with img_size=32"):
        build_backbone("resnet18", 32)


def test_the_momentum_encoder_moves_by_the_share_that_is_asked_for() -> None:
    model = _model()
    with torch.no_grad():
        for parameter in model.trainable():
            parameter.add_(1.0)
    before = [p.clone() for p in model.momentum_projectors.parameters()]
    model.update_momentum_encoder(0.99)
    for old, new, fast in zip(
        before, model.momentum_projectors.parameters(), model.projectors.parameters(), strict=True
    ):
        assert torch.allclose(new, 0.99 * old + 0.01 * fast, atol=1e-6)
    model.update_momentum_encoder(0.0)
    fast_backbone = model.backbone.state_dict()
    assert all(torch.equal(v, fast_backbone[k]) for k, v in model.momentum_backbone.state_dict().items())


def test_the_momentum_encoder_begins_equal_and_never_gets_gradients() -> None:
    model = _model()
    images = torch.randn(4, 3, 32, 32)
    assert torch.equal(model.features(images), model.momentum_features(images))
    features = model.features(torch.cat([images, images]))
    slow = model.momentum_features(torch.cat([images, images]))
    keys = (model.project_keys("temporal", slow[:4]), model.project_keys("temporal", slow[4:]))
    model.loss("temporal", (features[:4], features[4:]), keys).backward()  # type: ignore[no-untyped-call]
    slow_parameters = [*model.momentum_backbone.parameters(), *model.momentum_projectors.parameters()]
    assert all(parameter.grad is None for parameter in slow_parameters)
    assert all(parameter.grad is not None for parameter in model.trainable())


def test_the_loss_is_symmetric_in_the_two_views() -> None:
    model = _model()
    one, two = torch.randn(8, 192), torch.randn(8, 192)
    keys = [model.project_keys("temporal", features) for features in (one, two)]
    forth = model.loss("temporal", (one, two), (keys[0], keys[1]))
    back = model.loss("temporal", (two, one), (keys[1], keys[0]))
    assert forth.item() == pytest.approx(back.item(), rel=1e-6)


def test_each_objective_has_heads_of_its_own_unless_they_are_shared() -> None:
    three = ("self", "temporal", "spatial")
    assert list(_model(three).projectors) == ["self", "spatial", "temporal"]
    assert list(_model(three, shared_heads=True).projectors) == ["shared"]


def test_activation_checkpointing_changes_no_gradient() -> None:
    gradients = []
    for again in (False, True):
        model = _model(checkpoint_blocks=again)
        model.features(torch.ones(2, 3, 32, 32)).square().sum().backward()  # type: ignore[no-untyped-call]
        gradients.append([p.grad for p in model.backbone.parameters() if p.grad is not None])
    assert all(torch.allclose(one, two, atol=1e-6) for one, two in zip(*gradients, strict=True))


def test_alone_the_batch_norm_is_torchs() -> None:
    values = torch.randn(32, 6) * 3 + 1
    reference = nn.BatchNorm1d(6)
    own = GlobalBatchNorm(6)
    inputs = [values.clone().requires_grad_() for _ in range(2)]
    outputs = [reference(inputs[0]), own(inputs[1])]
    assert torch.allclose(outputs[0], outputs[1], atol=1e-5)
    for output in outputs:
        (output * torch.arange(6.0)).square().sum().backward()  # type: ignore[no-untyped-call]
    assert inputs[0].grad is not None and inputs[1].grad is not None
    assert torch.allclose(inputs[0].grad, inputs[1].grad, atol=1e-4)


def test_features_run_through_a_backbone_that_is_compiled() -> None:
    from torch._dynamo.utils import counters

    counters.clear()
    model = _model()
    plain = model.features(torch.ones(2, 3, 32, 32))
    model.backbone.compile(backend="eager")
    compiled = model.features(torch.ones(2, 3, 32, 32))
    assert counters["frames"]["ok"] > 0
    assert torch.allclose(plain, compiled, atol=1e-5)


def test_logits_stay_in_float32_under_autocast() -> None:
    one, two = torch.randn(64, 32), torch.randn(64, 32)
    with torch.autocast("cpu", torch.bfloat16):
        inside = info_nce(one, two, 0.2)
    assert inside.item() == info_nce(one, two, 0.2).item()
