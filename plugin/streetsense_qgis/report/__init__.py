"""Reports: print layouts and atlases of results, and their PDF."""
