"""The engine as a server: OGC API - Processes over HTTP, and the studies, photos and results beside it."""

#: The version of what is spoken over HTTP beside the OGC standard. A client refuses a server with another one.
PROTOCOL_VERSION = 1
