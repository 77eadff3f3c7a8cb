"""Owner and serial numbers leave a photo's file; pixels and everything else stay."""

from __future__ import annotations

import hashlib
import io
import struct
import xml.etree.ElementTree as ElementTree
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, IptcImagePlugin, PngImagePlugin
from tests.engine.privatephotos import (
    CAPTION,
    COPYRIGHT,
    MAKER,
    OWNER,
    PRIVATE,
    SERIAL,
    XMP,
    block,
    chunk,
    exif,
    iptc,
    pixels,
    resource,
    saved,
    segment,
    tags,
    with_chunks,
    with_segments,
)  # fmt: skip

from streetsense.images.privacy import without_owner
from streetsense.streetview.exif import photo_metadata

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF"]
GONE = {0x013B, 0x013C, 0x927C, 0x9C9D, 0xA430, 0xA431, 0xA435, 0xFDE9}
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"


def colours(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.tobytes()


def private(data: bytes) -> list[bytes]:
    """Return what is still to be found, also in the two-byte letters of Windows."""
    return [text for text in (*PRIVATE, OWNER.encode("utf-16-le")) if text in data]


@pytest.mark.parametrize("form", FORMATS)
def test_owner_and_serial_numbers_are_gone_and_all_else_stays(form: str) -> None:
    data = saved(form)
    cleaned = without_owner(data)
    assert private(data)
    assert not private(cleaned)
    assert colours(cleaned) == colours(data)
    before, after = tags(data), tags(cleaned)
    assert {tag for _, tag in before} & GONE == GONE
    assert {tag for _, tag in after} & GONE == set()
    assert {key: value for key, value in before.items() if key[1] not in GONE | {700}} == {
        key: value for key, value in after.items() if key[1] != 700
    }
    assert photo_metadata(cleaned) == photo_metadata(data)
    assert photo_metadata(cleaned).lat == 52.5
    assert len(cleaned) == len(data)


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_are_understood(order: str) -> None:
    data = saved("JPEG", order)
    assert (b"Exif\0\0II*\0" if order == "<" else b"Exif\0\0MM\0*") in data
    cleaned = without_owner(data)
    assert not private(cleaned)
    assert tags(cleaned)["main", 0x8298] == COPYRIGHT
    assert tags(cleaned)["camera", 0xA434] == "Lens 24 mm"


def test_xmp_stays_well_formed_with_panorama_tool_and_rights() -> None:
    cleaned = without_owner(saved("JPEG"))
    start = cleaned.index(XMP_HEAD) + len(XMP_HEAD)
    packet = cleaned[start : start + len(XMP)]
    described = ElementTree.fromstring(packet.decode().partition("?>")[2].rpartition("<?")[0])[0][0]
    kept = {name.rpartition("}")[2]: value for name, value in described.attrib.items()}
    assert (kept["ProjectionType"], kept["PoseHeadingDegrees"]) == ("equirectangular", "123.5")
    assert (kept["CreatorTool"], kept["Model"]) == ("Stitcher", "Model 7")
    assert kept["SerialNumber"].strip() == kept["OwnerName"].strip() == ""
    assert COPYRIGHT in "".join(described.itertext())
    assert not private(packet)


def test_by_lines_leave_iptc_and_the_caption_stays() -> None:
    photoshop = resource(0x0409, b"thumbnail") + resource(0x0404, iptc(), b"odd") + resource(0x0425, b"\1" * 16)
    data = with_segments(segment(0xED, b"Photoshop 3.0\0" + photoshop))
    cleaned = without_owner(data)
    assert not private(cleaned)
    with Image.open(io.BytesIO(cleaned)) as image:
        found = IptcImagePlugin.getiptcinfo(image)
    assert found is not None
    assert (found[2, 120], found[2, 110]) == (CAPTION.encode(), b"the city")
    assert found[2, 80].strip() == b""  # type: ignore[union-attr]


def test_a_long_value_of_iptc_is_blanked_to_its_end() -> None:
    name = (OWNER + " ") * 3000
    contact = bytes([0x1C, 2, 118, 0x80, 4]) + len(name).to_bytes(4, "big") + name.encode()
    caption = bytes([0x1C, 2, 120, 0, len(CAPTION)]) + CAPTION.encode()
    data = with_segments(segment(0xED, b"Photoshop 3.0\0" + resource(0x0404, contact + caption)))
    assert without_owner(data) == data.replace(name.encode(), b" " * len(name))


def test_exif_and_xmp_in_photoshop_resources_are_cleaned_as_well() -> None:
    photoshop = resource(0x0422, exif().tobytes()) + resource(0x0424, XMP)
    data = with_segments(segment(0xED, b"Photoshop 3.0\0" + photoshop))
    assert private(data)
    assert not private(without_owner(data))


def test_every_picture_of_a_file_is_cleaned() -> None:
    out = io.BytesIO()
    pixels().save(out, "MPO", save_all=True, append_images=[pixels((64, 64))], exif=exif())
    data = out.getvalue() + saved("JPEG")
    cleaned = without_owner(data)
    assert data.count(SERIAL.encode()) > cleaned.count(SERIAL.encode()) == 0
    with Image.open(io.BytesIO(cleaned)) as image:
        assert (image.format, image.n_frames) == ("MPO", 2)  # type: ignore[attr-defined]
        image.seek(1)
        assert image.size == (64, 64)


def test_a_packet_of_xmp_that_is_spread_over_segments_keeps_a_right_digest() -> None:
    long = XMP.replace(b"</rdf:Description>", b"<x>" + b"depth " * 15_000 + b"</x></rdf:Description>")
    digest = hashlib.md5(long).hexdigest().upper().encode()
    short = XMP.replace(b'tiff:Model="Model 7"', b'xmpNote:HasExtendedXMP="' + digest + b'"')
    # Cut in the middle of a serial number.
    cut = long.index(SERIAL.encode()) + 4
    parts = [(0, long[:cut]), (cut, long[cut : cut + 50_000]), (cut + 50_000, long[cut + 50_000 :])]
    head = b"http://ns.adobe.com/xmp/extension/\0" + digest + struct.pack(">I", len(long))
    segments = [segment(0xE1, head + struct.pack(">I", at) + part) for at, part in parts]
    data = with_segments(segment(0xE1, XMP_HEAD + short), segments[2], segments[0], segments[1])
    cleaned = without_owner(data)
    found = sorted(piece[36:] for piece in cleaned.split(head[:35])[1:])
    whole = b"".join(part[4 : 4 + len(parts[number][1])] for number, part in enumerate(found))
    assert len(whole) == len(long)
    assert not private(whole)
    assert cleaned.count(hashlib.md5(whole).hexdigest().upper().encode()) == 4
    assert digest not in cleaned


def test_gopro_keeps_its_metadata_without_the_serial_number() -> None:
    serial = b"CASNc" + bytes([1]) + len(SERIAL).to_bytes(2, "big") + SERIAL.encode()
    model = b"MINFc\x01\x00\x0aHERO Black\0\0"
    cleaned = without_owner(with_segments(segment(0xE6, b"GoPro\0DEVC\0\x01\x00\x40" + serial + model)))
    assert not private(cleaned)
    assert b"HERO Black" in cleaned


def test_texts_of_a_png_lose_the_author_whether_compressed_or_not() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", OWNER)
    info.add_text("exif:BodySerialNumber", SERIAL, zip=True)
    info.add_itxt("Artist", OWNER, zip=True)
    info.add_text("Title", CAPTION, zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    raw = b"Exif\0\0" + exif().tobytes()
    digits = "\n".join(raw.hex()[at : at + 72] for at in range(0, 2 * len(raw), 72))
    info.add_text("Raw profile type exif", f"\nexif\n{len(raw):8d}\n{digits}\n", zip=True)
    out = io.BytesIO()
    pixels().save(out, "PNG", pnginfo=info)
    cleaned = without_owner(out.getvalue())
    with Image.open(io.BytesIO(cleaned)) as image:
        image.load()
        texts = {name: str(text) for name, text in image.text.items()}  # type: ignore[attr-defined]
        assert image.getexif()[0x8298] == COPYRIGHT
        assert not GONE & {*image.getexif(), *image.getexif().get_ifd(0x8769)}
    assert texts["Title"] == CAPTION
    assert (texts["Author"].strip(), texts["exif:BodySerialNumber"].strip(), texts["Artist"].strip()) == ("", "", "")
    assert not private("".join(texts.values()).encode())
    assert "equirectangular" in texts["XML:com.adobe.xmp"]
    assert colours(cleaned) == colours(out.getvalue())
    assert without_owner(cleaned) == cleaned


def test_a_chunk_with_a_wrong_checksum_that_is_not_touched_keeps_it() -> None:
    wrong = chunk(b"tEXt", b"Title\0street")[:-4] + b"\0\0\0\0"
    data = with_chunks(wrong, chunk(b"tEXt", b"Author\0" + OWNER.encode()))
    cleaned = without_owner(data)
    assert wrong in cleaned
    assert chunk(b"tEXt", b"Author\0" + b" " * len(OWNER)) in cleaned


def test_a_text_that_unpacks_without_end_is_left_alone() -> None:
    data = with_chunks(chunk(b"zTXt", b"Author\0\0" + zlib.compress(bytes(20 * 2**20), 9)))
    assert without_owner(data) == data


@pytest.mark.parametrize("form", FORMATS)
def test_twice_is_the_same_as_once(form: str) -> None:
    cleaned = without_owner(saved(form))
    assert without_owner(cleaned) == cleaned


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\0\0WEBP",
        b"II*\0",
        b"BM",
        b"text",
        b"\xff\xd8\xff\xe1\xff\xff",
    ],
)
def test_what_is_no_photo_comes_back_as_it_is(data: bytes) -> None:
    assert without_owner(data) == data


