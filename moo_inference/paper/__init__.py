"""All that is about the paper: its tables, its claims, its figures."""
