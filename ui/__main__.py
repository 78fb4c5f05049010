"""`python -m ui` is `inhouse`."""

from ui.cli import main

if __name__ == "__main__":
    main()
