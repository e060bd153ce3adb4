"""Several stages within one budget."""
