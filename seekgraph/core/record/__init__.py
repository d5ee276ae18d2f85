"""What a run leaves behind: steps, the ledger that they write to, traces, attempts, digests, and how rewards see them."""
