"""Documents on the page: viewing, uploading and ingesting."""
