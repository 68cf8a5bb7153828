"""One module per study: tasks and methods composed; what the scripts call."""
