"""What a detector of the user's finds is blurred in copied photos; a photo that it cannot look at is not used."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.engine import folderphotos as folders
from tests.engine.privatephotos import XMP, saved

from streetsense.errors import InputError, StreetSenseError
from streetsense.processes import fetch
from streetsense.streetview.blur import GROUP, Blur, NotBlurred
from streetsense.study import Study

#: Another package with detectors; each finds what its name says.
_DETECTORS = """
import threading
import numpy as np

together = [0, 0]


def corner(picture):
    together[0] += 1
    together[1] = max(together)
    picture[:] = 0
    together[0] -= 1
    return np.array([[-3.0, -2.0, 20.4, 16.0]])


def nothing(picture):
    return []


def breaks(picture):
    raise RuntimeError("out of memory")


def shares(picture):
    return [[0.1, 0.2, 0.3, 0.4]]


def outside(picture):
    return [[1000.0, 10.0, 1010.0, 20.0]]


def unknown(picture):
    return [[0.0, 0.0, float("nan"), 10.0]]


def points(picture):
    return [[1.0, 2.0]]


def words(picture):
    return "no boxes"


def bright(picture):
    rows, columns = np.nonzero(picture.min(axis=2) > 240)
    if len(rows) == 0:
        return np.zeros((0, 4))
    return [[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]]
