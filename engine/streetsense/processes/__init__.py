"""The verbs: one module each, described once, found through the entry-point group ``streetsense.processes``."""

from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.processes.registry import find_process, load_processes

__all__ = ["Process", "ProcessInputs", "ProcessOutputs", "find_process", "load_processes"]