def test_a_value_that_the_copyright_shares_stays() -> None:
    owner = OWNER.encode() + b"\0"
    at = struct.pack("<I", 8 + 2 + 24 + 4)
    data = block("<", [({0x013B: (len(owner), at), 0x8298: (len(owner), at)}, None)], owner)
    cleaned = without_owner(data)
    assert cleaned[8:10] == b"\1\0"
    assert cleaned[10:22] == data[22:34]
    assert cleaned.endswith(owner)


def test_a_makers_note_that_claims_the_thumbnail_leaves_it() -> None:
    thumbnail, tail_at = b"\xff\xd8thumbnail\xff\xd9", 8 + 2 + 12 + 4 + 2 + 24 + 4
    note = struct.pack("<I", tail_at)
    first = {0x927C: (len(MAKER) + 200, note)}
    second = {0x0201: (1, struct.pack("<I", tail_at + len(MAKER))), 0x0202: (1, struct.pack("<I", len(thumbnail)))}
    data = block("<", [(first, 1), (second, None)], MAKER.encode() + thumbnail + b"private")
    cleaned = without_owner(data)
    assert cleaned[-len(thumbnail) - 7 :] == thumbnail + bytes(7)
    assert MAKER.encode() not in cleaned
    assert cleaned[26:54] == data[26:54]


