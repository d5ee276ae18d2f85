"""Diagnosis: which step loses the points, why each failed example failed, and what a perfect step would gain."""
