"""Runs: from a person's choices to results, over the jobs of an engine."""
