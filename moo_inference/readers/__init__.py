"""Readers: a user's files as plain values with the lines they stand on, one module a format."""

from moo_inference.readers.yaml_file import Document, Location, parse_yaml, plain_scalar, read_yaml

__all__ = ["Document", "Location", "parse_yaml", "plain_scalar", "read_yaml"]
