"""Text: words, terms, sentences, titles, and rankings of ids. Pure functions that nodes, tools and metrics share."""
