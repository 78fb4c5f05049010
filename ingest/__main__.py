"""`python -m ingest`: for cron, without the user interface."""

from ingest.cli import main

if __name__ == "__main__":
    main()
