"""The SQLite catalogue: documents, chunks, vectors and generations."""
