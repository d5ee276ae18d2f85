"""The language of flows: params, expressions, ports, nodes, combinators, what they read and write, and the flow itself."""
