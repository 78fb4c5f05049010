"""The parts of `benchmarks/ingest.py`."""
