"""Questions without a model: each file knows one way in which documents say what a person may ask."""
