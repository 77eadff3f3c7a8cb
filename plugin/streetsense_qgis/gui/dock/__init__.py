"""The dock: the path from an area to a map."""
