"""Encoders: vision transformers that turn views into embeddings."""

from streetsense.encoders.architecture import create_model
from streetsense.encoders.checkpoint import LoadReport, apply_weights, load_weights
from streetsense.encoders.config import EncoderConfig, fingerprint
from streetsense.encoders.create import create_random_encoder, describe, import_encoder, import_hub_encoder
from streetsense.encoders.encoder import Encoder, Precision, choose_precision, find_device
from streetsense.encoders.store import list_encoders, load_encoder, read_config, save_encoder

__all__ = [
    "Encoder",
    "EncoderConfig",
    "LoadReport",
    "Precision",
    "apply_weights",
    "choose_precision",
    "create_model",
    "create_random_encoder",
    "describe",
    "find_device",
    "fingerprint",
    "import_encoder",
    "import_hub_encoder",
    "list_encoders",
    "load_encoder",
    "load_weights",
    "read_config",
    "save_encoder",
]
