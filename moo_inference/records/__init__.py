"""What a study leaves: records, reports, and what replays and compares them."""
