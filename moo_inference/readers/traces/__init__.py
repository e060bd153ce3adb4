"""Traces of token lengths."""
