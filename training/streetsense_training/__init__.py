"""Pre-training and evaluation of street view encoders (processes are found through the engine's entry points)."""
