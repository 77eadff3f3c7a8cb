"""Jobs: one execution of a process each, with a record in the study; and the queue of a server."""

from streetsense.jobs.execute import execute, follows
from streetsense.jobs.job import Job, JobRequest, KeyReused, QueueFull, UnknownJob, UnknownProcess, UnknownStudy
from streetsense.jobs.local import LocalRunner
from streetsense.jobs.queue import JobQueue, QueueLimits
from streetsense.jobs.record import JobRecord, JobState, JobStatus
from streetsense.jobs.runner import Order, Runner

__all__ = [
    "Job",
    "JobQueue",
    "JobRecord",
    "JobRequest",
    "JobState",
    "JobStatus",
    "KeyReused",
    "LocalRunner",
    "Order",
    "QueueFull",
    "QueueLimits",
    "Runner",
    "UnknownJob",
    "UnknownProcess",
    "UnknownStudy",
    "execute",
    "follows",
]
