"""Texts: amounts as people write them, tables, and the marker of each rule, for every stage that writes text."""
