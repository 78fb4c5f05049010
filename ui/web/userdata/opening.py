"""Where what is kept of people stands: in the database of the index, or in a file."""

from __future__ import annotations

from rag.database_address import DatabaseAddress
from rag.settings import Settings
from ui.web.userdata.database import Store, locate_people_file


def open_people(settings: Settings) -> Store:
    """What is kept of people: beside the index in its database, or in a file. Raises StorageError."""
    if settings.database and settings.web.people is None:
        from ui.web.userdata.postgres import PeopleDatabase  # it needs the extra of the database

        return PeopleDatabase(DatabaseAddress(settings.database), locate_people_file(settings))
    return Store(locate_people_file(settings))


def has_people(settings: Settings) -> bool:
    """Whether anything may be kept of people."""
    in_database = bool(settings.database) and settings.web.people is None
    return in_database or locate_people_file(settings).exists()
