"""Jobs: one execution of a process each, with a record in the study."""

from streetsense.jobs.execute import execute, follows
from streetsense.jobs.record import JobRecord, JobStatus

__all__ = ["JobRecord", "JobStatus", "execute", "follows"]
