"""Comparing what encoders learn from self, temporal, spatial and joint pairs on the synthetic city."""
