"""Uploads as a client of tus makes them, for tests."""

from __future__ import annotations

import base64
from pathlib import Path

from httpx2 import Client, Response

TUS = {"Tus-Resumable": "1.0.0"}
PART = TUS | {"Content-Type": "application/offset+octet-stream"}


def metadata(filename: str, **values: str) -> str:
    pairs = {"filename": filename, **values}
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def begin(client: Client, filename: str, length: int, folder: str = "uploads", **values: str) -> Response:
    headers = TUS | {"Upload-Length": str(length), "Upload-Metadata": metadata(filename, **values)}
    return client.post(f"/studies/town/{folder}", headers=headers)


def send(client: Client, where: str, offset: int, content: bytes, **headers: str) -> Response:
    return client.patch(where, headers=PART | {"Upload-Offset": str(offset)} | headers, content=content)


def upload(client: Client, filename: str, content: bytes, **values: str) -> Response:
    headers = PART | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata(filename, **values)}
    return client.post("/studies/town/uploads", headers=headers, content=content)


def left_over(studies: Path) -> list[str]:
    uploads = studies / ".streetsense" / "uploads"
    return [path.name for path in uploads.glob("*.part")] + [path.name for path in studies.rglob(".unfinished-*")]
