"""Files that hold whole attempts: correctness, tokens, cost and seconds of each."""
