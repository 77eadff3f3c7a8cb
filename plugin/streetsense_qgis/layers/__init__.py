"""What the engine made, as layers of the project."""
