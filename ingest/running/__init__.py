"""A run from the command line: once, watching or dry, with its progress and metrics."""
