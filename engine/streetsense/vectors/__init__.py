"""Other people's vector files and tables: reading them, writing ours, and keeping GDAL from reading anything else."""

from streetsense.vectors.confinement import READ_DRIVERS, require_own_crs, served_environment
from streetsense.vectors.reading import (
    GEOPACKAGE_VERSION,
    WGS84,
    existing_file,
    read_table,
    read_vector,
    require_columns,
    utm_crs,
    write_vector,
)

__all__ = [
    "GEOPACKAGE_VERSION",
    "READ_DRIVERS",
    "WGS84",
    "existing_file",
    "read_table",
    "read_vector",
    "require_columns",
    "require_own_crs",
    "served_environment",
    "utm_crs",
    "write_vector",
]
