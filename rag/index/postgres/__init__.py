"""The store that keeps an index in PostgreSQL, with pgvector and, where it is there, pg_textsearch."""
