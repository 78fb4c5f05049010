"""The sections of the page, and who may open which."""

from __future__ import annotations

from enum import StrEnum

from ui.messages.page import Words
from ui.web.identity import Person, Role


class Room(StrEnum):
    """A room; its value is its name in the words."""

    ASK = "ask"
    COMPARE = "compare"
    SEARCH = "search"
    DOCUMENTS = "documents"
    QUALITY = "quality"
    ADMIN = "admin"
    ABOUT = "about"

    @property
    def path(self) -> str:
        """The path of the section's page."""
        return "/" if self is Room.ASK else f"/{self.value}"

    def label(self, words: Words) -> str:
        """The name of the section in the page's language."""
        label: str = getattr(words.rooms, self.value)
        return label

    @property
    def asks_a_profile(self) -> bool:
        """Whether what is shown depends on the profile that was chosen."""
        return self in (Room.ASK, Room.COMPARE, Room.SEARCH)

    def admits(self, person: Person) -> bool:
        """Whether this person may enter.

        Evaluations quote documents, so they are for editors who may read all of them; feedback is for admins.
        """
        if self is Room.QUALITY:
            return person.may(Role.ADMIN) or (person.may(Role.EDITOR) and person.readers is None)
        if self is Room.ADMIN:
            return person.may(Role.ADMIN)
        # How a model does without the documents is for those who look after them.
        return person.may(Role.EDITOR if self is Room.COMPARE else Role.READER)
