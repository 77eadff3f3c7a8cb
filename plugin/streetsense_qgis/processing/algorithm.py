"""A process of the engine as an algorithm of Processing."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
    QgsProcessingUtils,
)

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..i18n import tr
from .base import LOAD, OUTPUT, STUDY, StreetSenseAlgorithm
from .description import Description, Field
from .following import Follower
from .layerfile import file_behind
from .outputs import Fetching, outputs_of
from .parameters import parameters_of
from .reach import Reach
from .secretfields import SecretReader
from .sending import Sending
from .sentences import sentences
from .values import plain_values

#: Shares of the progress, in percent: sending files, where there are some, and fetching results.
_SENDING, _FETCHING = 15.0, 5.0


class ProcessAlgorithm(StreetSenseAlgorithm):
    """Runs a process of the engine on a study.

    Parameters
    ----------
    description : Description
        What the engine says about the process.
    group : (str, str)
        Identifier and name of the group it is shown in.
    reach : Reach
        Where the engine is.
    secret_reader : SecretReader
        Reads secrets on the right thread.
    """

    def __init__(
        self, description: Description, group: tuple[str, str], reach: Reach, secret_reader: SecretReader
    ) -> None:
        super().__init__(reach)
        self._description, self._group, self._secret_reader = description, group, secret_reader
        self._secrets: dict[str, str] = {}
        self._files_behind: dict[str, str] = {}
        self._identities: dict[str, str] = {}

    def createInstance(self) -> ProcessAlgorithm:
        """Return another one of the same."""
        return ProcessAlgorithm(self._description, self._group, self.reach, self._secret_reader)

    def name(self) -> str:
        """Return what programs call it."""
        return self._description.id

    def displayName(self) -> str:
        """Return what people call it."""
        return tr("Processes", self._description.title)

    def group(self) -> str:
        """Return the name of the group it is shown in."""
        return self._group[1]

    def groupId(self) -> str:
        """Return the identifier of the group it is shown in."""
        return self._group[0]

    def shortDescription(self) -> str:
        """Return a sentence about it."""
        return tr("Processes", self._description.help)

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        study = QgsProcessingParameterString(STUDY, tr("Processing", "Study"))
        study.setHelp(tr("Processing", "The study's name; make one with 'New study'."))
        self.addParameter(study)
        for definition in parameters_of(self._description):
            self.addParameter(definition)
        if any(field.role("file") for field in self._description.outputs):
            self._add_output_parameters()
        self.addOutput(QgsProcessingOutputString(STUDY, tr("Processing", "Study")))
        for output in outputs_of(self._description):
            self.addOutput(output)

    def checkParameterValues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> tuple[bool, str]:
        """Refuse what cannot be run, with a sentence."""
        is_good, sentence = super().checkParameterValues(parameters, context)
        if not is_good:
            return is_good, sentence
        for field in self._description.inputs:
            if field.takes_layer and (sentence := self._wrong_pair(field, parameters)):
                return False, sentence
        return True, ""

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        """Take from the window's thread what only it may be asked for."""
        self.reach.want()
        for field in self._description.inputs:
            authcfg = self.parameterAsString(parameters, field.key, context) if "secret" in field.roles else ""
            if authcfg:
                with sentences():
                    self._secrets[field.name] = self._secret_reader.read(authcfg, field.key, feedback)
            layer = self.parameterAsVectorLayer(parameters, field.layer_key, context) if field.takes_layer else None
            if layer is not None:
                self._identities[field.name] = layer.source()
                file = None if _is_selection(parameters[field.layer_key]) else file_behind(layer)
                if file is not None:
                    self._files_behind[field.name] = file
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the process and return what it made."""
        study = self.parameterAsString(parameters, STUDY, context).strip()
        with tempfile.TemporaryDirectory(prefix="streetsense-") as folder, sentences():
            sending = Sending(folder)
            try:
                return self._run(study, sending, parameters, context, feedback)
            except EngineError as error:
                if feedback.isCanceled() and error.kind == "cancelled":
                    feedback.pushInfo(str(error))
                    return {}
                raise EngineError(sending.as_given(str(error)), error.kind, error.status) from error

    def _run(
        self,
        study: str,
        sending: Sending,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        values = plain_values(self._description, self, parameters, context)
        client = EngineClient(*self.reach.wait(feedback))
        try:
            _check_study(client, study, feedback)
            self._collect(sending, parameters, context, feedback)
            begin = _SENDING if sending.files else 0.0
            sending.send(client, study, feedback, begin)
            inputs = {**values, **sending.values, **self._secrets}
            # However often the request arrives, it is one job. Broken off, a job could run that nobody knows of.
            job = client.execute(self._description.id, study, inputs, secrets.token_hex(16)).wait()
            outputs = Follower(client, job, feedback, begin, 100 - _FETCHING).wait()
            fetching = Fetching(client, study, self._folder(parameters, context), feedback)
            found = {STUDY: study, **fetching.fetch(self._description, outputs)}
        finally:
            client.close()
            client.deleteLater()
        if parameters.get(OUTPUT) is not None and self._has_files:
            found[OUTPUT] = self.parameterAsString(parameters, OUTPUT, context)
        if self._has_files and self.parameterAsBoolean(parameters, LOAD, context):
            _load(fetching.layers, context)
        feedback.setProgress(100)
        return found

    def _collect(
        self,
        sending: Sending,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        """Gather files and layers among the inputs."""
        for field in self._description.inputs:
            if field.role("file") is None:
                continue
            source = None
            if field.takes_layer and parameters.get(field.layer_key) not in (None, ""):
                source = self.parameterAsSource(parameters, field.layer_key, context)
                if source is None:
                    sentence = tr("Processing", "{name}: this layer cannot be read; choose another one.")
                    raise EngineError(sentence.format(name=field.layer_key), "disk")
            if field.name in self._files_behind:
                sending.add_file(field, self._files_behind[field.name])
            elif source is not None:
                identity = self._identities.get(field.name, source.sourceName())
                sending.add_layer(field, source, identity, context, feedback)
            else:
                text = self.parameterAsString(parameters, field.key, context).strip()
                if text and text != field.default:
                    sending.add_text(field, text)

    def _wrong_pair(self, field: Field, parameters: dict[str, Any]) -> str:
        """Say what is wrong when a layer and a text stand for one input; empty when nothing is."""
        text, layer = str(parameters.get(field.key) or "").strip(), parameters.get(field.layer_key)
        if layer not in (None, "") and text and text != field.default:
            sentence = tr("Processing", "{layer} and {text} are both given; leave one of them empty.")
        elif layer in (None, "") and not text and field.is_required:
            sentence = tr("Processing", "{layer} or {text} is missing; give one of them.")
        else:
            return ""
        return sentence.format(layer=field.layer_key, text=field.key)

    @property
    def _has_files(self) -> bool:
        return self.parameterDefinition(OUTPUT) is not None

    def _add_output_parameters(self) -> None:
        folder = QgsProcessingParameterFolderDestination(OUTPUT, tr("Processing", "Folder for the results"), None, True)
        folder.setHelp(tr("Processing", "Where the files of the results are put; a temporary folder when not given."))
        self.addParameter(folder)
        load = QgsProcessingParameterBoolean(LOAD, tr("Processing", "Open the layers when they are there"), True)
        load.setHelp(tr("Processing", "Whether the layers of the results are added to the project."))
        self.addParameter(load)

    def _folder(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str | None:
        """Return where results go; None when a form says that nobody wants them."""
        if not self._has_files or (OUTPUT in parameters and parameters[OUTPUT] is None):
            return None
        chosen = self.parameterAsString(parameters, OUTPUT, context)
        folder = chosen or QgsProcessingUtils.generateTempFilename("streetsense")
        Path(folder).mkdir(parents=True, exist_ok=True)
        return folder


def _check_study(client: EngineClient, study: str, feedback: QgsProcessingFeedback) -> None:
    """Notice a wrong name before anything is sent."""
    try:
        client.study(study).wait(feedback)
    except EngineError as error:
        if error.status != 404:
            raise
        sentence = tr("Processing", "STUDY: the engine has no study '{name}'; make it with 'New study' or correct it.")
        raise EngineError(sentence.format(name=study), error.kind, error.status) from error


def _load(layers: list[tuple[str, str]], context: QgsProcessingContext) -> None:
    """Have layers added to the project once the algorithm is done."""
    project = context.project()
    if project is None:
        return
    hints = {"vector": QgsProcessingUtils.LayerHint.Vector, "raster": QgsProcessingUtils.LayerHint.Raster}
    for file, kind in layers:
        name = Path(file).stem.replace("_", " ")
        details = QgsProcessingContext.LayerDetails(name, project, name, hints[kind])
        context.addLayerToLoadOnCompletion(file, details)


def _is_selection(value: Any) -> bool:  # noqa: ANN401 - what Processing passes
    """Tell whether only some features of a layer are meant: selected, filtered, or the first ones."""
    if not isinstance(value, QgsProcessingFeatureSourceDefinition):
        return False
    limit, expression = getattr(value, "featureLimit", -1), getattr(value, "filterExpression", "")
    return bool(value.selectedFeaturesOnly or limit > -1 or expression)
