"""Outcomes of evaluations."""
