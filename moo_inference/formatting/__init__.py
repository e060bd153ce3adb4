"""Texts: amounts as people write them, tables, and the sign of each rule, for every stage that says something."""
