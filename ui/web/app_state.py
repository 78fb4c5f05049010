"""Everything that the routes and events of the page need, built once per application."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rag.profile import Profile
from rag.settings import Settings
from ui.messages.page import Words
from ui.web.assistant_service import Answering, AssistantService
from ui.web.chat.answer_slots import AnswerSlots
from ui.web.documents.ingest_jobs import Ingesting
from ui.web.documents.uploads import Inbox
from ui.web.metrics import Metrics
from ui.web.profiles import Profiles
from ui.web.security.allowed_routes import AllowedRoute
from ui.web.security.authentication import Authentication
from ui.web.security.client_address import Proxies
from ui.web.security.delegation import DelegatedNames
from ui.web.security.guard import Rules, find_hosts
from ui.web.security.rate_limit import Throttle
from ui.web.userdata.access_tokens import AccessTokens
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.audit import AuditLog
from ui.web.userdata.database import Store
from ui.web.userdata.feedback import FeedbackBook
from ui.web.userdata.history import History
from ui.web.userdata.opening import open_people
from ui.web.userdata.sessions import Sessions
from ui.web.userdata.shared_links import SharedLinks
from ui.web.userdata.unanswered import UnansweredBook


@dataclass(slots=True)
class AppState:
    """The state of one application. Only `settings` changes: see `reloading`."""

    settings: Settings
    words: Words
    service: AssistantService
    history: History
    links: SharedLinks
    unanswered: UnansweredBook
    accounts: Accounts
    access_tokens: AccessTokens
    audit: AuditLog
    feedback: FeedbackBook
    admission: Authentication
    sessions: Sessions
    proxies: Proxies
    metrics: Metrics
    inbox: Inbox
    ingesting: Ingesting
    profiles: Profiles
    places: AnswerSlots
    questions: Throttle

    def guard_rules(self, routes: Iterable[AllowedRoute]) -> Rules:
        """What the guard of an application with these routes goes by."""
        web = self.settings.web
        return Rules(
            hosts=find_hosts(web),
            routes=tuple(routes),
            admission=self.admission,
            proxies=self.proxies,
            requests=Throttle.per_minute(web.requests_per_minute),
            metrics=self.metrics,
            metrics_token=web.metrics_token,
        )

    def open_in_background(self) -> None:
        """Begin to open the index, so that the first question does not wait for it."""
        threading.Thread(target=self.service.prepare, name="inhouse-open").start()


def build_app_state(
    open_assistant: Callable[[], Answering],
    settings: Settings | None,
    words: Words,
    profiles: Iterable[Profile] = (),
) -> AppState:
    """Without `settings` everything is kept in memory. Raises StorageError."""
    store = Store() if settings is None else open_people(settings)
    # The guard looks sessions up between requests, so it does not wait for somebody's long history.
    at_the_door = store if settings is None else open_people(settings)
    writing = None if settings is None else store
    settings = settings or Settings()
    web = settings.web
    sessions = Sessions(
        at_the_door,
        idle_s=web.session_idle_minutes * 60,
        longest_s=web.session_hours * 3600,
        writing=writing,
    )
    offered, metrics = Profiles(profiles), Metrics()
    return AppState(
        settings=settings,
        words=words,
        service=AssistantService(open_assistant, words, offered, metrics),
        history=History(store, days=web.history_days),
        links=SharedLinks(store),
        unanswered=UnansweredBook(store),
        accounts=Accounts(store),
        access_tokens=AccessTokens(store),
        audit=AuditLog(store, days=web.audit_days, reads=web.audit_reading),
        feedback=FeedbackBook(store),
        admission=Authentication(
            web,
            Accounts(at_the_door),
            sessions,
            AccessTokens(at_the_door, writing=writing),
            DelegatedNames(settings.api),
        ),
        sessions=sessions,
        proxies=Proxies(web.proxies),
        metrics=metrics,
        inbox=Inbox(web, store),
        ingesting=Ingesting(settings),
        profiles=offered,
        places=AnswerSlots(web.answers_at_once),
        questions=Throttle.per_minute(web.questions_per_minute),
    )
