"""Photos: what a file holds, its pixels, and the square that an encoder sees."""

from streetsense.images.check import check_photo
from streetsense.images.decode import DECODER, decode_photo, encode_jpeg
from streetsense.images.header import MAX_PIXELS, MAX_SIDE, MIN_SIDE, PhotoError, PhotoInfo, read_header
from streetsense.images.preprocess import HALF, IMAGENET, NORMALISATIONS, Normalisation, Preprocess

__all__ = [
    "DECODER",
    "HALF",
    "IMAGENET",
    "MAX_PIXELS",
    "MAX_SIDE",
    "MIN_SIDE",
    "NORMALISATIONS",
    "Normalisation",
    "PhotoError",
    "PhotoInfo",
    "Preprocess",
    "check_photo",
    "decode_photo",
    "encode_jpeg",
    "read_header",
]
