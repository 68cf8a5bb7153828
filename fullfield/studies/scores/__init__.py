"""Where simulator scores help density estimation, and where they do not."""
