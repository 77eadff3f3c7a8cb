"""Measuring what encoders learned: retrieval, and the probe that the trainer asks while it runs."""

from streetsense_training.evaluation.probe import ProbeScore, RetrievalProbe
from streetsense_training.evaluation.retrieval import first_right_rank, recall_at, recall_of_ranks

__all__ = ["ProbeScore", "RetrievalProbe", "first_right_rank", "recall_at", "recall_of_ranks"]
