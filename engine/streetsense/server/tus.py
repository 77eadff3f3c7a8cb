"""The words of tus 1.0.0, a protocol for uploads that go on where they broke, and how routes document them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header

from streetsense.server.problems import PROBLEM, RESPONSES, Problem

TUS = {"Tus-Resumable": "1.0.0"}
CAPABILITIES = TUS | {
    "Tus-Version": "1.0.0",
    "Tus-Extension": "creation,creation-with-upload,checksum,termination,expiration",
    "Tus-Checksum-Algorithm": "sha256",
}
#: The content type of a part of a file.
PART_TYPE = "application/offset+octet-stream"


def tus_headers(*names: str) -> dict[str, Any]:
    """Return how a route documents headers of tus in its answer."""
    texts = {
        "Upload-Offset": "bytes that have come",
        "Upload-Length": "bytes of the whole file",
        "Upload-Expires": "when an unfinished upload is forgotten",
        "Location": "the upload's own address",
        "Tus-Resumable": "the version of tus",
    }
    return {name: {"description": texts[name], "schema": {"type": "string"}} for name in (*names, "Tus-Resumable")}


PROBLEMS: dict[int | str, dict[str, Any]] = RESPONSES | {
    409: {**PROBLEM, "description": "The offset is not where the upload stands, or the place is taken."},
    412: {**PROBLEM, "description": "Another version of tus is spoken here."},
    415: {**PROBLEM, "description": f"The body is no {PART_TYPE}."},
    423: {**PROBLEM, "description": "Another connection sends to this upload."},
    460: {**PROBLEM, "description": "The part arrived damaged and was dropped."},
    507: {**PROBLEM, "description": "The quota or the disk is full."},
}
CREATED: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "The upload has begun, and holds what came with the request; see Upload-Offset.",
        "headers": tus_headers("Location", "Upload-Offset", "Upload-Expires"),
    }
}
BODY = {
    "requestBody": {
        "required": False,
        "description": "the file, or its next part",
        "content": {PART_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}

Version = Annotated[str | None, Header(alias="Tus-Resumable", description="version of tus: 1.0.0", examples=["1.0.0"])]
Length = Annotated[int, Header(alias="Upload-Length", ge=0, le=2**62, description="bytes of the whole file")]
Metadata = Annotated[
    str,
    Header(
        alias="Upload-Metadata",
        description="keys and base64 values: filename (with folders), and at will sha256 (hexadecimal, of the whole "
        "file), unpack (yes: a .zip is unpacked), folder (where to)",
        examples=["filename bGFiZWxzLmdwa2c="],
    ),
]
Sum = Annotated[str | None, Header(alias="Upload-Checksum", description="of this part: sha256 and base64")]
Kind = Annotated[str | None, Header(alias="Content-Type", include_in_schema=False)]


def check_version(version: str | None) -> None:
    """Refuse clients of another version (412)."""
    if version != TUS["Tus-Resumable"]:
        raise Problem(
            412, "", "Tus-Resumable: this version is not spoken here; send 1.0.0.", headers={"Tus-Version": "1.0.0"}
        )


def check_kind(kind: str | None) -> None:
    """Refuse bodies that do not say that they are parts of files (415)."""
    if (kind or "").partition(";")[0].strip().lower() != PART_TYPE:
        raise Problem(415, "", f"Content-Type: a part of a file is sent as {PART_TYPE}; correct the request.")
