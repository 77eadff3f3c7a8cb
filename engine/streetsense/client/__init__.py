"""A client for StreetSense servers: jobs, uploads and downloads that survive broken connections."""

from streetsense.client.client import Client
from streetsense.client.connection import PROTOCOL_VERSION, Refused, Unreachable
from streetsense.client.models import Failed, JobInfo, RemoteFile, StudyInfo, UploadedFile

__all__ = [
    "PROTOCOL_VERSION",
    "Client",
    "Failed",
    "JobInfo",
    "Refused",
    "RemoteFile",
    "StudyInfo",
    "Unreachable",
    "UploadedFile",
]
