"""What a run has to do: the files there are, who may read them, and what changed."""
