"""The language and its machine: params, expressions, ledger, nodes, combinators, check, run, trace, memo, budget, artifact, draw."""
