"""What a file holds and what it lacks, in words."""
