"""What GDAL may read of files that others send: their own content, and no other file or address.

GDAL chooses a format by a file's content, not by its name, and some formats do nothing but name other files and
addresses. A file called ``labels.geojson`` can hold such a list, and reading it would hand out any file of the host, or
make the host call an address inside its own network.
"""

from __future__ import annotations

import mmap
import os
import re
import subprocess
import sys
from pathlib import Path

from streetsense.errors import InputError, StreetSenseError

#: GDAL's names of the vector formats that are read of files from elsewhere. None of them leads to another file, apart
#: from the parts of a shapefile, which bear its name.
READ_DRIVERS = frozenset(
    {"CSV", "ESRI Shapefile", "FlatGeobuf", "GPKG", "GPX", "GeoJSON", "GeoJSONSeq", "KML", "MEM", "OSM"}
)
#: An address that nobody listens at, for all of GDAL's own HTTP.
_NOWHERE = "http://127.0.0.1:1"
# pyogrio's list of formats needs none of the libraries that it looks for; without them it is there three times as fast.
_LIST_FORMATS = """
import sys
sys.modules.update(dict.fromkeys(("pandas", "geopandas", "pyarrow", "shapely")))
import pyogrio
print(*pyogrio.list_drivers(), sep="\\n")
"""

# GDAL's GeoJSON reader takes a name in any case, and letters may be written as escapes.
_CRS_MEMBER = rb'"(?:[cC]|\\u00[46]3)(?:[rR]|\\u00[57]2)(?:[sS]|\\u00[57]3)"\s*:\s*'
#: What cannot be a link: no object, a name that is no address outside the OGC's register, or a number.
_PLAIN_CRS = (
    rb'null|"[^"\\]*"|-?[0-9]|true|false'
    rb'|\{\s*"type"\s*:\s*"name"\s*,\s*"properties"\s*:\s*\{\s*"name"\s*:\s*'
    rb'"(?:https?://www\.opengis\.net/|(?!\s*https?:))[^"\\]*"\s*\}\s*\}'
    rb'|\{\s*"type"\s*:\s*"EPSG"\s*,\s*"properties"\s*:\s*\{\s*"code"\s*:\s*"?[0-9]+"?\s*\}\s*\}'
)
_CRS = re.compile(_CRS_MEMBER + rb"(?P<plain>" + _PLAIN_CRS + rb")?")
_BEGINNINGS = (b"{", b"\x1e", b"loadGeoJSON(", b"jsonp(")


def served_environment() -> dict[str, str]:
    """Return environment variables under which a child process's GDAL reads `READ_DRIVERS` and calls no address.

    They have to be set before the child starts, because GDAL registers its formats once. Which formats there are is
    asked of a process of its own: a server need not load GDAL for it.

    Returns
    -------
    dict of str to str
        To be added to the child's environment.

    Raises
    ------
    StreetSenseError
        When GDAL does not tell its formats.
    """
    confined = {
        "GDAL_DRIVER_PATH": "disable",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_HTTP_PROXY": _NOWHERE,
        "OGR_SQLITE_LOAD_EXTENSIONS": "NO",
        "PROJ_NETWORK": "OFF",
    }
    whole = {name: value for name, value in os.environ.items() if name not in ("GDAL_SKIP", "OGR_SKIP")}
    asked = [sys.executable, "-c", _LIST_FORMATS]
    result = subprocess.run(asked, capture_output=True, text=True, check=False, env=whole | confined)
    if result.returncode or not result.stdout.strip():
        raise StreetSenseError(f"GDAL: it does not tell its formats ({result.stderr.strip()[-200:]}); install it anew.")
    confined["GDAL_SKIP"] = ",".join(sorted(set(result.stdout.splitlines()) - READ_DRIVERS))
    return confined


def require_own_crs(path: Path, name: str) -> None:
    """Refuse a GeoJSON file whose coordinate reference system is to be fetched from an address.

    The GeoJSON of 2008 allowed such links, and GDAL follows them while it opens the file. A proxy setting alone would
    not stop that for hosts which the ``no_proxy`` of the machine excepts.

    Parameters
    ----------
    path : Path
        A file of any format; only GeoJSON is looked into.
    name : str
        What the user calls this input; error messages begin with it.

    Raises
    ------
    InputError
        When the file has such a link, or a ``crs`` member of an unknown form.
    """
    with path.open("rb") as stream:
        beginning = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
        if not beginning.startswith(_BEGINNINGS):
            return
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if all(found["plain"] for found in _CRS.finditer(content)):
                return
    raise InputError(
        f"{name}: {path} refers to its coordinate reference system in a way that is not supported (a 'crs' member that "
        "is no plain name); save it again as GeoJSON in WGS84, or as GeoPackage."
    )
