"""Tasks, where they run, and how they go on after a stop."""
