"""The search indexes of a generation (FAISS and tantivy), built from the catalogue."""
