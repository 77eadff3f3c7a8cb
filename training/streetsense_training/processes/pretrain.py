"""``pretrain``: from pairs to an encoder."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import Field, create_model

from streetsense.processes.cluster import ADDRESS_PATTERN
from streetsense.processes.forms import ADVANCED, Makes, NameOf
from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.processes.reads import HostDecides, Reads
from streetsense.progress import Progress
from streetsense.study import Study, checked_name
from streetsense_training.recipe import Recipe


class Settings(ProcessInputs):
    """What to learn from, and how the run behaves."""

    pairs: list[Annotated[str, NameOf("pairs")]] = Field(
        min_length=1, description="names of pairs in the study; several objectives are learned together"
    )
    name: str | None = Field(None, description="what to call the encoder; the pairs' names unless given")
    recipe: Annotated[str, Reads(words=("code", "paper", "cpu-small"), served=(".yaml", ".yml"))] = Field(
        "code", description="code (as the published script), paper (as its text), cpu-small, or a YAML file"
    )
    warm_start: Annotated[str, Reads(served=(".safetensors",), kind="weights")] | None = Field(
        None, description="encoder of the study, or file of weights (MoCo v3 checkpoints too), to start from"
    )
    device: str = Field("auto", description="cpu, cuda, cuda:N or auto")
    workers: Annotated[int | None, ADVANCED] = Field(
        None, ge=1, le=256, description="threads that decode; chosen by the cores unless given"
    )
    in_memory: Annotated[bool | None, ADVANCED] = Field(
        None, description="keep all decoded photos in memory; where a quarter of it is enough, unless given"
    )
    checkpoint_every: Annotated[int, ADVANCED] = Field(500, ge=1, description="steps between checkpoints")
    keep: Annotated[int, ADVANCED] = Field(2, ge=1, description="checkpoints that are kept")
    log_every: Annotated[int, ADVANCED] = Field(10, ge=1, description="steps whose losses a GPU hands over together")
    probe_every: Annotated[float, ADVANCED] = Field(
        1.0, ge=0, description="epochs between retrieval probes on held-out views; 0 for the start and the end alone"
    )
    tensorboard: Annotated[bool, ADVANCED] = Field(
        False, description="mirror the metrics for TensorBoard (extra 'tensorboard')"
    )
    cluster: Annotated[str, HostDecides(allowed=("auto",)), ADVANCED] | None = Field(
        None,
        pattern=ADDRESS_PATTERN,
        description="Ray cluster that trains: auto for the one that this computer is a node of, or HOST:PORT; this "
        "computer alone unless given",
    )
    ray_workers: Annotated[int, ADVANCED] = Field(
        2, ge=1, le=4096, description="with cluster: processes that train together; one a GPU where it has GPUs"
    )
    again: bool = Field(
        False, description="begin anew where an encoder or a run of that name is there; leave it out to continue"
    )


def _changes() -> dict[str, Any]:
    """Return every value of a recipe as an optional input, so that none is described twice."""
    fields = {}
    for name, field in Recipe.model_fields.items():
        kind: Any = dict[str, Any] if name in ("first_view", "second_view") else field.annotation
        description = f"{field.description} [default: the recipe's]"
        change = Field(None, description=description, json_schema_extra=field.json_schema_extra)
        fields[name] = (Annotated[kind | None, ADVANCED], change)
    return fields


#: `Settings` and every value of a recipe.
Inputs = cast("type[Settings]", create_model("Inputs", __base__=Settings, **_changes()))


class Outputs(ProcessOutputs):
    """What was learned."""

    encoder: str = Field(description="name of the encoder in the study")
    objectives: list[str] = Field(description="what was learned")
    pairs: int = Field(description="pairs an epoch")
    steps: int = Field(description="steps of the whole run")
    resumed_from: int = Field(description="steps that were done when this run began")
    loss: float | None = Field(description="of the last step")
    chance: float = Field(description="the loss of an encoder that cannot tell views apart")
    probe_before: float | None = Field(description="Recall@1 on held-out views before the first step")
    probe: float | None = Field(description="Recall@1 on held-out views at the end")
    pairs_per_second: float = Field(description="of this run", json_schema_extra={"unit": "1/s"})
    precision: str = Field(description="number format of matrix products")
    device: str = Field(description="where it ran")
    curves: Annotated[str, Makes("file")] | None = Field(
        description="figure of loss, schedules and probe, inside the study"
    )


def run(study: Study, inputs: Settings, job: Progress) -> Outputs:
    """Pre-train an encoder; a run that was stopped goes on from its last checkpoint.

    Started by ``torchrun``, all its processes call this together; with ``cluster`` Ray starts them.

    Raises
    ------
    InputError
        When pairs, recipe, warm start or device cannot be used, the batch does not fit the pairs, or the name belongs
        to a run with another recipe.
    StreetSenseError
        When the loss is not a number any more.
    """
    if inputs.cluster is not None:
        from streetsense_training.raytrain import train_on_cluster

        values = inputs.model_dump(mode="json", exclude={"cluster", "ray_workers"})
        return Outputs(**train_on_cluster(inputs.cluster, inputs.ray_workers, study, values, job))

    from streetsense_training.recipe import load_recipe
    from streetsense_training.run import PretrainingRun

    changes = {name: getattr(inputs, name) for name in Recipe.model_fields}
    recipe = load_recipe(inputs.recipe, {name: _spans(value) for name, value in changes.items()})
    name = checked_name(inputs.name or "-".join(inputs.pairs), "name")
    run = PretrainingRun(study, name, recipe, inputs, job)
    return Outputs(**run.execute())


def _spans(value: Any) -> Any:  # noqa: ANN401 - any value of a recipe
    """Turn ``low:high`` inside mappings into a list, which a command line cannot write otherwise."""
    if not isinstance(value, dict):
        return value
    return {key: item.split(":") if isinstance(item, str) and ":" in item else item for key, item in value.items()}


PROCESS = Process(
    id="pretrain",
    title="Pre-train an encoder",
    description="Learn an encoder from pairs of views by contrast (MoCo v3): self, temporal, spatial, or together.",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    together=True,
)
