"""What can be asked about attention: the inputs that ``attend`` and pictures on demand share, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from streetsense.errors import InputError
from streetsense.processes.forms import ADVANCED, NameOf
from streetsense.processes.process import ProcessInputs

if TYPE_CHECKING:
    from streetsense.attention import Question
    from streetsense.encoders import Encoder
    from streetsense.indicators import Predictor


class Asked(ProcessInputs):
    """A question, as people write it."""

    encoder: Annotated[str, NameOf("encoder")] | None = Field(
        None, description="the encoder's name; that of the predictor unless given"
    )
    predictor: Annotated[str, NameOf("predictor")] | None = Field(
        None, description="explain the output of this predictor instead of the embedding (method relevance)"
    )
    method: Literal["relevance", "rollout", "raw"] = Field(
        "relevance",
        description="relevance: attention weighted by its gradient; rollout: attention followed through the layers; "
        "raw: the attention of one layer",
    )
    layer: Annotated[int | None, ADVANCED] = Field(
        None,
        description="raw: the layer; rollout: the last layer that is followed (both: the encoder's last unless given); "
        "relevance: the first layer that takes part (0 unless given); -1 is the last",
    )
    head: Annotated[int | None, ADVANCED] = Field(
        None, ge=0, description="one attention head, from 0; all of them unless given"
    )
    query: Annotated[str, ADVANCED] = Field(
        "embedding",
        description="whose attention: embedding (the token that the embedding is read from), cls, mean, the number of "
        "a patch, or ROW,COLUMN of a patch",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Asked:
        if self.encoder is None and self.predictor is None:
            raise ValueError("the encoder is missing; name one of the study, or a predictor")
        if self.predictor is not None and (self.method != "relevance" or self.query != "embedding"):
            raise ValueError("a predictor is explained by relevance of the embedding; leave method and query out")
        return self


def encoder_asked(asked: Asked, predictor: Predictor | None) -> str:
    """Return the name of the encoder that a question is about.

    Raises
    ------
    InputError
        When the predictor does not look at embeddings, or looks at those of another encoder.
    """
    if predictor is None:
        return asked.encoder or ""
    made_from = predictor.record.encoder
    if made_from is None:
        raise InputError(
            f"predictor: '{asked.predictor}' takes the columns of a file, not photos; choose one fitted to an encoder."
        )
    if asked.encoder not in (None, made_from):
        raise InputError(
            f"encoder: predictor '{asked.predictor}' was fitted to encoder '{made_from}', not '{asked.encoder}'; "
            "leave the encoder out."
        )
    return made_from


def pose(asked: Asked, encoder: Encoder, predictor: Predictor | None) -> Question:
    """Return a question in the form that the encoder answers. From then on its weights take no gradients.

    Raises
    ------
    InputError
        When the encoder has no such layer or token, or has other weights than the predictor was fitted with.
    """
    import torch

    from streetsense.attention import Question, linear_output, parse_query, token_layout

    if predictor is not None and predictor.record.encoder_fingerprint not in (None, encoder.fingerprint):
        raise InputError(
            f"predictor: '{asked.predictor}' was fitted when encoder '{predictor.record.encoder}' had other weights; "
            "run 'streetsense fit' again."
        )
    question = Question(asked.method, asked.layer, asked.head, parse_query(asked.query))
    if predictor is not None:
        weights, biases = predictor.linear_weights()
        target = linear_output(torch.from_numpy(weights[0]), float(biases[0]))
        question = Question(asked.method, asked.layer, asked.head, question.query, target)
    encoder.model.requires_grad_(False)  # gradients are taken of the attention only
    return question.checked(token_layout(encoder.model, torch.empty(1, 3, *[encoder.preprocess.size] * 2)))


def settings_of(
    question: Question, name: str, encoder: Encoder, asked: Asked, predictor: Predictor | None
) -> dict[str, object]:
    """Return everything besides the photo that a map depends on, as JSON."""
    return {
        "encoder": name,
        "encoder_fingerprint": encoder.fingerprint,
        "method": question.method,
        "layer": question.layer,
        "head": question.head,
        "query": question.query,
        "target": question.target if predictor is None else "predictor",
        "predictor": asked.predictor,
        "predictor_arrays": predictor.record.arrays if predictor else None,
    }


def texts_of(settings: dict[str, object], view_id: str) -> dict[str, str]:
    """Return what the picture of a view says about itself."""
    return {key: str(value) for key, value in settings.items() if value is not None} | {"view_id": view_id}
