"""Texts: amounts as people write them, words and tables, for every stage that writes text."""
