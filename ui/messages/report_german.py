"""The words of an evaluation's report in German."""

from __future__ import annotations

from types import MappingProxyType

from ui.messages.report import ReportTerms, ReportWords

GERMAN_REPORT = ReportWords(
    over="Messung · {when}",
    questions="Fragen",
    questions_of="{n}, davon {without} ohne Antwort",
    index="Index",
    chunk_count=("1 Abschnitt", "{n} Abschnitte"),
    generation="Generation {n}",
    embedder="Embedder",
    model="Modell",
    not_asked="nicht gefragt",
    took="Dauer",
    from_to="{low} bis {high}",
    all_figures="Alle Zahlen",
    by_type="Nach Art der Frage",
    without_part="Ohne {part}",
    went_wrong="Was schiefging",
    value="Wert",
    interval="95-%-Intervall",
    number_of_questions="Fragen",
    milliseconds="Millisekunden",
    with_="mit",
    without="ohne",
    lift="Gewinn",
    tile_recall="der Dokumente in {k} Treffern gefunden",
    tile_coverage="der Fakten in {budget} Wörtern gefunden",
    tile_containment="der Antworten enthalten die erwartete",
    tile_citations="der Zitate nennen einen bekannten Fakt",
    tile_abstention="ausgewogene Genauigkeit des Ablehnens",
    tile_search="für eine Suche, Median",
    curve="Gefundene Dokumente nach Zahl der Treffer",
    curve_says="Die Ausbeute steigt von {first} bei 1 Treffer auf {last} bei {n}",
    curve_note=(
        "Anteil der richtigen Dokumente unter den ersten Treffern: {first} bei 1, {middle} bei {k}, "
        "{last} bei {n}."
    ),
    hits="Treffer",
    recall_by_type="Ausbeute an Dokumenten in {k} Treffern, nach Art",
    containment_by_type="Antworten, die die erwartete enthalten, nach Art",
    citations_by_type="Zitate, die einen bekannten Fakt nennen, nach Art",
    weakest_first="Die schwächste Art steht zuerst; Balken sind 95-%-Intervalle.",
    left_out="Die {n} Arten mit den wenigsten Fragen stehen in der Tabelle.",
    statuses="Was aus den Fragen wurde",
    statuses_says="Zustände der Antworten",
    statuses_note=(
        "Fragen, die die Dokumente beantworten, sollten belegt sein, die anderen abgelehnt."
    ),
    has_answer="mit Antwort",
    has_none="ohne Antwort",
    risk="Was es brächte, zweifelhafte Fragen abzulehnen",
    risk_says="Risiko über Abdeckung",
    risk_axis="Anteil der beantworteten Fragen, die sichersten zuerst",
    risk_note=(
        "Anteil der beantworteten Fragen, die schiefgehen, je nachdem, wie sicher die Suche ist, dass die "
        "Dokumente es sagen. Wenn jede Frage beantwortet wird: {at_all}."
    ),
    time="Zeit",
    time_says="Summierter Anteil der Fragen über die Zeit",
    time_note="Anteil der Fragen, die nach so vielen Millisekunden fertig waren.",
    time_parallel="Gesucht wurde nacheinander, geantwortet bis zu {n}-mal zugleich.",
    search="Suche",
    first_word="erstes Token",
    whole_answer="ganze Antwort",
    brings="Was {part} bringt",
    brings_says="Gewinn durch {part}",
    brings_note=(
        "Um wie viel höher jede Zahl damit ist als ohne, bei denselben Fragen; wo das 95-%-Intervall die 0 "
        "einschließt, bringt es vielleicht nichts."
    ),
    none_wrong="Bei keiner Frage ging etwas schief.",
    how_many_wrong=(
        "{wrong} von {all} Fragen, in der Reihenfolge der Datei. Öffnen Sie eine, um zu sehen, was gefunden "
        "und gesagt wurde."
    ),
    more_wrong="{n} weitere stehen in report.json.",
    asked_before="Vorher gefragt",
    made_whole="Vervollständigt",
    expected="Erwartet",
    refusal="Eine Ablehnung: die Dokumente sagen es nicht.",
    known_facts="Bekannte Fakten",
    answer="Antwort",
    no_text="(kein Text)",
    citations="Zitate",
    without_documents="Ohne Dokumente",
    found="Gefunden",
    nothing="Nichts.",
    none_further="Auch weiter unten ist kein Treffer richtig.",
    first_right="Der erste richtige steht auf Platz {n}.",
    right="richtig",
    wrong="falsch",
)
GERMAN_TERMS = ReportTerms(
    meanings=MappingProxyType(
        {
            "recall": "Dokumente, die unter den ersten {k} Treffern gefunden wurden",
            "ndcg": "dasselbe, nach dem Rang gewichtet, unter den ersten {k} Treffern",
            "mrr": "1 durch den Rang des ersten Treffers aus einem richtigen Dokument",
            "coverage": "bekannte Fakten, die in den ersten {budget} Wörtern der Treffer stehen",
            "page_hit": "Fragen mit einer richtigen Seite unter den ersten {k} Treffern",
            "standalone": "{recall} von Anschlussfragen, vervollständigt gesucht",
            "containment": "Antworten, die eine erwartete enthalten",
            "token_f1": "Überschneidung der Wörter von Antwort und erwarteter Antwort",
            "citation_precision": "Zitate, die einen bekannten Fakt nennen",
            "citation_documents": "Zitate aus einem richtigen Dokument",
            "citation_recall": "bekannte Fakten, die ein Zitat nennt",
            "quotes": "Zitate, die Wort für Wort in ihrer Quelle stehen",
            "supported": "Sätze, die ein Zitat stützt",
            "right_doubted": "richtige Antworten, die als nicht gefunden gelten",
            "wrong_believed": "falsche Antworten, die als belegt gezeigt werden",
            "abstention_precision": "Ablehnungen, deren Frage keine Antwort hat",
            "abstention_recall": "Fragen ohne Antwort, die abgelehnt wurden",
            "abstention_accuracy": (
                "Mittel aus: Fragen ohne Antwort abgelehnt, die anderen beantwortet"
            ),
        }
    ),
    faults=MappingProxyType(
        {
            "No right document is among the first {n} hits.": (
                "Kein richtiges Dokument ist unter den ersten {n} Treffern."
            ),
            "Not every right document is among the first {n} hits.": (
                "Nicht jedes richtige Dokument ist unter den ersten {n} Treffern."
            ),
            "A known fact does not stand in the first {n} words of hits.": (
                "Ein bekannter Fakt steht nicht in den ersten {n} Wörtern der Treffer."
            ),
            "No right page is among the first {n} hits.": (
                "Keine richtige Seite ist unter den ersten {n} Treffern."
            ),
            "It was answered, but the documents do not say.": (
                "Es wurde geantwortet, obwohl die Dokumente es nicht sagen."
            ),
            "It was refused, but the documents say it.": (
                "Es wurde abgelehnt, obwohl die Dokumente es sagen."
            ),
            "The answer does not hold the expected one.": "Die Antwort enthält die erwartete nicht.",
            "Nothing in the documents supports the answer.": (
                "Nichts in den Dokumenten stützt die Antwort."
            ),
            "A citation quotes something else than the known facts.": (
                "Ein Zitat nennt etwas anderes als die bekannten Fakten."
            ),
            "A quotation does not stand word for word in its source.": (
                "Ein Zitat steht nicht Wort für Wort in seiner Quelle."
            ),
        }
    ),
    parts=MappingProxyType(
        {
            "retrieval": "das Nachschlagen",
            "dense": "die Vektorsuche",
            "lexical": "die Wortsuche",
            "rerank": "das Neuordnen",
        }
    ),
)
