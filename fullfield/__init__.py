"""Full-field inference from weak-lensing maps."""
