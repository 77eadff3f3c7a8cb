"""The study: the folder that holds one analysis, in open formats."""

from streetsense.study.folder import SCHEMA_VERSION, Study, checked_name
from streetsense.study.lock import StudyBusy, StudyLock
from streetsense.study.tables import SAMPLE_POINT_SCHEMA, VIEW_SCHEMA, PartTable, embedding_schema

__all__ = [
    "SAMPLE_POINT_SCHEMA",
    "SCHEMA_VERSION",
    "VIEW_SCHEMA",
    "PartTable",
    "Study",
    "StudyBusy",
    "StudyLock",
    "checked_name",
    "embedding_schema",
]
