"""Uploads that survive broken connections and restarts: tus 1.0.0.

Spoken are its core and the extensions creation, creation-with-upload, checksum (sha256), termination and expiration.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from streetsense.server.beginning import begin
from streetsense.server.files import study_folder
from streetsense.server.links import address
from streetsense.server.problems import PROBLEM, RESPONSES, Problem
from streetsense.server.receiving import Checksum, parse_checksum, receive
from streetsense.server.settings import ServerSettings
from streetsense.server.storing import put_in_place, recover
from streetsense.server.tus import (
    BODY,
    CAPABILITIES,
    CREATED,
    PROBLEMS,
    TUS,
    Kind,
    Length,
    Metadata,
    Sum,
    Version,
    check_kind,
    check_version,
    tus_headers,
)
from streetsense.server.uploadlist import EXPIRES_AFTER, Upload, UploadList, upload_list
from streetsense.server.uploadnames import upload_facts

router = APIRouter(tags=["studies"])

#: Seconds that a part of a file waits while another request has the upload, and between two tries.
_PATIENCE, _LOOK_EVERY = 2.0, 0.02


class UploadedEntry(BaseModel):
    """An uploaded file."""

    name: str = Field(
        description="relative to the study; inputs of processes take it", examples=["uploads/labels.gpkg"]
    )
    size: int = Field(description="bytes")
    sha256: str = Field(description="of its content, hexadecimal")


class UploadedList(BaseModel):
    """The uploaded files of a study: what a client need not send again."""

    files: list[UploadedEntry]
    used: int = Field(description="bytes that count against the quota, with those of begun uploads")
    quota: int = Field(description="bytes that uploads of a study may take")


class UploadStatus(BaseModel):
    """How far an upload is."""

    name: str = Field(description="where the file goes, relative to the study")
    length: int = Field(description="bytes of the whole file")
    offset: int = Field(description="bytes that have come")
    finished: bool = Field(description="whether the file is in its place")


@router.options("/studies/{study}/uploads", operation_id="getUploadOptions", status_code=204, responses=RESPONSES)
@router.options("/studies/{study}/photos", operation_id="getPhotoUploadOptions", status_code=204, responses=RESPONSES)
def options(request: Request, study: str) -> Response:
    """Say which parts of tus are spoken."""
    settings: ServerSettings = request.app.state.settings
    return Response(status_code=204, headers=CAPABILITIES | {"Tus-Max-Size": str(settings.max_file)})


@router.get(
    "/studies/{study}/uploads", operation_id="getUploads", summary="List the uploaded files", responses=RESPONSES
)
def uploaded(request: Request, study: str) -> UploadedList:
    """List the files that were uploaded whole, with what they hold."""
    settings: ServerSettings = request.app.state.settings
    root, known = study_folder(settings, study), upload_list(settings.state_dir)
    files = [UploadedEntry(name=file.name, size=file.size, sha256=file.sha256) for file in known.files.all(study, root)]
    return UploadedList(files=files, used=known.used(study, root), quota=settings.quota)


@router.post(
    "/studies/{study}/uploads",
    operation_id="createUpload",
    summary="Begin an upload",
    status_code=201,
    response_class=Response,
    responses=PROBLEMS | CREATED,
    openapi_extra=BODY,
)
async def create(
    request: Request,
    study: str,
    length: Length,
    metadata: Metadata,
    version: Version = None,
    checksum: Sum = None,
    kind: Kind = None,
) -> Response:
    """Begin to upload a file to ``uploads/`` of a study; the file, or its beginning, may come with the request."""
    return await _create(request, study, "uploads", length, metadata, version, checksum, kind)


@router.post(
    "/studies/{study}/photos",
    operation_id="createPhotoUpload",
    summary="Begin to upload a photo",
    status_code=201,
    response_class=Response,
    responses=PROBLEMS | CREATED,
    openapi_extra=BODY,
)
async def create_photo(
    request: Request,
    study: str,
    length: Length,
    metadata: Metadata,
    version: Version = None,
    checksum: Sum = None,
    kind: Kind = None,
) -> Response:
    """Begin to upload a photo, or an archive of photos, to ``uploads/photos/`` of a study."""
    return await _create(request, study, "uploads/photos", length, metadata, version, checksum, kind)


@router.get(
    "/studies/{study}/uploads/{upload}",
    operation_id="getUpload",
    summary="Say how far an upload is",
    responses=RESPONSES
    | {
        200: {"headers": tus_headers("Upload-Offset", "Upload-Length", "Upload-Expires")},
        423: {**PROBLEM, "description": "Another connection sends to this upload."},
    },
)
async def status(request: Request, response: Response, study: str, upload: str) -> UploadStatus:
    """Return how many bytes have come; HEAD answers with the headers alone, as tus has it."""
    settings: ServerSettings = request.app.state.settings
    root, known = await run_in_threadpool(_known, settings, study)
    with known.hold(upload):
        found, offset = await run_in_threadpool(_current, known, root, study, upload, settings)
    response.headers.update(_state(found, offset))
    return UploadStatus(name=found.name, length=found.length, offset=offset, finished=found.finished)


@router.patch(
    "/studies/{study}/uploads/{upload}",
    operation_id="continueUpload",
    summary="Send the next part of a file",
    status_code=204,
    response_class=Response,
    responses=PROBLEMS | {204: {"description": "The part is kept.", "headers": tus_headers("Upload-Offset")}},
    openapi_extra=BODY,
)
async def append(
    request: Request,
    study: str,
    upload: str,
    offset: Annotated[int, Header(alias="Upload-Offset", ge=0, le=2**62, description="where the part begins")],
    version: Version = None,
    checksum: Sum = None,
    kind: Kind = None,
) -> Response:
    """Take the next part of a file, of any length; what came before the connection broke is kept.

    A part with a checksum is kept whole or not at all.
    """
    settings: ServerSettings = request.app.state.settings
    check_version(version)
    check_kind(kind)
    expected = parse_checksum(checksum)
    root, known = await run_in_threadpool(_known, settings, study)
    async with _held(known, upload):
        found, stands = await run_in_threadpool(_current, known, root, study, upload, settings)
        if offset != stands:
            raise Problem(409, "Conflict", f"Upload-Offset: the upload stands at {stands} bytes; go on from there.")
        found, offset = await _take(request, known, root, found, expected)
    return Response(status_code=204, headers=_state(found, offset))


@router.delete(
    "/studies/{study}/uploads/{upload}",
    operation_id="endUpload",
    summary="Give up an upload",
    status_code=204,
    response_class=Response,
    responses=PROBLEMS | {204: {"description": "It is forgotten; the file of a finished upload stays."}},
)
def terminate(request: Request, study: str, upload: str, version: Version = None) -> Response:
    """Forget an upload and the bytes that have come."""
    settings: ServerSettings = request.app.state.settings
    check_version(version)
    study_folder(settings, study)
    known = upload_list(settings.state_dir)
    with known.hold(upload):
        known.remove(known.get(study, upload))
    return Response(status_code=204, headers=TUS)


@asynccontextmanager
async def _held(known: UploadList, upload_id: str) -> AsyncIterator[None]:
    """Keep an upload to one request. A look at it that another one takes is over in a moment, and is waited for."""
    until = time.monotonic() + _PATIENCE
    with ExitStack() as holding:
        while True:
            try:
                holding.enter_context(known.hold(upload_id))
                break
            except Problem:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(_LOOK_EVERY)
        yield


async def _create(
    request: Request, study: str, folder: str, length: int, metadata: str, version: str | None,
    checksum: str | None, kind: str | None,
) -> Response:  # fmt: skip
    settings: ServerSettings = request.app.state.settings
    check_version(version)
    facts, expected = upload_facts(metadata), parse_checksum(checksum)
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if has_body:
        check_kind(kind)
    root, known = await run_in_threadpool(_known, settings, study)
    upload = await run_in_threadpool(begin, known, settings, study, root, folder, length, facts)
    with known.hold(upload.id):
        # Another request that began the same may have brought it to its end meanwhile.
        upload, offset = await run_in_threadpool(_current, known, root, study, upload.id, settings)
        # An upload that goes on has a part already: the body begins before it, and the answer says where to go on.
        if not upload.finished and offset == 0 and has_body:
            upload, offset = await _take(request, known, root, upload, expected)
    where = address(request, f"/studies/{study}/uploads/{upload.id}")
    return Response(status_code=201, headers=_state(upload, offset) | {"Location": where})


def _known(settings: ServerSettings, study: str) -> tuple[Path, UploadList]:
    return study_folder(settings, study), upload_list(settings.state_dir)


def _current(known: UploadList, root: Path, study: str, upload_id: str, settings: ServerSettings) -> tuple[Upload, int]:
    """Return an upload that this request holds, and its offset."""
    upload = recover(known, root, study, upload_id, settings)
    return upload, known.offset(upload)


async def _take(
    request: Request, known: UploadList, root: Path, upload: Upload, expected: Checksum | None
) -> tuple[Upload, int]:
    """Keep what the request brings; a file that is whole goes to its place. Return the upload and its offset."""
    settings: ServerSettings = request.app.state.settings
    if upload.finished:
        return upload, upload.length
    offset = await receive(request, known, upload, expected, settings)
    if offset == upload.length:
        upload = await run_in_threadpool(put_in_place, known, root, upload, settings)
    return upload, offset


def _state(upload: Upload, offset: int) -> dict[str, str]:
    expires = {} if upload.finished else {"Upload-Expires": formatdate(upload.created + EXPIRES_AFTER, usegmt=True)}
    return TUS | expires | {"Upload-Offset": str(offset), "Upload-Length": str(upload.length)}
