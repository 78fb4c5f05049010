"""The commands of `inhouse`, one file each; `ui.main` finds and loads them by name."""
