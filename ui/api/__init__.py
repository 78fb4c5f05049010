"""The interface for programs: OpenAI's chat and responses, search and documents, over HTTP."""
