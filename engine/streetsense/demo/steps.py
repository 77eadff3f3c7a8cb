"""What both demonstrations do: run processes on a study one after the other, and gather what the page shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from streetsense.demo.page import PhotoPair, ScoreTable
from streetsense.jobs import execute
from streetsense.maps.figure import MapText, draw_map
from streetsense.processes import ProcessOutputs, find_process
from streetsense.progress import Progress
from streetsense.study import Study

if TYPE_CHECKING:
    import geopandas as gpd

    from streetsense.indicators.scores import Estimate
    from streetsense.indicators.validation import ProtocolScores

#: The encoder for a folder of photos, which may be too few to learn from: its weights are random, and it is called so.
RANDOM_ENCODER = "random-vit-tiny"
ARCHITECTURE = "vit_tiny_patch16_224"
RANDOM_NOTICE = (
    "The encoder has random weights: it has learned nothing. Random filters still measure colour and texture, which is "
    "enough to show every step; a pre-trained encoder takes its place without any other change."
)
_PROTOCOLS = {
    "split": "a random 30 %",
    "k_fold": "each fifth in turn",
    "blocked": "each fifth of the map's blocks in turn",
    "urbanstcl": "published protocol (leaks)",
}
_METRICS = {"r2": "R²", "rmse": "RMSE", "mae": "MAE", "accuracy": "accuracy", "recall": "recall", "f1": "F1",
            "auc": "AUC", "balanced_accuracy": "balanced accuracy"}  # fmt: skip
INTERVAL_NOTE = (
    "Each value comes with an interval that held the true value in about 90 % of the cases left out of fitting."
)


@dataclass
class Steps:
    """Runs verbs on one study, telling one screen.

    Attributes
    ----------
    study : Study
        Where everything happens.
    screen : Progress
        Who hears the progress.
    is_cancelled : callable
        Asked at every report.
    tell : callable
        Called with a line of text about each finished step.
    """

    study: Study
    screen: Progress
    is_cancelled: Callable[[], bool]
    tell: Callable[[str], None]

    def run(self, verb: str, **inputs: Any) -> ProcessOutputs:  # noqa: ANN401 - whatever the verb takes
        """Run one process with ``inputs`` and tell what it made."""
        process = find_process(verb)
        outputs = execute(
            process, self.study, process.parse(inputs), screen=self.screen, is_cancelled=self.is_cancelled
        )
        words = ", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in _plain(outputs).items())
        self.tell(f"{verb}: {words}")
        return outputs

    def random_encoder(self) -> None:
        """Make the demonstration's encoder where the study lacks it."""
        from streetsense.encoders import create_random_encoder

        if not (self.study.encoders_dir / RANDOM_ENCODER / "config.json").is_file():
            with self.study.lock("encoders"):
                create_random_encoder(self.study.encoders_dir / RANDOM_ENCODER, ARCHITECTURE, seed=0)
            self.tell(f"encoder: {RANDOM_ENCODER} ({ARCHITECTURE} with random weights)")

    def read_layer(self, name: str) -> gpd.GeoDataFrame:
        """Read a result layer."""
        import geopandas as gpd

        return gpd.read_file(self.study.results_dir / f"{name}.gpkg", layer=name)

    def attend(self, *, name: str, encoder: str, predictor: str | None = None) -> list[PhotoPair]:
        """Attend to a dozen views and return three of them beside their overlays."""
        given = {} if predictor is None else {"predictor": predictor}
        outputs = self.run("attend", encoder=encoder, name=name, **given).model_dump()
        with np.load(self.study.root / outputs["arrays"], allow_pickle=False) as arrays:
            view_ids = [str(view_id) for view_id in arrays["view_id"]]
            overlays = [self.study.root / outputs["overlays"] / str(file) for file in arrays["overlay"]]
        return self._pairs(view_ids, overlays)

    def draw(
        self,
        name: str,
        text: MapText,
        path: Path,
        *,
        layer: gpd.GeoDataFrame | None = None,
        with_views: bool = True,
    ) -> Path:
        """Draw a result layer (or ``layer`` in its place) with roads and views on top; return ``path``."""
        import geopandas as gpd

        roads = self.study.results_dir / "roads.gpkg"
        draw_map(
            self.read_layer(name) if layer is None else layer,
            self.study.crs,
            text,
            path,
            roads=gpd.read_file(roads) if roads.is_file() else None,
            views=self.study.views(columns=["view_id", "geometry"]) if with_views else None,
        )
        return path

    def attribution(self) -> str:
        """Name whose photos these are and their licences."""
        views = self.study.views(columns=["attribution", "licence"]).fillna("").drop_duplicates()
        named = [" ".join(word for word in row if word) for row in views.itertuples(index=False)]
        return "Photos: " + ("; ".join(sorted(filter(None, named))[:4]) or "licence not stated")

    def _pairs(self, view_ids: list[str], overlays: list[Path], number: int = 3) -> list[PhotoPair]:
        """Pair ``number`` photos, spread over those attended to, with their overlays."""
        columns = ["view_id", "path", "captured_at", "heading_deg", "attribution"]
        views = self.study.views(columns=columns).set_index("view_id")
        step = max(1, len(view_ids) // number)
        pairs = []
        for view_id, overlay in list(zip(view_ids, overlays, strict=True))[::step][:number]:
            row = views.loc[view_id]
            heading = f"heading {row.heading_deg:.0f}°" if np.isfinite(row.heading_deg) else ""
            words = [heading, row.captured_at, row.attribution]
            caption = ", ".join(word for word in words if isinstance(word, str) and word)
            pairs.append(PhotoPair(self.study.photo_path(row.path), overlay, caption))
        return pairs

    def verdict(self, predictor: str) -> str:
        """Say in a sentence whether a map of this predictor is worth looking at."""
        from streetsense.indicators import load_predictor

        return _verdict(load_predictor(self.study.predictors_dir / predictor).record.scores)

    def score_table(self, predictor: str, caption: str) -> ScoreTable:
        """Return a predictor's scores by every protocol, with their 95 % confidence intervals."""
        from streetsense.indicators import load_predictor

        record = load_predictor(self.study.predictors_dir / predictor).record
        names = list(record.scores[0].scores)
        rows = []
        for protocol in record.scores:
            cells = [_PROTOCOLS[protocol.protocol], str(protocol.n_test)]
            cells += [_estimate(protocol.scores[name]) for name in names]
            if record.task == "regress":
                cells.append("" if protocol.coverage is None else f"{100 * (protocol.coverage.value or 0):.1f} %")
            rows.append(cells)
        header = ["held out", "samples", *(_METRICS.get(name, name) for name in names)]
        return ScoreTable(caption, header + (["90 % interval held"] if record.task == "regress" else []), rows)


def _verdict(scores: list[ProtocolScores]) -> str:
    """Say in a sentence whether a map of these predictions is worth looking at, by the strictest protocol."""
    strictest = next((score for score in scores if score.protocol == "blocked"), scores[-1])
    r2 = strictest.scores.get("r2")
    if r2 is None or r2.value is None or r2.low is None:
        return "How good it is, the table above says."
    if r2.low <= 0:
        return (
            "Do not use this map: in places that were left out of fitting, the predictions are not clearly better than "
            "the same mean everywhere."
        )
    return (
        f"In places that were left out of fitting, the predictions explain {100 * r2.value:.0f} % of the differences "
        f"(between {100 * r2.low:.0f} and {100 * (r2.high or r2.value):.0f} %)."
    )


def _plain(outputs: ProcessOutputs) -> dict[str, Any]:
    """Return the outputs that fit on a line."""
    values = outputs.model_dump(mode="json")
    return {
        name: value for name, value in values.items() if isinstance(value, int | float) or name in {"views", "failed"}
    }


def _estimate(estimate: Estimate) -> str:
    if estimate.value is None:
        return ""
    if estimate.low is None or estimate.high is None:
        return _number(estimate.value)
    return f"{_number(estimate.value)} ({_number(estimate.low)} to {_number(estimate.high)})"


def _number(value: float) -> str:
    """Return three significant digits, as people write them: 24,500 and 0.367."""
    if abs(value) < 1000:
        return f"{value:.3g}"
    step = 10 ** (int(np.log10(abs(value))) - 2)
    return f"{round(value / step) * step:,}"


def _short(value: object) -> str:
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        return " ".join(f"{key} {number}" for key, number in value.items()) or "none"
    return str(value)
