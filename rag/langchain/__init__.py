"""Inhouse where LangChain people expect it: a retriever, a vector store, documents."""
