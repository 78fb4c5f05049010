"""A stand-in for vLLM: the same command, a real server and a real engine process, but no model."""
