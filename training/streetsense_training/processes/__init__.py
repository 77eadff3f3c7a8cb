"""Processes of pre-training and evaluation, one module a verb; the engine finds them through entry points."""
