"""The parts of `benchmarks/validation.py`: what is predicted from one half, and what the other half shows."""
