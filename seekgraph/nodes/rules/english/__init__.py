"""What is particular to English: patterns of questions and of the sentences that answer them. `rules.py` is the way in."""
