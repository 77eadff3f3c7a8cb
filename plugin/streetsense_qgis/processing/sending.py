"""The layers and files that an execution needs: gathered, and sent into the study."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingContext, QgsProcessingFeatureSource, QgsProcessingFeedback

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..connection.localfiles import LocalFile, files_of, safe_name, short_hash
from ..connection.pending import Pending
from ..i18n import tr
from .description import Field
from .layerfile import write_layer

_LAYER = "|layername="
#: Files that travel together.
_TOGETHER = 4


class Sending:
    """The layers and files among the inputs of a process.

    Parameters
    ----------
    folder : str
        Where layers may be written to before they are sent.

    Attributes
    ----------
    values : dict
        The inputs as the engine is to get them.
    files : list of LocalFile
        What the study needs.
    """

    def __init__(self, folder: str) -> None:
        self.values: dict[str, Any] = {}
        self.files: list[LocalFile] = []
        self._folder = Path(folder)
        self._given: dict[str, str] = {}

    def add_text(self, field: Field, text: str) -> None:
        """Add an input that was given as text: a word, a path here, or a path inside the study.

        Raises
        ------
        EngineError
            When it is a path that leads nowhere.
        """
        path, layer, layer_name = text.partition(_LAYER)
        if field.is_word(text):
            self.values[field.name] = text
            return
        here = Path(path).expanduser()
        if here.exists():
            self.values[field.name] = self._add_path(here.resolve(), text) + layer + layer_name
        elif path.startswith(("uploads/", "results/")) or (here.name == path and not here.suffix):
            self.values[field.name] = text  # in the study, or a name: of an encoder, of a recipe
        else:
            sentence = tr(
                "Processing",
                "{name}: {path} is no file on this computer, and none of the study, whose files begin with uploads/ "
                "or results/; check the path.",
            )
            raise EngineError(sentence.format(name=field.key, path=path), "disk")

    def add_file(self, field: Field, path: str) -> None:
        """Add an input that is a file here."""
        self.values[field.name] = self._add_path(Path(path).resolve(), path)

    def add_layer(
        self,
        field: Field,
        source: QgsProcessingFeatureSource,
        identity: str,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        """Add an input that is a layer: write it into a file first.

        Parameters
        ----------
        field : Field
            The input.
        source : QgsProcessingFeatureSource
            Its features.
        identity : str
            What tells the layer from others of its name. Sent again, it takes the place of what was sent before.
        context, feedback
            Processing's.
        """
        name = safe_name(source.sourceName().replace(".", "_")) or field.name
        path = self._folder / f"{field.name}.gpkg"
        number = write_layer(source, str(path), name, context.transformContext(), feedback)
        shown = tr("Processing", "{layer}: {number} features are sent to the study.")
        feedback.pushInfo(shown.format(layer=source.sourceName(), number=number))
        there = f"{short_hash(identity)}/{name}.gpkg"
        self.files.append(LocalFile(path, there))
        self.values[field.name] = f"uploads/{there}"
        self._given[f"uploads/{there}"] = source.sourceName()

    def as_given(self, sentence: str) -> str:
        """Return what the engine says, with files and layers called what they are called here."""
        for there in sorted(self._given, key=len, reverse=True):
            sentence = sentence.replace(there, self._given[there])
        return sentence

    def send(self, client: EngineClient, study: str, feedback: QgsProcessingFeedback, share: float) -> None:
        """Send what the study does not have yet.

        Parameters
        ----------
        client : EngineClient
            Of this thread.
        study : str
            Into which study.
        feedback : QgsProcessingFeedback
            Told how far it is, and asked whether to stop.
        share : float
            Of the whole progress, in percent.

        Raises
        ------
        EngineError
            When a file cannot be read or sent, or somebody stopped it. What arrived stays, and is not sent again.
        """
        if not self.files:
            return
        listed = client.uploads(study).wait(feedback)
        there = {entry["name"]: (entry["size"], entry["sha256"]) for entry in listed}
        total, done, sent = max(1, sum(file.size for file in self.files)), 0, 0
        under_way: deque[tuple[Pending, int]] = deque()
        try:
            for number, file in enumerate(self.files, 1):
                if feedback.isCanceled():
                    raise EngineError(tr("Processing", "This was stopped."), "cancelled")
                size, sha256 = there.get(f"uploads/{file.name}", (None, None))
                if size == file.size and sha256 == file.sha256():
                    done += file.size
                else:
                    under_way.append((client.upload(study, str(file.path), file.name), file.size))
                    sent += 1
                while under_way and (len(under_way) == _TOGETHER or number == len(self.files)):
                    pending, size = under_way.popleft()
                    pending.wait(feedback)
                    done += size
                feedback.setProgress(share * done / total)
        finally:
            for pending, _ in under_way:
                pending.cancel()
        text = tr("Processing", "{sent} of {number} files were sent, the study has the others already.")
        feedback.pushInfo(text.format(sent=sent, number=len(self.files)))

    def _add_path(self, path: Path, shown: str) -> str:
        """Add a file or a folder and return what it will be called in the study."""
        name, files = files_of(path)
        self.files += files
        self._given[f"uploads/{name}"] = shown
        return f"uploads/{name}"
