"""The layer that ``predict`` makes without a predictor: where units look alike."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from streetsense.processes.resultlayer import ResultLayer, placed_views
from streetsense.progress import Progress
from streetsense.study import Study

if TYPE_CHECKING:
    from streetsense.maps.layers import LayerMetadata


def appearance_layer(study: Study, encoder: str, units: str, id_column: str | None, job: Progress) -> ResultLayer:
    """Return the principal components of the mean embeddings of each unit.

    Parameters
    ----------
    study : Study
        Has embeddings by ``encoder``.
    encoder : str
        Whose embeddings.
    units : str
        A polygon layer, ``h3:RESOLUTION`` or ``square:METRES``.
    id_column : str or None
        The column of the polygon layer that identifies a unit.
    job : Progress
        Told while the embeddings are read.

    Raises
    ------
    InputError
        When there are no views, no embeddings, or fewer than two units with embedded views.
    """
    import pandas as pd

    from streetsense.indicators.appearance import appearance
    from streetsense.indicators.features import mean_features
    from streetsense.indicators.labelled import units_of_views
    from streetsense.maps.styles import graduated_style
    from streetsense.units import read_units

    views = placed_views(study)
    polygons = read_units(units, views, study.crs, id_column=id_column)
    unit_of_view = units_of_views(views, polygons, study.crs)
    features = mean_features(study.embeddings_table(encoder), encoder, unit_of_view, job)
    found = appearance(features.values)
    names = [f"component_{number + 1}" for number in range(found.components.shape[1])]
    table = pd.DataFrame(found.components, columns=names)
    table = table.assign(unit_id=features.ids.astype(str), n_views=features.n_views.astype("int32"))
    frame = polygons[["unit_id", "geometry"]].merge(table, on="unit_id")
    shares = [f"{100 * share:.0f} %" for share in found.explained]
    styles = [
        graduated_style(
            name,
            name,
            frame[name].to_numpy(),
            geometry="polygon",
            description=f"{name}: {share} of the differences between units",
        )
        for name, share in zip(names, shares, strict=True)
    ]
    metadata = _metadata(study, encoder, features.fingerprint, shares)
    return ResultLayer(frame, names[0], "first component of appearance", "", styles, metadata)


def _metadata(study: Study, encoder: str, fingerprint: str | None, shares: list[str]) -> LayerMetadata:
    from streetsense import __version__
    from streetsense.maps.layers import LayerMetadata

    return LayerMetadata(
        title="Where places look alike",
        abstract="The first principal components of the mean embeddings of each unit's views. They stand for "
        f"{', '.join(shares)} of the differences between units. They order places by appearance and have no unit; "
        "nothing is predicted here.",
        facts={
            "encoder": encoder,
            "encoder fingerprint": fingerprint or "",
            "layer made": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "software": f"StreetSense {__version__}",
        },
        licence=", ".join(study.photo_licences()),
        keywords=["street view", "appearance"],
    )
