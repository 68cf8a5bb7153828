"""The stages that studies share: tasks and methods introduced to each other."""
