"""Photos that say whose camera took them, in every way that files have for it."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

#: What must not be found in a photo afterwards, and what must.
OWNER, SERIAL, MAKER = "Olive Owner", "SN-4711-0815", "a maker's note"
PRIVATE = [text.encode() for text in (OWNER, SERIAL, MAKER)]
COPYRIGHT, CAPTION = "CC BY-SA 4.0, the city", "a street"

XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:GPano="http://ns.google.com/photos/1.0/panorama/"
  xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" xmlns:exifEX="http://cipa.jp/exif/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
  xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
  xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
  GPano:ProjectionType="equirectangular" GPano:PoseHeadingDegrees="123.5" xmp:CreatorTool="Stitcher"
  aux:SerialNumber="{SERIAL}" aux:OwnerName = '{OWNER}' exifEX:LensSerialNumber="{SERIAL}" tiff:Model="Model 7">
  <exifEX:BodySerialNumber>{SERIAL}</exifEX:BodySerialNumber>
  <exifEX:CameraOwnerName>{OWNER}</exifEX:CameraOwnerName>
  <dc:creator><rdf:Seq><rdf:li>{OWNER}</rdf:li><rdf:li><![CDATA[{OWNER}]]></rdf:li></rdf:Seq></dc:creator>
  <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{COPYRIGHT}</rdf:li></rdf:Alt></dc:rights>
  <tiff:Artist>{OWNER}</tiff:Artist><photoshop:AuthorsPosition>{OWNER}</photoshop:AuthorsPosition>
  <Iptc4xmpCore:CreatorContactInfo Iptc4xmpCore:CiEmailWork="{OWNER}"/>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def pixels(size: tuple[int, int] = (96, 72)) -> Image.Image:
    """Return a small picture."""
    coarse = np.random.default_rng(1).integers(0, 255, (9, 12, 3)).astype(np.uint8)
    return Image.fromarray(coarse).resize(size)


def exif(order: str = "<") -> Image.Exif:
    """Return EXIF with everything that is private, and what is not."""
    made = Image.Exif()
    made.endian = order
    made.update({0x010F: "Maker", 0x0112: 6, 0x013B: OWNER, 0x013C: OWNER, 0x8298: COPYRIGHT, 0xFDE9: SERIAL})
    made[0x9C9D] = (OWNER + "\0").encode("utf-16-le")
    camera = {
        0x9003: "2024:07:01 12:34:56",
        0x9286: b"ASCII\0\0\0" + CAPTION.encode(),
        0xA405: 24,
        0xA434: "Lens 24 mm",
    }
    private = {0x927C: (MAKER + SERIAL).encode(), 0xA430: OWNER, 0xA431: SERIAL, 0xA435: SERIAL}
    made.get_ifd(0x8769).update(camera | private)
    made.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0), 17: 90.0})
    return made


def tags(data: bytes) -> dict[tuple[str, int], Any]:
    """Return the tags of a photo as Pillow reads them; without the positions of directories."""
    with Image.open(io.BytesIO(data)) as image:
        found = image.getexif()
        parts = {"main": dict(found), "camera": found.get_ifd(0x8769), "gps": found.get_ifd(0x8825)}
        parts["thumbnail"] = found.get_ifd(1)
        return {
            (part, tag): value
            for part, values in parts.items()
            for tag, value in values.items()
            if tag not in (0x8769, 0x8825) and not isinstance(value, Image.Image)
        }


def saved(form: str, order: str = "<", xmp: bytes = XMP) -> bytes:
    """Return a photo with EXIF and XMP."""
    out = io.BytesIO()
    given: dict[str, Any] = {"exif": exif(order), "xmp": xmp}
    if form == "PNG":
        given["pnginfo"] = PngImagePlugin.PngInfo()
        given["pnginfo"].add_itxt("XML:com.adobe.xmp", given.pop("xmp").decode())
    if form == "TIFF":
        whole = given["exif"]
        whole.update({0x02BC: given.pop("xmp"), 0x8769: whole.get_ifd(0x8769), 0x8825: whole.get_ifd(0x8825)})
    pixels().save(out, form, **given)
    return out.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def with_segments(*segments: bytes) -> bytes:
    """Return a JPEG with segments at its beginning."""
    out = io.BytesIO()
    pixels().save(out, "JPEG")
    return out.getvalue()[:2] + b"".join(segments) + out.getvalue()[2:]


def iptc() -> bytes:
    """Return IPTC with a caption, a credit, a by-line and its title."""

    def dataset(number: int, text: bytes) -> bytes:
        return bytes([0x1C, 2, number]) + len(text).to_bytes(2, "big") + text

    name = OWNER.encode()
    return dataset(120, CAPTION.encode()) + dataset(80, name) + dataset(85, name) + dataset(110, b"the city")


def resource(number: int, content: bytes, name: bytes = b"") -> bytes:
    """Return a resource of Photoshop."""
    named = bytes([len(name)]) + name
    named += b"\0" * (len(named) % 2)
    return (
        b"8BIM"
        + number.to_bytes(2, "big")
        + named
        + len(content).to_bytes(4, "big")
        + content
        + b"\0" * (len(content) % 2)
    )


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_chunks(*chunks: bytes) -> bytes:
    """Return a PNG with chunks behind its header."""
    out = io.BytesIO()
    pixels().save(out, "PNG")
    return out.getvalue()[:33] + b"".join(chunks) + out.getvalue()[33:]


def block(order: str, directories: list[tuple[dict[int, tuple[int, bytes]], int | None]], tail: bytes = b"") -> bytes:
    """Return a TIFF structure by hand: directories of tag to (kind, 4 bytes or where the value is), one after another.

    Each comes with the number of the directory that follows it; ``tail`` holds the values and begins at `tail_at`.
    """
    starts = [8]
    for entries, _ in directories:
        starts.append(starts[-1] + 2 + 12 * len(entries) + 4)
    made = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    for entries, following in directories:
        made += struct.pack(f"{order}H", len(entries))
        for tag, (count, value) in entries.items():
            made += struct.pack(f"{order}HHI", tag, 2 if count > 4 else 4, count) + value
        made += struct.pack(f"{order}I", 0 if following is None else starts[following])
    return made + tail
