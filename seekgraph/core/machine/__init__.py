"""How a bound flow runs and is replayed: operations, visits, attempts, results."""
