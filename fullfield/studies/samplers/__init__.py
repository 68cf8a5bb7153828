"""What samplers of the joint posterior cost, whether they agree, and whether their chains are calibrated."""
