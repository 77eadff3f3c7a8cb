"""Where an encoder or a predictor looked: attention maps of vision transformers, their measures and their pictures."""

from streetsense.attention.answers import Answer, SeenPhoto, answer, see_photo
from streetsense.attention.capture import Captured, capture
from streetsense.attention.folder import MapFolder
from streetsense.attention.measures import (
    attention_distance,
    attention_distance_by_layer,
    relative_log_amplitude,
    relative_log_amplitude_by_layer,
)
from streetsense.attention.methods import HeadFusion, raw_attention, rollout
from streetsense.attention.overlay import SeenBox, colour_scale, encode_png, overlay, seen_box
from streetsense.attention.question import Method, Question
from streetsense.attention.relevance import TARGETS, Target, linear_output, relevance
from streetsense.attention.tokens import Query, TokenLayout, parse_query, token_layout

__all__ = [
    "TARGETS",
    "Answer",
    "Captured",
    "HeadFusion",
    "MapFolder",
    "Method",
    "Query",
    "Question",
    "SeenBox",
    "SeenPhoto",
    "Target",
    "TokenLayout",
    "answer",
    "attention_distance",
    "attention_distance_by_layer",
    "capture",
    "colour_scale",
    "encode_png",
    "linear_output",
    "overlay",
    "parse_query",
    "raw_attention",
    "relative_log_amplitude",
    "relative_log_amplitude_by_layer",
    "relevance",
    "rollout",
    "see_photo",
    "seen_box",
    "token_layout",
]
