"""Read-only views of an index: for the page, the command line and the next run."""
