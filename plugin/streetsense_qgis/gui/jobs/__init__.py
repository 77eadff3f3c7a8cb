"""The panel of the engine's jobs."""
