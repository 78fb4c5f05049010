"""The page: a Gradio interface inside a FastAPI application that owns everything around it."""
