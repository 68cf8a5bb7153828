"""What the user asks for: configuration, survey, own data; and where every result says it comes from."""
