"""What is in a study, in numbers."""

from __future__ import annotations

from pydantic import BaseModel

from streetsense.study.folder import Study


class StudySummary(BaseModel):
    """The content of a study, counted."""

    name: str
    folder: str
    created: str
    crs: str
    area_km2: float
    sample_points: int
    views: dict[str, int]
    providers: dict[str, int]
    embeddings: dict[str, int]
    encoders: list[str]
    predictors: list[str]
    results: list[str]
    written_by: str | None

    def as_text(self) -> str:
        """Return a few lines for people."""
        lines = [
            f"study       {self.name} ({self.folder})",
            f"created     {self.created}",
            f"area        {self.area_km2:.3f} km², metres in {self.crs}",
            f"points      {self.sample_points}",
            f"views       {_counts(self.views)}" + (f" from {_counts(self.providers)}" if self.providers else ""),
            f"embeddings  {_counts(self.embeddings)}",
            f"encoders    {', '.join(self.encoders) or 'none'}",
            f"predictors  {', '.join(self.predictors) or 'none'}",
            f"results     {', '.join(self.results) or 'none'}",
        ]
        return "\n".join(lines + ([f"being written by {self.written_by}"] if self.written_by else []))


def summarise(study: Study) -> StudySummary:
    """Count what ``study`` holds."""
    views = study.views(status=None, columns=["status", "provider"])
    owner = study.lock("info").owner()
    embeddings = study.root / "embeddings"
    names = sorted(p.name for p in embeddings.iterdir() if p.is_dir()) if embeddings.is_dir() else []
    return StudySummary(
        name=study.name,
        folder=str(study.root),
        created=study.record.created,
        crs=study.record.crs,
        area_km2=float(study.area.to_crs(study.crs).area.sum() / 1e6),
        sample_points=len(study.sample_points()),
        views={str(k): int(v) for k, v in views["status"].value_counts().items()},
        providers={str(k): int(v) for k, v in views["provider"].value_counts().items()},
        embeddings={name: len(study.embeddings_table(name).keys()) for name in names},
        encoders=_folders(study.encoders_dir),
        predictors=_folders(study.predictors_dir),
        results=sorted(p.name for p in study.results_dir.glob("*") if not p.name.startswith("."))
        if study.results_dir.is_dir()
        else [],
        written_by=f"{owner.doing} (process {owner.process.pid} on {owner.host})" if owner else None,
    )


def _folders(parent: object) -> list[str]:
    from pathlib import Path

    folder = Path(str(parent))
    return (
        sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")) if folder.is_dir() else []
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items()) or "none"
