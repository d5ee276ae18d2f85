"""Diagnosis: which step loses the points, read from traces. Import from its modules: each is named after what it makes."""
