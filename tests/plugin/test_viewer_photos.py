"""Photos as files and in memory: upright, whole, inside their folder, and not too many."""

from __future__ import annotations

import hashlib
import struct

import pytest
from qgis.PyQt.QtCore import QBuffer, QIODevice, QPointF, Qt
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtTest import QTest
from streetsense_qgis.gui.viewer.photos import PhotoMemory
from streetsense_qgis.gui.viewer.photoview import PhotoView
from streetsense_qgis.gui.viewer.view import View
from streetsense_qgis.gui.viewer.words import caption, date_in_words, heading_in_words, rights
from streetsense_qgis.layers.photofile import NoImage, keep_photo, photo_from, read_photo


def image(width=40, height=20, colour="red"):
    made = QImage(width, height, QImage.Format.Format_RGB32)
    made.fill(QColor(colour))
    return made


def jpeg(picture):
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert picture.save(buffer, "JPG", 90)
    return bytes(buffer.data())


def turned(data, orientation):
    """Return a JPEG file with an EXIF orientation."""
    tags = struct.pack(">HHHIHH", 1, 0x0112, 3, 1, orientation, 0) + struct.pack(">I", 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">I", 8) + tags
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def test_a_photo_is_turned_as_its_exif_says(qgis_app):
    assert (photo_from(turned(jpeg(image()), 6)).width(), photo_from(jpeg(image())).width()) == (20, 40)


def test_a_large_photo_is_shown_smaller(qgis_app):
    assert photo_from(jpeg(image(6000, 1500))).width() == 4096


@pytest.mark.parametrize("data", [b"", b"no photo", b"\xff\xd8\xff"])
def test_what_is_no_photo_is_refused(qgis_app, data):
    with pytest.raises(NoImage):
        photo_from(data)


def test_a_photo_is_kept_under_its_name_and_read_from_there(qgis_app, tmp_path):
    data = jpeg(image())
    place = tmp_path / "photos" / "ab" / f"{hashlib.sha256(data).hexdigest()}.jpg"
    assert keep_photo(data, place)
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert read_photo([tmp_path / "none.jpg", place]).width() == 40


def test_a_photo_that_does_not_fit_its_name_is_not_kept(tmp_path):
    place = tmp_path / f"{'a' * 64}.jpg"
    assert not keep_photo(b"other bytes", place)
    assert not place.exists()


def test_a_folder_that_cannot_be_written_to_is_no_fault(tmp_path):
    (tmp_path / "photos").write_text("a file where a folder should be")
    assert not keep_photo(b"data", tmp_path / "photos" / "x.jpg")


@pytest.mark.parametrize(
    "name",
    [
        "../secret.jpg",
        "photos/../../secret.jpg",
        "/etc/secret.jpg",
        "C:/secret.jpg",
        "photos\\..\\..\\x.jpg",
        "x.txt",
        "",
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_not_opened(name, tmp_path):
    assert View("l", 1, "town", "v", photo=name, folder=str(tmp_path)).photo_places() == []


def test_in_a_study_the_photos_lie_beside_the_results(tmp_path):
    (tmp_path / "study.json").write_text("{}")
    view = View("l", 1, "town", "v", photo="photos/ab/c.jpg", folder=str(tmp_path / "results"))
    assert view.photo_places()[0] == tmp_path / "photos" / "ab" / "c.jpg"


def test_memory_holds_what_was_wanted_last_up_to_its_size(qgis_app):
    one = image(100, 100)
    memory = PhotoMemory(3 * one.sizeInBytes())
    for number in range(3):
        memory.add(("town", str(number)), one)
    memory.get(("town", "0"))
    memory.add(("town", "3"), one)
    assert memory.get(("town", "1")) is None
    assert memory.get(("town", "0")) is not None
    assert len(memory) == 3


def test_directions_have_names():
    assert [heading_in_words(degrees) for degrees in (0, 44, 100, 350, 360, 229)] == ["N", "NE", "E", "N", "N", "SW"]


@pytest.mark.parametrize(
    ("captured_at", "words"),
    [
        ("2019", "2019"),
        ("2019-07", "July 2019"),
        ("2019-07-15", "July 15, 2019"),
        ("2025-06-24T15:27:43Z", "June 24, 2025, 15:27 UTC"),
        ("2025-06-24T15:27:43.250+00:00", "June 24, 2025, 15:27 UTC"),
        ("", "date unknown"),
        ("last summer", "last summer"),
    ],
)
def test_dates_are_written_to_the_precision_they_have(captured_at, words):
    from qgis.PyQt.QtCore import QLocale

    QLocale.setDefault(QLocale("en_US"))
    assert date_in_words(captured_at) == words
    QLocale.setDefault(QLocale.c())


def test_what_is_not_known_is_said():
    unknown = View("l", 1, "town", "v")
    assert caption(unknown) == "date unknown · direction unknown"
    assert rights(unknown) == "Photo: author unknown · licence unknown"


@pytest.fixture
def photo_view(qgis_app):
    made = PhotoView()
    made.resize(400, 300)
    made.show()
    made.set_photo(image(800, 600))
    yield made
    made.close()


def test_a_photo_fits_and_zooms_by_keys(photo_view):
    assert photo_view.mapToScene(photo_view.viewport().rect()).boundingRect().width() == pytest.approx(1000, rel=0.02)
    QTest.keyClick(photo_view, Qt.Key.Key_Plus)
    assert photo_view.place().zoom == pytest.approx(1.25)
    QTest.keyClick(photo_view, Qt.Key.Key_0)
    assert photo_view.place().zoom == 1.0
    QTest.keyClick(photo_view, Qt.Key.Key_Minus)
    assert photo_view.place().zoom == 1.0


def test_the_zoom_stays_with_the_next_photo(photo_view):
    photo_view.zoom(3)
    photo_view.set_photo(image(640, 640, "blue"))
    assert photo_view.place().zoom == pytest.approx(3)


def test_keys_say_where_to_go(photo_view):
    asked = []
    photo_view.asked.connect(asked.append)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_T, Qt.Key.Key_Escape):
        QTest.keyClick(photo_view, key)
    assert asked == ["previous", "next", "later", "earlier", "overlay", "whole"]


def test_the_map_lies_on_the_part_that_the_model_saw(photo_view):
    photo_view.set_overlay(image(64, 64), (0.125, 0.0, 0.875, 1.0), (14, 14))
    assert photo_view.patch_at(photo_view.mapFromScene(QPointF(60, 300))) is None
    assert photo_view.patch_at(photo_view.mapFromScene(QPointF(130, 5))) == (0, 0)
    assert photo_view.patch_at(photo_view.mapFromScene(QPointF(870, 745))) == (13, 13)
    box = photo_view._overlay.sceneBoundingRect()
    assert (box.left(), box.right()) == (pytest.approx(125, abs=1), pytest.approx(875, abs=1))
