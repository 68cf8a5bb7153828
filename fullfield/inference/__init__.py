"""Inference methods, one file each: arrays in, amortised posteriors out; `method.find` returns one by its name."""
