"""Process rewards: a score for every step."""
