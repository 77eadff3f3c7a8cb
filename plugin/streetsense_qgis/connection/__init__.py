"""The connection to the engine: requests, answers, the engine on this computer and where it lives."""
