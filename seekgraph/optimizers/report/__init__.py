"""A compile as one HTML page: quality against cost, what changed, the proof row by row, and what was rejected and why."""
