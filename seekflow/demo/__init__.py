"""The demo: a corpus and questions that ship with the package, and the run that shows what Seekflow does."""
