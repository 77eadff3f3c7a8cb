"""What an administrator decides about a server."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

MIB, GIB = 2**20, 2**30


class ServerSettings(BaseModel):
    """Everything that shapes a server; the options of ``streetsense serve``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    studies: Path = Field(description="the folder whose folders are the studies; nothing outside it is read or written")
    token: SecretStr = Field(description="what every request must carry as 'Authorization: Bearer …'")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8765, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    certificate: Path | None = Field(None, description="TLS certificate chain (PEM)")
    key: Path | None = Field(None, description="TLS private key (PEM)")
    plain_http: bool = Field(False, description="allow an address that others can reach without TLS")
    allowed_hosts: tuple[str, ...] = Field((), description="further names that clients may call this host by")
    max_body: int = Field(MIB, ge=1024, description="largest request body that is not an upload (bytes)")
    max_file: int = Field(8 * GIB, ge=1, description="largest uploaded file (bytes)")
    quota: int = Field(50 * GIB, ge=1, description="largest sum of uploaded files in a study (bytes)")
    keep_free: int = Field(GIB, ge=0, description="uploads stop when the disk has less than this left (bytes)")
    body_seconds: float = Field(30.0, gt=0, description="longest silence within a request (seconds)")
    rate: float = Field(2000.0, gt=0, description="requests a second from one address")
    sync_seconds: float = Field(60.0, gt=0, description="longest wait of a synchronous execution (seconds)")
    max_queued: int = Field(1000, ge=1, description="jobs that may wait")
    cpu_jobs: int = Field(1, ge=1, description="jobs without GPU that run at a time")
    gpu_jobs: int = Field(1, ge=1, description="jobs that run at a time on each GPU")
    keep_days: float = Field(30.0, gt=0, description="ended jobs are taken off the list after so many days")
    keep_jobs: int = Field(1000, ge=1, description="ended jobs that are kept on the list")
    cluster: str | None = Field(None, description="address of a Ray cluster's dashboard that runs the jobs")

    @property
    def state_dir(self) -> Path:
        """Where the server keeps its own files: ``<studies>/.streetsense``."""
        return self.studies / ".streetsense"

    @property
    def is_local(self) -> bool:
        """Whether only this computer can reach the address."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def has_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.certificate is not None
