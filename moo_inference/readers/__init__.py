"""Readers: a user's files as plain values with the lines they stand on, one module a format."""

from moo_inference.readers.document import Document, Location
from moo_inference.readers.yaml_file import read_yaml

__all__ = ["Document", "Location", "read_yaml"]
