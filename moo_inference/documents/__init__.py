"""Text files with their lines: read strictly, written whole."""
