"""The page's words in German."""

from __future__ import annotations

from types import MappingProxyType

from rag.answer import Status
from rag.index.ledger import FileState
from ui.view.text import Words
from ui.view.text_rooms import RoomWords

GERMAN_ROOMS = RoomWords(
    rooms="Räume",
    menu="Menü",
    ask="Fragen",
    compare="Vergleich",
    search="Suche",
    documents="Dokumente",
    quality="Qualität",
    about="Über",
    sign_out="Abmelden",
    other_language="English",
    skip="Zum Inhalt springen",
    not_there="Diese Seite gibt es nicht, oder nicht für Sie.",
    yes="ja",
    no="nein",
    partly="teilweise",
    date="{day}. {month} {year}",
    months=(
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
    thousands=".",
    decimal=",",
    search_lead="Textstellen, die zu Ihren Worten passen, ohne das Modell gefunden.",
    search_label="Wonach soll gesucht werden?",
    search_again="Suchen",
    any_folder="Alle Ordner",
    any_type="Alle Arten",
    any_tag="Alle Schlagwörter",
    any_state="Alle Zustände",
    folder="Ordner",
    type="Art",
    tag="Schlagwort",
    changed_from="Geändert von",
    changed_until="bis",
    clear="Filter aufheben",
    nothing_fits="Keine Textstelle passt. Versuchen Sie andere Worte oder weniger Filter.",
    best_first="{passages}, die beste zuerst · {ms} ms",
    more_hits="Mehr Textstellen zeigen",
    why="Warum sie hier steht",
    score="Wert",
    score_why="von höchstens 1, aus beiden Reihenfolgen",
    by_meaning="Nach der Bedeutung",
    by_words="Nach den Wörtern",
    place_of="Platz {n}",
    not_among="nicht unter den ersten {n}",
    matched="Ihre Wörter darin",
    none_matched="keines so, wie es dasteht",
    bad_date="Ein Datum schreibt man wie in 2026-11-24.",
    documents_lead="Jede Datei, die gelesen wurde, und was aus ihr geworden ist.",
    file_count=("1 Datei", "{n} Dateien"),
    chunk_count=("1 Abschnitt", "{n} Abschnitte"),
    name="Name",
    name_filter="Name oder Titel",
    state="Zustand",
    pages="Seiten",
    size="Größe",
    changed="Geändert",
    read="Eingelesen",
    states=MappingProxyType(
        {
            FileState.INDEXED: "im Index",
            FileState.PARTIAL: "teilweise im Index",
            FileState.EMPTY: "ohne Text",
            FileState.FAILED: "fehlgeschlagen",
            FileState.SKIPPED: "übergangen",
        }
    ),
    types=MappingProxyType({"text/plain": "Text", "message/rfc822": "E-Mail"}),
    no_file="Keine Datei passt zu diesen Filtern.",
    shown="{first} bis {last} von {total}",
    before="Zurück",
    after="Weiter",
    coverage="Abdeckung",
    coverage_why="{with_text} von {pages} Seiten haben Text",
    last_run="Letzter Lauf",
    last_run_why=(
        "{added} neu, {updated} geändert, {deleted} entfernt, {failed} fehlgeschlagen · {seconds} s"
    ),
    no_run="noch keiner",
    with_problems="Mit Problemen",
    in_index="Im Index",
    pages_with_text="{with_text} von {pages} mit Text",
    generation_since="seit Generation {n}",
    reason="Grund",
    language="Sprache",
    tags="Schlagwörter",
    chunks="Abschnitte",
    chunks_lead=(
        "Was Suche und Modell von diesem Dokument bekommen, Stück für Stück. "
        "Die erste Zeile sagt jeweils, wo das Stück steht; sie wird mitgelesen."
    ),
    no_chunks="Der Index enthält keinen Text dieser Datei.",
    characters="Zeichen {start} bis {end}",
    back_to_documents="Alle Dokumente",
    read_it="Lesen",
    inbox="Eingang",
    upload="Dokumente hochladen",
    upload_here="oder hier ablegen. Ein eigener Prozess liest sie gleich ein.",
    ingest_again="Eingang neu einlesen",
    withdraw="Zurückziehen",
    withdraw_sure="{name} zurückziehen? Es wird gelöscht, und nichts wird mehr daraus beantwortet.",
    sending="{name} wird gesendet",
    too_large="{name} ist zu groß: eine Datei hat höchstens {limit}.",
    ingest_waiting="Ein anderer Lauf ist an der Arbeit; dieser wartet auf ihn.",
    ingest_running="Wird eingelesen: {files} von {total} Dateien",
    ingest_done="Eingelesen.",
    progress="Wie weit es ist",
    quality_lead="Wie gut Fragen gefunden und beantwortet werden, gemessen an eigenen Fragen.",
    no_evaluation="Noch wurde nichts gemessen.",
    how_to_measure="Gemessen wird mit: inhouse eval questions.jsonl",
    feedback="Was die Leute sagen",
    no_feedback="Noch hat niemand etwas gesagt.",
    helpful="Hilfreich",
    not_helpful="Nicht hilfreich",
    feedback_count="{helpful} fanden eine Antwort hilfreich, {unhelpful} nicht.",
    about_lead="Was hier antwortet, unter welcher Lizenz, und wo Ihre Daten bleiben.",
    stays="Wo die Daten bleiben",
    stays_here=(
        "Dokumente, Fragen und Antworten bleiben auf dem Server, der diese Seite zeigt. "
        "Die Seite lädt nichts von anderswo, und nichts wird an irgendjemanden gemeldet."
    ),
    stays_model="Fragen und die dazu gefundenen Textstellen gehen an den Modellserver unter {url}.",
    stays_loopback="Das ist dieselbe Maschine.",
    stays_elsewhere="Das ist eine andere Maschine; wer sie betreibt, kann sie lesen.",
    index_at="Der Index liegt in {path}.",
    model="Sprachmodell",
    embedder="Embedder",
    unknown_model="Der Katalog offener Modelle kennt {name} nicht.",
    licence="Lizenz",
    weights="Gewichte sind öffentlich",
    training_data="Trainingsdaten sind öffentlich",
    code="Code ist öffentlich",
    commercial="Gewerbliche Nutzung",
    parameters="Parameter",
    context="Kontext",
    tokens="{n} Token",
    memory="Arbeitsspeicher",
    checked="Stand des Wissens vom {date}; es gilt, was die Quellen sagen",
    versions="Versionen",
    own_licence="Inhouse ist freie Software unter der Apache-Lizenz 2.0.",
    notices="Hinweise zu Dritten",
    notices_lead="Womit Inhouse gebaut ist, wie hier installiert, und die Lizenz jedes Teils.",
    package="Paket",
    version="Version",
)

_SHOWN = "Das ist der Text, der daraus gelesen wurde."

GERMAN = Words(
    language="de",
    heading="Fragen Sie Ihre Dokumente",
    promise=(
        "Die Antworten kommen aus den eigenen Dokumenten Ihrer Firma. "
        "Jeder Satz zeigt die Stelle, auf der er beruht, oder sagt, dass er keine hat."
    ),
    starters="Zum Beispiel",
    label="Ihre Frage",
    placeholder="Stellen Sie eine Frage",
    ask="Fragen",
    stop="Anhalten",
    new="Neues Gespräch",
    caution=(
        "Antworten können falsch sein. Die zitierten Stellen sind der Wortlaut der Dokumente."
    ),
    skip="Zur Frage springen",
    loading="Die Seite wird geöffnet",
    no_script="Diese Seite braucht JavaScript, das in Ihrem Browser abgeschaltet ist.",
    lost="Die Seite erreicht ihren Server nicht. Prüfen Sie, ob er noch läuft.",
    you="Sie fragten",
    searching="Die Dokumente werden durchsucht",
    reading="{passages} werden gelesen",
    writing="Wird geschrieben, noch nicht geprüft",
    broke_off=("Das Modell brach ab. Was es bis dahin schrieb, wurde geprüft, soweit es reicht."),
    stopped="Angehalten",
    stopped_why="Dieser Text wurde nicht an den Dokumenten geprüft.",
    failed="Keine Antwort",
    no_source="ohne Quelle",
    show_sources="Quellen zeigen",
    show_passages="Textstellen zeigen",
    statuses=MappingProxyType(
        {
            Status.GROUNDED: (
                "Belegt",
                "Jeder Satz beruht auf einer Stelle, die aus den Dokumenten zitiert ist.",
            ),
            Status.PARTIAL: (
                "Teilweise belegt",
                "Prüfen Sie die markierten Sätze: für sie fand sich keine Quelle.",
            ),
            Status.UNSUPPORTED: (
                "Nicht belegt",
                "Nichts in den Dokumenten stützt diese Antwort. Verlassen Sie sich nicht darauf.",
            ),
            Status.NOT_IN_DOCUMENTS: (
                "Nicht in den Dokumenten",
                "Die nächsten Textstellen stehen daneben, damit Sie selbst urteilen können.",
            ),
            Status.MODEL_UNAVAILABLE: (
                "Modell nicht erreichbar",
                "Es wurde keine Antwort geschrieben. Diese Stellen passen am besten zur Frage.",
            ),
        }
    ),
    sources="Quellen",
    passages="Gefundene Textstellen",
    sources_for="zu",
    none_found="Keine Textstelle passt zu dieser Frage.",
    also_read="Auch gelesen, nicht zitiert",
    also_found="Gefunden, nicht an das Modell gegeben",
    whole_passage="Ganze Textstelle",
    close="Quellen schließen",
    page="Seite {page}",
    passage_count=("1 Textstelle", "{n} Textstellen"),
    document_count=("1 Dokument", "{n} Dokumente"),
    generation="Generation {n}",
    searched_for="gesucht nach „{text}“",
    seconds="{n} s",
    index_missing="Noch kein Index",
    index_unavailable="Index nicht verfügbar",
    model_ready="bereit",
    model_missing="Modell nicht erreichbar",
    model_missing_note="Fragen finden weiterhin Textstellen; geschrieben wird daraus keine Antwort.",
    question_empty="Schreiben Sie zuerst eine Frage.",
    question_too_long=(
        "Diese Frage hat {n} Zeichen; möglich sind höchstens {limit}. Kürzen Sie sie."
    ),
    broken="Auf dem Server ging etwas schief. Sein Protokoll sagt, was.",
    source="Quelle",
    in_document="Im Dokument lesen",
    on_page="Seite {page} ansehen",
    opening="Das Dokument wird geöffnet",
    close_source="Dokument schließen",
    withdrawn=(
        "Dieses Dokument wurde inzwischen zurückgezogen. Was daraus zitiert war, wird nicht mehr gezeigt."
    ),
    not_there="Dieses Dokument ist nicht mehr im Index, oder Sie dürfen es nicht lesen.",
    quote_gone=(
        "Das Dokument hat sich seit dieser Antwort geändert; die zitierten Worte stehen nicht mehr darin."
    ),
    no_originals="Die Originaldateien können hier nicht heruntergeladen werden.",
    file_notes=MappingProxyType(
        {
            "access": f"Die Originaldatei ist nicht mehr, wo sie war. {_SHOWN}",
            "changed": f"Die Originaldatei hat sich seit dem Einlesen geändert. {_SHOWN}",
            "unreadable": f"Die Seite kann nicht als Bild gezeigt werden. {_SHOWN}",
        }
    ),
    picture_of="Seite {page} von {title}",
    page_of="{page} von {pages}",
    page_before="Vorige Seite",
    page_after="Nächste Seite",
    slide="Folie {page}",
    zoom_in="Größer",
    zoom_out="Kleiner",
    zoom_fit="Einpassen",
    as_text="Als Text",
    as_picture="Wie es aussieht",
    download="Herunterladen",
    earlier="Zeigen, was davor steht",
    later="Zeigen, was danach steht",
    sources_gone=(
        "Etwas, worauf diese Antwort beruht, wurde inzwischen zurückgezogen. Der Rest ist, wie er war."
    ),
    withheld="Dieser Satz beruhte auf einem Dokument, das für Sie nicht mehr da ist.",
    a_document="Ein Dokument",
    copy="Kopieren",
    copied="Mit den Quellen kopiert.",
    ask_again="Noch einmal fragen",
    edit="Frage ändern",
    helpful="Hilfreich",
    unhelpful="Nicht hilfreich",
    helpful_thanks="Danke. Was war gut daran?",
    unhelpful_title="Was war falsch?",
    reason="Grund",
    reasons=MappingProxyType(
        {
            "wrong": "Es ist falsch",
            "incomplete": "Etwas fehlt",
            "wrong_source": "Die Quelle passt nicht",
            "not_found": "Die Dokumente sagen es doch",
            "unclear": "Es ist schwer zu verstehen",
            "other": "Etwas anderes",
        }
    ),
    note="Noch etwas (wenn Sie mögen)",
    feedback_seen=(
        "Es wird mit Frage und Antwort aufbewahrt, für die, die sich um diese Seite kümmern."
    ),
    leave_it="Schließen",
    send="Senden",
    thanks="Danke. Es wurde aufbewahrt.",
    history="Verlauf",
    history_search="In Ihren Gesprächen suchen",
    close_history="Verlauf schließen",
    none_kept="Noch nichts. Was Sie fragen, wird hier aufbewahrt, für Sie allein.",
    none_fit="Das steht in keinem Gespräch.",
    untitled="Ohne Titel",
    rename="Umbenennen",
    forget="Löschen",
    forget_sure="Dieses Gespräch endgültig löschen?",
    forget_all="Alle löschen",
    forget_all_sure="Alle Ihre Gespräche endgültig löschen?",
    export="Alle exportieren",
    question_count=("1 Frage", "{n} Fragen"),
    cut="Die Verbindung brach ab. Ihre Frage steht wieder im Feld.",
    compare="Vergleichen",
    compare_heading="Dasselbe Modell, mit und ohne Ihre Dokumente",
    compare_lead=(
        "Eine Frage, zweimal gestellt. Für sich allein antwortet das Modell aus dem, was es irgendwo "
        "gelesen hat. Mit Ihren Dokumenten muss jeder Satz auf einer Stelle beruhen, die Sie öffnen können."
    ),
    compare_stopped="Angehalten.",
    compare_full="Es laufen zu viele Vergleiche. Versuchen Sie es gleich noch einmal.",
    sides=MappingProxyType(
        {
            "alone": ("Das Modell allein", "Ohne ein einziges Dokument."),
            "with": ("Mit Ihren Dokumenten", "Dasselbe Modell liest, was Ihre Dokumente sagen."),
        }
    ),
    thinking="Antwortet aus dem Gedächtnis",
    alone_why=MappingProxyType(
        {
            Status.GROUNDED: "Durch Zufall oder aus dem Training: Ihre Dokumente sagen dasselbe.",
            Status.PARTIAL: "Ihre Dokumente stützen nur einen Teil davon.",
            Status.UNSUPPORTED: "Ihre Dokumente stützen nichts davon.",
            Status.NOT_IN_DOCUMENTS: "Es sagt, dass es das nicht weiß.",
        }
    ),
    tally="{n} von {sentences} durch Ihre Dokumente gestützt",
    sentence_count=("1 Satz", "{n} Sätzen"),
    rooms=GERMAN_ROOMS,
)
