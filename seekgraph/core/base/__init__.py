"""What everything else stands on: errors, identity, code versions, budgets, forks, and calling async code from ordinary code."""
