"""`inhouse …` and `python -m inhouse …`."""

from __future__ import annotations

from inhouse.own_packages import prefer_own_packages


def main() -> None:
    """Run the command line, with our own packages whatever stands in the working directory."""
    prefer_own_packages()
    from ui.cli import main as run_command_line

    run_command_line()


if __name__ == "__main__":
    main()
