"""Bring a model from Python to DOTA: a plain BERT, exports to linalg, runs of dota-run."""
