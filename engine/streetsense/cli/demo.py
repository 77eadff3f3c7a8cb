"""The command ``streetsense demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streetsense.cli.console import Interrupt, ProgressBar, err, one_sentence, out


def run_demo(
    folder: Annotated[Path, typer.Argument(help="where the page, the map and the study go", show_default=False)],
    photos: Annotated[Path | None, typer.Option(help="your own photos instead of the synthetic city")] = None,
    table: Annotated[
        Path | None, typer.Option(help="what is known of your photos (file, lat, lon, heading, …)")
    ] = None,
    target: Annotated[str | None, typer.Option(help="column of the table to predict")] = None,
    seed: Annotated[int, typer.Option(help="which synthetic city")] = 0,
    spacing: Annotated[float, typer.Option(help="distance of the city's sample points (metres)")] = 40.0,
) -> None:
    """Show the whole way from photos to a map: on a synthetic city, or on your own photos."""
    from streetsense.demo import CityPlan, demo_city, demo_own_photos
    from streetsense.errors import InputError

    def tell(line: str) -> None:
        err.print(line, markup=False)

    with one_sentence(), Interrupt().listening() as interrupt, ProgressBar("demo") as bar:
        if photos is None and table is not None:
            raise InputError("table: it describes photos; give their folder with --photos.")
        if photos is None and target is not None:
            raise InputError("target: it names a column of a table of photos; give --photos and --table.")
        if photos is None:
            plan = CityPlan(seed=seed, spacing=spacing)
            page = demo_city(folder, plan, screen=bar, is_cancelled=interrupt, tell=tell)
        else:
            page = demo_own_photos(folder, photos, table, target, screen=bar, is_cancelled=interrupt, tell=tell)
    out.print(f"open {page} in a browser", markup=False)
