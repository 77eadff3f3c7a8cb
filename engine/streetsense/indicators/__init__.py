"""Indicators: predictors from embeddings, with honest scores, intervals and a warning where they do not apply."""

from streetsense.indicators.predictor import Prediction, Predictor, load_predictor

__all__ = ["Prediction", "Predictor", "load_predictor"]
