"""The language and its machine: params, ledger, nodes, combinators, check, run, trace, memo, budget, artifact, draw."""