def test_a_directory_whose_end_holds_a_value_instead_of_the_next_position_loses_nothing_of_it() -> None:
    # Some cameras leave out the position of the next directory, so that values begin right behind the entries.
    camera_at = 8 + 2 + 12 + 4
    lens_at = camera_at + 2 + 24
    lens = b"Lens 24 mm\0"
    camera = struct.pack("<HHHI", 2, 0xA431, 2, 4) + b"1234" + struct.pack("<HHII", 0xA434, 2, len(lens), lens_at)
    data = block("<", [({0x8769: (1, struct.pack("<I", camera_at))}, None)], camera + lens)
    cleaned = without_owner(data)
    assert cleaned[lens_at:] == lens
    assert cleaned[camera_at : camera_at + 14] == struct.pack("<HHHII", 1, 0xA434, 2, len(lens), lens_at)


@pytest.mark.parametrize(
    "directories",
    [
        # A directory that lies in another one, one whose value lies in it, and one that claims a million entries.
        [({0x013B: (4, b"Oliv"), 0x8769: (1, struct.pack("<I", 20))}, None)],
        [({0x013B: (4, b"Oliv"), 0x010F: (9, struct.pack("<I", 12))}, None)],
    ],
)
def test_what_makes_no_sense_stays_as_it_is(directories: list[tuple[dict[int, tuple[int, bytes]], int | None]]) -> None:
    data = block("<", directories, bytes(64))
    assert without_owner(data) == data


def test_directories_in_a_circle_are_read_once() -> None:
    data = block("<", [({0x013B: (4, b"Oliv")}, 1), ({0x013B: (4, b"Oliv"), 0x8298: (4, b"City")}, 0)])
    cleaned = without_owner(data)
    assert b"Oliv" not in cleaned
    assert b"City" in cleaned


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([b"", b"\xff\xd8\xff\xe1\x01\x00Exif\0\0II*\0\x08\0\0\0", b"\x89PNG\r\n\x1a\n", b"RIFF1234WEBPEXIF",
                     b"MM\0*\0\0\0\x08", b"\xff\xd8\xff\xed\x01\x00Photoshop 3.0\x008BIM\x04\x04"]),
    st.binary(max_size=400),
)  # fmt: skip
def test_no_bytes_make_it_fail(start: bytes, rest: bytes) -> None:
    data = start + rest
    cleaned = without_owner(data)
    assert len(cleaned) == len(data) or start.startswith(b"\x89PNG")
    assert without_owner(cleaned) == cleaned


_SAVED = {form: saved(form) for form in FORMATS}


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of damaged directories
@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=6),
    st.floats(0, 1),
)
def test_damaged_photos_keep_the_pixels_that_they_have(
    form: str, changes: list[tuple[float, bytes]], cut: float
) -> None:
    data = bytearray(_SAVED[form])
    for place, change in changes:
        at = int(place * len(data))
        data[at : at + len(change)] = change
    if cut < 0.2:
        del data[int(len(data) * (1 - cut)) :]
    cleaned = without_owner(bytes(data))
    # A checksum that was wrong may be right now, so that more can be seen, but never less.
    assert _seen(bytes(data)) in (None, _seen(cleaned))
    assert without_owner(cleaned) == cleaned


def _seen(data: bytes) -> bytes | None:
    """Return the pixels of a photo; None when there are none."""
    try:
        return colours(data)
    except Exception:
        return None


@pytest.mark.real
def test_real_photos_keep_pixels_position_and_time_and_lose_maker_notes(shared_data: Path) -> None:
    lost = 0
    for path in sorted((shared_data / "opensfm_photos").rglob("*.jpg")):
        data = path.read_bytes()
        cleaned = without_owner(data)
        before, after = tags(data), tags(cleaned)
        assert photo_metadata(cleaned) == photo_metadata(data)
        assert photo_metadata(cleaned).lat is not None
        assert not {tag for _, tag in after} & GONE
        assert {key: value for key, value in before.items() if key[1] not in GONE} == after
        assert cleaned[-100_000:] == data[-100_000:]
        if cleaned != data:
            assert colours(cleaned) == colours(data)
        lost += cleaned != data
    assert lost == 3
