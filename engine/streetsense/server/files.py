"""Files of a study over HTTP: which ones there are, and their bytes, whole or in ranges."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from streetsense.atomic import UNFINISHED
from streetsense.errors import InputError
from streetsense.jobs import UnknownStudy
from streetsense.processes import reads
from streetsense.server.problems import PROBLEM, RESPONSES, Problem
from streetsense.server.ranges import RangedFile, open_regular
from streetsense.server.settings import ServerSettings
from streetsense.study import checked_name

router = APIRouter(tags=["studies"])

#: What can be downloaded: all results, and of the rest what tells about it (suffixes; all when there are none).
OFFERED: dict[str, tuple[str, ...]] = {
    "results": (),
    "pairs": (".png", ".html", ".json"),
    "predictors": (".json",),
    "encoders": (".json", ".png"),
}

_MEDIA_TYPES = {
    ".gpkg": "application/geopackage+sqlite3",
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".geojson": "application/geo+json",
    ".parquet": "application/vnd.apache.parquet",
    ".npz": "application/octet-stream",
}


Range = Annotated[str | None, Header(description="parts of the file: bytes=0-1023", examples=["bytes=0-1023"])]
WantReprDigest = Annotated[str | None, Header(description="sha-256=1 asks for the file's digest")]


class FileEntry(BaseModel):
    """A file that can be downloaded."""

    path: str = Field(description="relative to the study", examples=["results/appearance.gpkg"])
    size: int = Field(description="bytes")
    etag: str = Field(description="changes with the content, as the header ETag says it")
    type: str = Field(description="media type")


class FileList(BaseModel):
    """The files of a study that can be downloaded."""

    files: list[FileEntry]


def study_folder(settings: ServerSettings, name: str) -> Path:
    """Return the folder of a study.

    Raises
    ------
    UnknownStudy
        When the server has no study of that name.
    """
    try:
        root = settings.studies.resolve()
        folder = root / checked_name(name, "study")
    except InputError as error:
        raise UnknownStudy(str(error)) from None
    if not (folder / "study.json").is_file() or folder.resolve() != folder:
        raise UnknownStudy(
            f"study: the server has no '{name}'; make it with 'streetsense new', or see its list of studies."
        )
    return folder


def inside(root: Path, name: str) -> Path:
    """Return where the file or folder ``name`` of the folder ``root`` is, links followed.

    Raises
    ------
    Problem
        404 when it is outside, also through a link, hidden or unfinished. Whether it exists is not looked at.
    """
    path = reads.inside(root, name)
    if path is None or any(part.startswith(".") for part in path.relative_to(root.resolve()).parts):
        raise no_such_file(name)
    return path


def no_such_file(name: str) -> Problem:
    """Return the answer to a request for a file that is not there, or not to be had."""
    return Problem(404, "No such file", f"file: the study has no '{name[:200]}'; see its list of files.")


def media_type(path: PurePath) -> str:
    """Return the media type of a file by its suffix."""
    return _MEDIA_TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def offered_files(root: Path) -> Iterator[FileEntry]:
    """Yield the files of the study folder ``root`` that can be downloaded, sorted within each folder."""
    for folder, suffixes in OFFERED.items():
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if not _is_offered(name, folder, suffixes):
                continue
            try:
                with open_regular(inside(root, name)) as opened:
                    yield FileEntry(path=name, size=opened.size, etag=opened.etag, type=media_type(path))
            except (Problem, OSError):  # a folder, a link to elsewhere, or gone meanwhile
                continue


#: How a route documents an answer with the bytes of a file.
DOWNLOAD: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The whole file.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        "headers": {
            "ETag": {"description": "changes with the content", "schema": {"type": "string"}},
            "Accept-Ranges": {"description": "bytes", "schema": {"type": "string"}},
            "Repr-Digest": {"description": "sha-256 of the whole file (RFC 9530)", "schema": {"type": "string"}},
        },
    },
    206: {
        "description": "The ranges that were asked for; several come as multipart/byteranges.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/byteranges": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    304: {"description": "The file is the one that If-None-Match names."},
    416: {**PROBLEM, "description": "The file ends before the range begins."},
}


@router.get("/studies/{study}/files", operation_id="getFiles", summary="List the files of a study", responses=RESPONSES)
def files(request: Request, study: str) -> FileList:
    """List what can be downloaded: results, and what tells about pairs, predictors and encoders."""
    return FileList(files=list(offered_files(study_folder(request.app.state.settings, study))))


@router.get(
    "/studies/{study}/files/{file:path}",
    operation_id="getFile",
    summary="Download a file of a study",
    response_class=Response,
    responses=RESPONSES | DOWNLOAD,
)
async def download(
    request: Request,
    study: str,
    file: str,
    range: Range = None,
    want_repr_digest: WantReprDigest = None,
) -> Response:
    """Return the bytes of a file of the list."""
    root = study_folder(request.app.state.settings, study)
    folder = file.partition("/")[0]
    if folder not in OFFERED or not _is_offered(file, folder, OFFERED[folder]):
        raise no_such_file(file)
    return await _send(request, root, file)


@router.get(
    "/studies/{study}/results/{file:path}",
    operation_id="getResultFile",
    summary="Download a result file",
    response_class=Response,
    responses=RESPONSES | DOWNLOAD,
)
async def download_result(
    request: Request,
    study: str,
    file: str,
    range: Range = None,
    want_repr_digest: WantReprDigest = None,
) -> Response:
    """Return the bytes of a result file."""
    return await _send(request, study_folder(request.app.state.settings, study), f"results/{file}")


async def _send(request: Request, root: Path, name: str) -> Response:
    return await run_in_threadpool(file_response, request, inside(root, name), name)


def file_response(request: Request, path: Path, name: str) -> Response:
    """Return the answer to a download of ``path``, which the client knows as ``name``.

    Raises
    ------
    Problem
        404 when it is no file, 416 when the ranges lie outside it.
    """
    try:
        opened = open_regular(path)
    except OSError:
        raise no_such_file(name) from None
    return RangedFile.answer(request.headers, opened, path.name, media_type(path))


def _is_offered(name: str, folder: str, suffixes: tuple[str, ...]) -> bool:
    parts = Path(name).parts
    if len(parts) < 2 or parts[0] != folder or any(part.startswith((".", UNFINISHED)) for part in parts):
        return False
    return not suffixes or name.lower().endswith(suffixes)
