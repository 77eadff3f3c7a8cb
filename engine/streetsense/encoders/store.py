"""Encoders on disk: ``<name>/model.safetensors`` and ``<name>/config.json``."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError
from torch import nn

from streetsense.atomic import atomic_path, write_json
from streetsense.encoders.architecture import create_model
from streetsense.encoders.config import EncoderConfig, fingerprint
from streetsense.encoders.encoder import Encoder, Precision
from streetsense.errors import InputError

WEIGHTS, CONFIG = "model.safetensors", "config.json"


def save_encoder(folder: Path, model: nn.Module, config: EncoderConfig) -> EncoderConfig:
    """Write an encoder; the record comes last, so that a folder with a record is whole.

    Parameters
    ----------
    folder : Path
        ``encoders/<name>``; created, or its encoder replaced.
    model : nn.Module
        What `create_model` returned for the record's architecture and options, with the weights to keep.
    config : EncoderConfig
        The record. Its fingerprint is computed here, whatever it says.

    Returns
    -------
    EncoderConfig
        The record as written.

    Raises
    ------
    InputError
        When the disk refuses.
    """
    from safetensors.torch import save_file

    weights = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    digest = fingerprint(weights, config.architecture, config.options, config.preprocess)
    written = config.model_copy(update={"fingerprint": digest})
    (folder / CONFIG).unlink(missing_ok=True)
    with atomic_path(folder / WEIGHTS) as temporary:
        save_file(weights, temporary, metadata={"architecture": config.architecture, "fingerprint": digest})
    write_json(folder / CONFIG, written.model_dump(mode="json"))
    return written


def read_config(folder: Path) -> EncoderConfig:
    """Read an encoder's record.

    Raises
    ------
    InputError
        When there is no such encoder (the sentence lists those there are) or its record is damaged.
    """
    if not (folder / CONFIG).is_file():
        names = [config.name for config in list_encoders(folder.parent)]
        there = f"the encoders are {', '.join(names)}" if names else "there is none yet"
        raise InputError(f"encoder: there is no '{folder.name}', {there}; add one with 'streetsense encoders import'.")
    try:
        return EncoderConfig.model_validate_json((folder / CONFIG).read_bytes())
    except ValidationError as error:
        raise InputError(f"encoder: {folder / CONFIG} is damaged; import the encoder again.") from error


def load_encoder(folder: Path, device: str = "cpu", precision: Precision = "auto") -> Encoder:
    """Load an encoder, ready to encode.

    Parameters
    ----------
    folder : Path
        ``encoders/<name>``.
    device, precision : str
        See `Encoder`.

    Raises
    ------
    InputError
        When there is no such encoder, the device does not exist, or the weights are not those that were written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    config = read_config(folder)
    model = create_model(config.architecture, **config.options)
    try:
        weights = load_file(folder / WEIGHTS)
        model.load_state_dict(weights)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(f"encoder: the weights of '{config.name}' are damaged; import the encoder again.") from error
    if fingerprint(weights, config.architecture, config.options, config.preprocess) != config.fingerprint:
        raise InputError(
            f"encoder: the weights or the record of '{config.name}' were changed after it was made; import it again."
        )
    return Encoder(model, config, device, precision)


def list_encoders(folder: Path) -> list[EncoderConfig]:
    """Return the records of the encoders in ``folder``, by name; damaged ones are left out."""
    found = []
    for path in sorted(folder.glob(f"*/{CONFIG}")):
        try:
            found.append(EncoderConfig.model_validate_json(path.read_bytes()))
        except ValidationError:
            continue
    return found
