"""The page's words in German."""

from __future__ import annotations

from types import MappingProxyType

from rag.answer import Grade, Status, Verdict
from ui.messages.admin_german import GERMAN_ADMIN
from ui.messages.formats import GERMAN_FORMATS
from ui.messages.page import Words
from ui.messages.report_german import GERMAN_REPORT
from ui.messages.sections_german import GERMAN_ROOMS

_SHOWN = "Das ist der Text, der daraus gelesen wurde."

GERMAN = Words(
    language="de",
    heading="Fragen Sie Ihre Dokumente",
    promise=(
        "Die eigenen Dokumente Ihrer Firma antworten, in ihrem Wortlaut. "
        "Was das Modell hinzufügt, sehen Sie nur, wo sie es belegen."
    ),
    starters="Zum Beispiel",
    fields="Oder zu einem Gebiet fragen",
    label="Ihre Frage",
    placeholder="Ihre Frage",
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
    resolving="Ihre Frage wird für die Suche umformuliert",
    reading="{passages} werden gelesen",
    writing="Das Modell schreibt. Was Ihre Dokumente davon belegen, erscheint hier.",
    writing_unchecked="Wird geschrieben, nicht geprüft",
    broke_off=("Das Modell brach ab. Was es bis dahin schrieb, wurde geprüft, soweit es reicht."),
    stopped="Angehalten",
    stopped_why="Der Text des Modells endet, wo Sie es anhielten.",
    interrupted="Nicht fertig",
    interrupted_why=(
        "Die Antwort endete, bevor sie vollständig war. Fragen Sie noch einmal, um sie ganz zu sehen."
    ),
    failed="Keine Antwort",
    no_source="in den Dokumenten nicht gefunden",
    show_sources="Quellen zeigen",
    show_passages="Textstellen zeigen",
    statuses=MappingProxyType(
        {
            Status.GROUNDED: (
                "Durch Ihre Dokumente belegt",
                "Jeder Satz steht in einer Stelle, die daraus zitiert ist.",
            ),
            Status.PARTIAL: (
                "Teilweise belegt",
                "Prüfen Sie die markierten Sätze: für sie fand sich keine Quelle.",
            ),
            Status.UNSUPPORTED: (
                "Nicht belegt",
                "Für das, was das Modell schrieb, fand sich keine Quelle.",
            ),
            Status.NOT_IN_DOCUMENTS: (
                "Ihre Dokumente sagen es nicht",
                "Das Modell fand in den Textstellen keine Antwort.",
            ),
            Status.MODEL_UNAVAILABLE: (
                "Modell nicht erreichbar",
                "Es wurde keine Antwort geschrieben.",
            ),
            Status.NOTHING_READABLE: (
                "Nichts, was Sie lesen dürfen",
                "Kein Dokument, das antworten könnte, ist für Sie offen.",
            ),
            Status.NOT_ASKED: (
                "Im Wortlaut Ihrer Dokumente",
                "Es wurde kein Modell gefragt.",
            ),
        }
    ),
    verdicts=MappingProxyType(
        {
            Verdict.BACKED: (
                "Durch Ihre Dokumente belegt",
                "Die Nummern führen zu den Worten, auf denen jeder Satz beruht.",
            ),
            Verdict.PARTLY_BACKED: (
                "Teilweise belegt",
                "Vorn steht nur, was Ihre Dokumente belegen, dann deren eigener Wortlaut.",
            ),
            Verdict.QUOTED: (
                "Im Wortlaut Ihrer Dokumente",
                "Was das Modell schrieb, belegen sie nicht; es ist unten eingeklappt.",
            ),
            Verdict.COMPUTED: (
                "Ohne das Modell beantwortet",
                "Kein Sprachmodell war daran beteiligt.",
            ),
            Verdict.NO_CLEAR_ANSWER: ("Keine klare Antwort gefunden", "Das kommt am nächsten."),
            Verdict.NOT_IN_DOCUMENTS: (
                "Ihre Dokumente sagen es nicht",
                "Nichts darin kommt einer Antwort auf diese Frage nahe.",
            ),
            Verdict.NOTHING_READABLE: (
                "Nichts, was Sie lesen dürfen",
                "Kein passendes Dokument ist für Sie offen. Fragen Sie, wer diese Seite betreut.",
            ),
        }
    ),
    quoted_without_model="Diese Sätze antworten am besten.",
    quoted_not_asked="Diese Sätze antworten am besten. Es wurde kein Modell gefragt.",
    no_model_wrote="Das Modell ist gerade nicht erreichbar.",
    grades=MappingProxyType(
        {
            Grade.VERBATIM: "im Wortlaut des Dokuments",
            Grade.PARAPHRASE: "mit anderen Worten",
            Grade.NOT_FOUND: "in den Textstellen nicht gefunden",
            Grade.UNCHECKED: "nicht geprüft",
        }
    ),
    probably="steht wahrscheinlich in den Dokumenten",
    unchecked="nicht geprüft",
    beside_the_point="steht in den Dokumenten, antwortet aber nicht",
    extracts="Was die Dokumente sagen",
    computed_table="Ergebnis",
    model_text="Was das Modell schrieb (durch die Dokumente nicht belegt)",
    rest_of_model_text="Alles, was das Modell schrieb (teils nicht belegt)",
    sources="Quellen",
    passages="Gefundene Textstellen",
    sources_for="zu",
    none_found="Keine Textstelle passt zu dieser Frage.",
    nothing_near="Keine Textstelle kommt dieser Frage nahe.",
    sources_of_model="Quellen zum Text des Modells",
    also_read="Auch gelesen, nicht zitiert",
    also_found="Gefunden, nicht an das Modell gegeben",
    whole_passage="Ganze Textstelle",
    close="Quellen schließen",
    page="Seite {page}",
    passage_count=("1 Textstelle", "{n} Textstellen"),
    document_count=("1 Dokument", "{n} Dokumente"),
    generation="Generation {n}",
    searched_instead="Gesucht wurde nach „{text}“",
    without_model=(
        "Das Sprachmodell antwortet gerade nicht. Das hier ist der Wortlaut der Dokumente."
    ),
    searched_for="gesucht nach „{text}“",
    seconds="{n} s",
    profiles="Profile",
    change_profile="Profil wählen. Jetzt",
    everything="Alle Dokumente",
    everything_why="Ohne Profil: alles, was Sie lesen dürfen",
    ask_profile="{name} fragen",
    profile_gone=(
        "Das Profil {name} dieses Gesprächs gibt es hier nicht mehr. Was Sie jetzt fragen, geht an {other}."
    ),
    too_many_answers=(
        "Für Sie werden schon {n} Antworten geschrieben. Warten Sie auf eine davon, oder halten Sie eine an."
    ),
    no_longer_welcome=(
        "Sie sind abgemeldet, oder Ihre Leserechte haben sich geändert. Laden Sie die Seite neu und fragen "
        "Sie noch einmal."
    ),
    index_missing="Noch kein Index",
    index_missing_note="Noch wurde nichts eingelesen. Wer diese Seite betreut, kann helfen.",
    index_unavailable="Index nicht verfügbar",
    index_unavailable_note=(
        "Die Dokumente können gerade nicht durchsucht werden. Wer diese Seite betreut, kann helfen."
    ),
    model_answers="Bereit",
    model_ready="bereit",
    model_missing="Ohne Modell",
    model_silent="Das Modell antwortet gerade nicht.",
    model_missing_note="Die Dokumente antworten weiter, in ihrem Wortlaut.",
    details="Einzelheiten",
    question_empty="Schreiben Sie zuerst eine Frage.",
    question_too_long=(
        "Diese Frage hat {n} Zeichen; möglich sind höchstens {limit}. Kürzen Sie sie."
    ),
    broken="Auf dem Server ging etwas schief. Sein Protokoll sagt, was.",
    source="Quelle",
    in_document="Im Dokument lesen",
    on_page="Seite {page} ansehen",
    on_slide="Folie {page} lesen",
    opening="Das Dokument wird geöffnet",
    close_source="Dokument schließen",
    also_in="Dasselbe steht in",
    and_more="und {n} weiteren",
    newer_version="Es gibt eine neuere Fassung:",
    withdrawn=(
        "Dieses Dokument wurde inzwischen zurückgezogen. Was daraus zitiert war, wird nicht mehr gezeigt."
    ),
    not_there="Dieses Dokument ist nicht mehr da, oder Sie dürfen es nicht lesen.",
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
    withheld=(
        "Dieser Satz wird nicht gezeigt: Er beruht womöglich auf einem Dokument, das für Sie nicht "
        "mehr da ist."
    ),
    a_document="Ein Dokument",
    copy="Kopieren",
    copied="Mit den Quellen kopiert.",
    ask_again="Erneut fragen",
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
    share="Teilen oder speichern",
    share_link="Ein Link für Kollegen",
    share_link_why=(
        "Wer ihn öffnet, sieht dieses Gespräch, auch was Sie darin später fragen, soweit er die Dokumente "
        "dahinter selbst lesen darf. Sie können den Link jederzeit beenden, hier oder im Verlauf."
    ),
    share_create="Link erstellen",
    share_copy="Link kopieren",
    share_link_copied="Der Link ist kopiert.",
    share_end="Nicht mehr teilen",
    share_ended="Der Link führt ab jetzt ins Leere.",
    share_send="Senden",
    share_mail="Antwort per E-Mail senden",
    share_save="Speichern",
    share_answer="Diese Antwort:",
    share_all="Das ganze Gespräch:",
    share_print="Drucken oder als PDF speichern",
    shared_links="Mit einem Link geteilt",
    shared_with_you=(
        "Ein Kollege teilt dieses Gespräch. Sie sehen davon, was Sie lesen dürfen; was Sie unten fragen, "
        "wird ein eigenes Gespräch."
    ),
    link_gone="Dieser Link führt ins Leere: Das Gespräch wurde gelöscht oder wird nicht mehr geteilt.",
    conversation_gone=(
        "Dieses Gespräch gibt es nicht: Es wurde gelöscht, oder es gehört jemand anderem und ist nicht "
        "geteilt."
    ),
    history="Verlauf",
    history_search="In Ihren Gesprächen suchen",
    close_history="Verlauf schließen",
    none_kept="Noch nichts. Was Sie fragen, wird hier aufbewahrt, für Sie allein.",
    none_fit="Das steht in keinem Gespräch.",
    history_note=(
        "Nur für Sie, bis Sie es löschen. Wer diese Seite betreut, sieht ohne Ihren Namen, welche Fragen "
        "keine Antwort fanden."
    ),
    untitled="Ohne Titel",
    rename="Umbenennen",
    forget="Löschen",
    forget_sure="Dieses Gespräch endgültig löschen?",
    forget_all="Alle löschen",
    forget_all_sure="Alle Ihre Gespräche endgültig löschen?",
    export="Alle exportieren",
    question_count=("1 Frage", "{n} Fragen"),
    cut="Unterbrochen",
    cut_why="Die Verbindung zum Server brach ab. Ihre Frage steht wieder im Feld.",
    try_again="Noch einmal versuchen",
    suggested="Was sagt „{title}“ über „{heading}“?",
    next_questions="Als Nächstes fragen",
    about_document="Über dieses Dokument",
    ask_about="Zu diesem Dokument fragen",
    only_in="Nur in",
    scope_add="Nur bestimmte Dokumente fragen (@)",
    scope_list="Dokumente, Ordner und Schlagwörter",
    scope_document="Dokument",
    scope_remove="Entfernen",
    scope_found="{n} zur Auswahl",
    scope_nothing="Kein Dokument, Ordner oder Schlagwort heißt so.",
    scope_gone=(
        "„{name}“ gibt es nicht mehr, oder Sie dürfen es nicht lesen. Entfernen Sie es, um das Übrige zu "
        "fragen."
    ),
    export_this="Dieses Gespräch als Markdown",
    keys="Tasten",
    key_list=MappingProxyType(
        {
            "/": "zum Fragefeld",
            "@": "nur bestimmte Dokumente fragen",
            "[": "zur vorigen Belegstelle",
            "]": "zur nächsten Belegstelle",
            "Esc": "Offenes schließen",
            "?": "diese Liste",
        }
    ),
    server_busy="Gerade wird zu viel auf einmal gefragt. Versuchen Sie es gleich noch einmal.",
    still_answering=(
        "Ihre letzte Frage wird noch beantwortet. Versuchen Sie es gleich noch einmal."
    ),
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
            Status.MODEL_UNAVAILABLE: "Es wurde keine Antwort geschrieben.",
            Status.NOTHING_READABLE: "Es gibt kein Dokument, das Sie lesen dürfen.",
            Status.NOT_ASKED: "Es wurde kein Modell gefragt.",
        }
    ),
    tally="{n} von {sentences} durch Ihre Dokumente gestützt",
    sentence_count=("1 Satz", "{n} Sätzen"),
    rooms=GERMAN_ROOMS,
    admin=GERMAN_ADMIN,
    report=GERMAN_REPORT,
    formats=GERMAN_FORMATS,
)
