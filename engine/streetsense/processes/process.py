"""What a process is: typed inputs, typed outputs and a function. Everything else is made from that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from streetsense.errors import InputError
from streetsense.progress import Progress
from streetsense.study import Study


class ProcessInputs(BaseModel):
    """Base of every process's inputs: unknown names are refused, so a misspelt option is never ignored."""

    model_config = ConfigDict(extra="forbid", validate_default=True)


class ProcessOutputs(BaseModel):
    """Base of every process's outputs."""


@dataclass(frozen=True)
class Process:
    """One verb.

    Attributes
    ----------
    id : str
        The verb: ``sample``, ``embed``, …
    title : str
        A few words for menus.
    description : str
        One or two sentences: from what, to what.
    inputs, outputs : type
        The pydantic models of what goes in and comes out.
    run : callable
        ``run(study, inputs, job) -> outputs``; ``job`` is a `streetsense.progress.Progress`. It continues where a
        killed run stopped.
    writes : bool
        Whether it changes the study, and so needs the study's lock.
    together : bool
        Whether the processes of one ``torchrun`` may run it together. The one with RANK 0 then holds the lock and keeps
        the record for all.
    short : bool
        Whether it usually ends within seconds, so that a server may also answer with its outputs at once.
    resumes : bool
        Whether a run that was killed may be started again with the same inputs and continues.
    """

    id: str
    title: str
    description: str
    inputs: type[ProcessInputs]
    outputs: type[ProcessOutputs]
    run: Callable[[Study, Any, Progress], ProcessOutputs]
    writes: bool = True
    together: bool = False
    short: bool = False
    resumes: bool = True

    @property
    def secrets(self) -> set[str]:
        """The inputs that are secrets (`pydantic.SecretStr`), such as a provider's key."""
        fields = self.inputs.model_fields.items()
        return {name for name, field in fields if any(kind is SecretStr for kind in types_in(field.annotation))}

    def parse(self, values: dict[str, Any]) -> ProcessInputs:
        """Check raw values against the inputs.

        Parameters
        ----------
        values : dict
            As JSON has them: names of inputs to values.

        Raises
        ------
        InputError
            One sentence about the first value that is wrong.
        """
        try:
            return self.inputs.model_validate(values)
        except ValidationError as error:
            raise InputError(_sentence(error, self)) from error


def types_in(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - a type expression
    """Yield every type that occurs in a type expression: of ``list[Path] | None`` also ``Path``."""
    yield annotation
    for part in get_args(annotation):
        yield from types_in(part)


def _sentence(error: ValidationError, process: Process) -> str:
    """Say in one sentence what is wrong with the first bad input."""
    first = error.errors(include_url=False)[0]
    # Positions inside lists and arms of unions say nothing to a person: the value that is wrong is quoted anyway.
    name = next((str(part) for part in first["loc"] if isinstance(part, str)), process.id)
    match first["type"]:
        case "extra_forbidden":
            return f"{name}: '{process.id}' has no such input; its inputs are {', '.join(process.inputs.model_fields)}."
        case "missing":
            return f"{name}: this input is missing; '{process.id}' needs it."
        case "value_error":
            return (
                f"{name}: {str(first['ctx']['error']).rstrip('.')}." if "ctx" in first else f"{name}: {first['msg']}."
            )
        case _ if name in process.secrets:
            return f"{name}: the value cannot be used; see 'streetsense {process.id} --help'."
        case _:
            should = first["msg"].removeprefix("Input ").partition(", unable to parse")[0]
            value = str(first["input"])[:200]
            return f"{name}: '{value}' cannot be used, it {should}; see 'streetsense {process.id} --help'."
