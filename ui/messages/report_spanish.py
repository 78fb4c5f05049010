"""The words of an evaluation's report in Spanish."""

from __future__ import annotations

from types import MappingProxyType

from ui.messages.report import ReportTerms, ReportWords

SPANISH_REPORT = ReportWords(
    over="Medición · {when}",
    questions="Preguntas",
    questions_of="{n}, de ellas {without} sin respuesta",
    index="Índice",
    chunk_count=("{n} fragmento", "{n} fragmentos"),
    generation="generación {n}",
    embedder="Búsqueda por significado",
    model="Modelo",
    not_asked="no consultado",
    took="Duración",
    seconds="{n} s",
    from_to="{low} a {high}",
    all_figures="Todas las cifras",
    by_type="Por tipo de pregunta",
    without_part="Sin {part}",
    went_wrong="Lo que salió mal",
    value="valor",
    interval="intervalo del 95 %",
    number_of_questions="preguntas",
    milliseconds="milisegundos",
    with_="con",
    without="sin",
    lift="mejora",
    tile_recall="de los documentos, encontrados en {k} resultados",
    tile_coverage="de los hechos, encontrados en {budget} palabras",
    tile_containment="de las respuestas contienen la esperada",
    tile_citations="de las citas dan un hecho conocido",
    tile_abstention="exactitud equilibrada de los rechazos",
    tile_search="por búsqueda, mediana",
    curve="Documentos encontrados, según el número de resultados",
    curve_says="La exhaustividad pasa de {first} con 1 resultado a {last} con {n}",
    curve_note=(
        "Proporción de documentos correctos entre los primeros resultados: {first} con 1, {middle} con {k}, "
        "{last} con {n}."
    ),
    hits="resultados",
    recall_by_type="Exhaustividad de documentos en {k} resultados, por tipo",
    containment_by_type="Respuestas que contienen la esperada, por tipo",
    citations_by_type="Citas que dan un hecho conocido, por tipo",
    weakest_first="El tipo más débil va primero; las barras son intervalos del 95 %.",
    left_out="Los {n} tipos con menos preguntas están en la tabla.",
    statuses="Qué ha sido de las preguntas",
    statuses_says="Estados de las respuestas",
    statuses_note=(
        "Las preguntas con respuesta en los documentos deberían quedar respaldadas; las demás, rechazadas."
    ),
    has_answer="con respuesta",
    has_none="sin respuesta",
    risk="Lo que se ganaría al rechazar las preguntas dudosas",
    risk_says="Riesgo según la cobertura",
    risk_axis="proporción de preguntas que se responden, primero las más seguras",
    risk_note=(
        "Proporción de preguntas respondidas que salen mal, según lo segura que está la búsqueda de que los "
        "documentos lo dicen. Si se responden todas: {at_all}."
    ),
    time="Tiempo",
    time_says="Proporción acumulada de preguntas a lo largo del tiempo",
    time_note="Proporción de preguntas terminadas en ese número de milisegundos.",
    time_parallel="Se buscaba de una en una; se respondían hasta {n} a la vez.",
    search="búsqueda",
    first_word="primer token",
    whole_answer="respuesta completa",
    brings="Lo que aporta {part}",
    brings_says="Mejora por {part}",
    brings_note=(
        "Cuánto más alta es cada cifra con esa parte que sin ella, en las mismas preguntas; donde el "
        "intervalo del 95 % incluye el 0, puede que no aporte nada."
    ),
    none_wrong="No salió mal nada en ninguna pregunta.",
    how_many_wrong=(
        "{wrong} de {all} preguntas, en el orden del archivo. Abra una para ver qué se encontró y qué se "
        "respondió."
    ),
    more_wrong="{n} más están en report.json.",
    asked_before="Preguntado antes",
    made_whole="Completada",
    expected="Esperado",
    refusal="Un rechazo: los documentos no lo dicen.",
    known_facts="Hechos conocidos",
    answer="Respuesta",
    no_text="(sin texto)",
    citations="Citas",
    without_documents="Sin documentos",
    found="Encontrado",
    nothing="Nada.",
    none_further="Tampoco más abajo hay ningún resultado correcto.",
    first_right="El primero correcto está en el puesto {n}.",
    right="correcto",
    wrong="incorrecto",
)
SPANISH_TERMS = ReportTerms(
    meanings=MappingProxyType(
        {
            "recall": "documentos encontrados entre los primeros {k} resultados",
            "ndcg": "lo mismo, ponderado por el puesto, entre los primeros {k} resultados",
            "mrr": "1 dividido por el puesto del primer resultado de un documento correcto",
            "coverage": "hechos conocidos que figuran en las primeras {budget} palabras de los resultados",
            "page_hit": "preguntas con una página correcta entre los primeros {k} resultados",
            "standalone": "{recall} de preguntas de seguimiento, buscadas una vez completadas",
            "containment": "respuestas que contienen una esperada",
            "token_f1": "palabras comunes a la respuesta y a la esperada",
            "citation_precision": "citas que dan un hecho conocido",
            "citation_documents": "citas de un documento correcto",
            "citation_recall": "hechos conocidos que da alguna cita",
            "quotes": "citas que figuran palabra por palabra en su fuente",
            "supported": "frases que una cita respalda",
            "right_doubted": "respuestas correctas que se dan por no encontradas",
            "wrong_believed": "respuestas incorrectas que se muestran como respaldadas",
            "abstention_precision": "rechazos cuya pregunta no tiene respuesta",
            "abstention_recall": "preguntas sin respuesta que se rechazaron",
            "abstention_accuracy": (
                "media de dos proporciones: preguntas sin respuesta rechazadas y las demás respondidas"
            ),
        }
    ),
    faults=MappingProxyType(
        {
            "No right document is among the first {n} hits.": (
                "Ningún documento correcto está entre los primeros {n} resultados."
            ),
            "Not every right document is among the first {n} hits.": (
                "No todos los documentos correctos están entre los primeros {n} resultados."
            ),
            "A known fact does not stand in the first {n} words of hits.": (
                "Un hecho conocido no figura en las primeras {n} palabras de los resultados."
            ),
            "No right page is among the first {n} hits.": (
                "Ninguna página correcta está entre los primeros {n} resultados."
            ),
            "It was answered, but the documents do not say.": (
                "Se respondió, aunque los documentos no lo dicen."
            ),
            "It was refused, but the documents say it.": (
                "Se rechazó, aunque los documentos lo dicen."
            ),
            "The answer does not hold the expected one.": "La respuesta no contiene la esperada.",
            "Nothing in the documents supports the answer.": (
                "Nada en los documentos respalda la respuesta."
            ),
            "A citation quotes something else than the known facts.": (
                "Una cita da algo distinto de los hechos conocidos."
            ),
            "A quotation does not stand word for word in its source.": (
                "Una cita no figura palabra por palabra en su fuente."
            ),
        }
    ),
    parts=MappingProxyType(
        {
            "retrieval": "la búsqueda en los documentos",
            "dense": "la búsqueda por significado",
            "lexical": "la búsqueda por palabras",
            "rerank": "la reordenación",
        }
    ),
)