"""
NAMES = ["corner", "nothing", "breaks", "shares", "outside", "unknown", "points", "words", "bright"]

study, photos = folders.study, folders.photos


@pytest.fixture(autouse=True)
def detectors(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.mktemp("detectors")
    (folder / "streetsense_detectors.py").write_text(_DETECTORS)
    info = folder / "streetsense_detectors-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: streetsense-detectors\nVersion: 1.0\n")
    lines = [f"{name} = streetsense_detectors:{name}" for name in NAMES]
    (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines, "gone = no_such_module:find", ""]))
    monkeypatch.syspath_prepend(folder)


def noise(height: int = 60, width: int = 80) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


def owned(form: str = "JPEG") -> bytes:
    """Encode a photo (96 x 72 pixels as it lies, turned by its EXIF) that says who owns the camera."""
    return saved(form, xmp=XMP.replace(b"equirectangular", b"rectilinear"))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def stored(study: Study, row: int = 0) -> Path:
    return study.root / str(study.views().iloc[row]["path"])


def run(study: Study, photos: Path, **inputs: object) -> fetch.Outputs:
    return folders.run(study, photos, **inputs)  # type: ignore[arg-type]


def test_only_what_is_in_a_box_changes_and_there_nothing_is_left_to_recognise() -> None:
    picture = noise()
    before = picture.copy()
    blurred = Blur("corner")(picture)
    assert (picture == before).all()
    inside = np.zeros(picture.shape[:2], dtype=bool)
    inside[:16, :21] = True
    assert (blurred[~inside] == picture[~inside]).all()
    steps = np.abs(np.diff(blurred[:16, :21].astype(int), axis=1))
    assert steps.max() < 30 < np.abs(np.diff(picture[:16, :21].astype(int), axis=1)).max()


def test_without_boxes_nothing_changes() -> None:
    assert (Blur("nothing")(noise()) == noise()).all()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("breaks", "RuntimeError: out of memory"),
        ("shares", "smaller than a pixel; they must be in pixels"),
        ("outside", "outside the picture"),
        ("unknown", "no boxes of left, top, right and bottom"),
        ("points", "no boxes of left, top, right and bottom"),
        ("words", "ValueError"),
    ],
)
def test_a_detector_that_fails_or_makes_no_sense_blurs_nothing(name: str, reason: str) -> None:
    with pytest.raises(NotBlurred, match=reason):
        Blur(name)(noise())


def test_a_detector_looks_at_one_picture_at_a_time() -> None:
    blur = Blur("corner")
    threads = [threading.Thread(target=blur, args=(noise(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    import streetsense_detectors  # type: ignore[import-not-found]

    assert streetsense_detectors.together == [0, 1]


@pytest.mark.parametrize("name", ["faces", "streetsense_detectors:corner", "builtins:print", ""])
def test_only_installed_names_are_detectors(name: str) -> None:
    with pytest.raises(InputError, match=r"blur: there is no detector .*; the detectors are breaks, bright, corner"):
        Blur(name)


def test_a_detector_that_cannot_be_loaded_is_named() -> None:
    with pytest.raises(StreetSenseError, match=r"blur: 'gone' \(no_such_module:find\) cannot be loaded"):
        Blur("gone")


def test_copied_photos_are_blurred_upright_and_without_their_metadata(study: Study, photos: Path) -> None:
    (photos / "a.jpg").write_bytes(owned())
    (photos / "b.png").write_bytes(owned("PNG"))
    assert run(study, photos, blur="corner", headings=[0]).views == {"ok": 2}
    for row in range(2):
        path = stored(study, row)
        assert path.suffix == ".jpg"
        with Image.open(path) as image:
            assert image.size == (72, 96)
            assert not image.getexif()


def test_a_white_sign_is_gone_from_the_stored_photo(study: Study, photos: Path) -> None:
    pixels = np.full((72, 96, 3), 90, dtype=np.uint8)
    pixels[30:40, 50:70] = 255
    pixels[34:36, 52:68:2] = 0  # letters
    Image.fromarray(pixels).save(photos / "a.png")
    table = folders.table(photos, {"file": ["a.png"], "lat": [folders.LAT], "lon": [folders.LON]})
    assert run(study, photos, table=table, blur="bright").views == {"ok": 1}
    with Image.open(stored(study)) as image:
        found = np.asarray(image.convert("L")).astype(int)
    assert found[30:40, 50:70].min() > 120
    assert np.abs(found[:25] - 90).max() <= 2


def test_a_photo_that_cannot_be_blurred_is_quarantined_and_taken_once_it_can(study: Study, photos: Path) -> None:
    (photos / "a.jpg").write_bytes(folders.located(1))
    assert run(study, photos, blur="breaks").views == {"quarantined": 1}
    assert folders.error_of(study, "a.jpg") == "not blurred: RuntimeError: out of memory"
    assert not list(study.root.rglob("*.jpg"))
    assert run(study, photos, blur="nothing").views == {"ok": 1}


def test_views_cut_out_of_a_panorama_are_blurred(study: Study, photos: Path) -> None:
    (photos / "pano.jpg").write_bytes(folders.sphere(90.0))
    table = folders.table(photos, {"file": ["pano.jpg"], "lat": [folders.LAT], "lon": [folders.LON]})
    assert run(study, photos, table=table, size=64, blur="breaks").views == {"quarantined": 4}
    assert run(study, photos, table=table, size=64, blur="corner").views == {"ok": 4}


def test_photos_that_stay_where_they_are_cannot_be_blurred(study: Study, photos: Path) -> None:
    (photos / "a.jpg").write_bytes(folders.located(1))
    with pytest.raises(InputError, match="blur: photos that stay where they are cannot be blurred"):
        run(study, photos, blur="nothing", link=True)


def test_the_same_command_takes_nothing_again_with_and_without_blur(study: Study, photos: Path) -> None:
    (photos / "a.jpg").write_bytes(owned())
    for inputs in ({}, {"blur": "nothing", "again": True}):
        assert run(study, photos, headings=[0], **inputs).new_views == 1
        inputs.pop("again", None)
        assert run(study, photos, headings=[0], **inputs).new_views == 0


def test_a_study_whose_photos_are_not_blurred_says_so_when_they_should_be(study: Study, photos: Path) -> None:
    (photos / "a.jpg").write_bytes(folders.located(1))
    run(study, photos)
    with pytest.raises(InputError, match=r"blur: the study has a\.jpg and maybe others as they are; .* --again"):
        run(study, photos, blur="nothing")
    assert run(study, photos, blur="nothing", again=True).views == {"ok": 1}
    with pytest.raises(InputError, match=r"another photo called a\.jpg already, or has it blurred"):
        run(study, photos)


@pytest.mark.parametrize("link", [False, True])
def test_copied_photos_lose_the_cameras_owner_and_linked_ones_stay_as_they_are(
    study: Study, photos: Path, link: bool
) -> None:
    data = owned()
    (photos / "a.jpg").write_bytes(data)
    run(study, photos, headings=[0], link=link)
    assert (photos / "a.jpg").read_bytes() == data
    view = study.views().iloc[0]
    kept = (study.root / str(view["path"])).read_bytes()
    assert (kept == data) == link
    assert (b"SN-4711" in kept) == link
    assert view["sha256"] == sha256(kept)
    assert (view.geometry.y, view["heading_deg"]) == (52.5, 90.0)


def test_studies_of_photos_that_were_copied_as_they_are_go_on(study: Study, photos: Path) -> None:
    from streetsense.streetview.samephoto import require_same_photo

    (photos / "a.jpg").write_bytes(owned())
    require_same_photo(photos / "a.jpg", "a.jpg", sha256(owned()), is_blurred=False)
    with pytest.raises(InputError, match="another photo"):
        require_same_photo(photos / "a.jpg", "a.jpg", sha256(b"other"), is_blurred=False)
    require_same_photo(photos / "gone.jpg", "gone.jpg", sha256(b"other"), is_blurred=False)
