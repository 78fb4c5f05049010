"""The words of an evaluation's report in German."""

from __future__ import annotations

from ui.messages.report import ReportWords

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
