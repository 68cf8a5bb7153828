"""Inference methods: arrays in, amortised posteriors out."""
