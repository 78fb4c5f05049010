"""One parser per format: `parse(data: bytes, …) -> LoadedDocument`, run in the parser's process only."""
