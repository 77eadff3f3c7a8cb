"""Signatures of requests to Google's Maps Platform."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from streetsense.errors import InputError
from streetsense.streetview.online.google import Google
from streetsense.streetview.online.google_signature import decoded_secret, signature
from streetsense.web.address import address
from tests.providers.fetchrequests import request_for

#: The example of Google's documentation.
SECRET = "vNIXE0xscrmjlyV-12Nj_BvUPaw="
REQUEST = "/maps/api/geocode/json?address=New+York&client=clientID"
SIGNATURE = "chaRF2hTJKOScPr-RQCEhZbSzIE="

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


def hmac_sha1(key: bytes, text: bytes) -> bytes:
    """RFC 2104 written out."""
    padded = key.ljust(64, b"\0") if len(key) <= 64 else hashlib.sha1(key).digest().ljust(64, b"\0")
    inner = hashlib.sha1(bytes(byte ^ 0x36 for byte in padded) + text).digest()
    return hashlib.sha1(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


def test_the_published_example_has_the_published_signature() -> None:
    assert signature(REQUEST, decoded_secret(SECRET)) == SIGNATURE


@pytest.mark.parametrize("secret", [SECRET[:-1], f" {SECRET}\n", SECRET.replace("-", "+").replace("_", "/")])
def test_a_secret_may_have_lost_its_padding_or_be_written_in_plain_base64(secret: str) -> None:
    assert signature(REQUEST, decoded_secret(secret)) == SIGNATURE


@pytest.mark.parametrize("secret", ["no base64!", "ÄÖÜ", "vNIXE", "a===", "=", "AIza key"])
def test_what_is_no_secret_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(InputError, match=r"^signing_secret: ") as error:
        decoded_secret(secret)
    assert secret not in str(error.value).replace("'='", "")
    assert error.value.__context__ is None or secret not in str(error.value.__context__)


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=80), st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_signatures_are_those_of_another_implementation(secret: bytes, text: str) -> None:
    written = base64.urlsafe_b64encode(secret).decode()
    expected = base64.urlsafe_b64encode(hmac_sha1(secret, text.encode())).decode()
    assert signature(text, decoded_secret(written)) == expected


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_signatures_are_those_of_openssl() -> None:
    key = base64.urlsafe_b64decode(SECRET).hex()
    command = ["openssl", "dgst", "-sha1", "-mac", "HMAC", "-macopt", f"hexkey:{key}", "-binary"]
    digest = subprocess.run(command, input=REQUEST.encode(), capture_output=True, check=True).stdout
    assert base64.urlsafe_b64encode(digest).decode() == signature(REQUEST, decoded_secret(SECRET))


@settings(deadline=None)
@given(KEYS, st.from_regex(r"[A-Za-z0-9_:.~-]{8,40}", fullmatch=True), st.floats(-720, 720), st.floats(1, 120))
def test_what_is_signed_is_what_is_sent(key: str, pano: str, heading: float, fov: float) -> None:
    provider = Google(request_for((0, 0, 1, 1), secrets={"key": key, "signing_secret": SECRET}))
    url = provider._url("streetview", pano=pano, heading=f"{heading:g}", fov=f"{fov:g}")
    sent = address(url)
    assert str(sent) == url
    text, _, sign = sent.raw_path_qs.partition("&signature=")
    assert sign.replace("%3D", "=") == signature(text, base64.urlsafe_b64decode(SECRET))
    assert dict(URL(url).query) == {
        "pano": pano,
        "heading": f"{heading:g}",
        "fov": f"{fov:g}",
        "key": key.strip(),
        "signature": sign.replace("%3D", "="),
    }
