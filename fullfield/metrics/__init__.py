"""How good is a posterior: C2ST, coverage, convergence of chains, constraints and predictive checks. Arrays in."""
