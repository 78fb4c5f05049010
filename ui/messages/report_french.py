"""The words of an evaluation's report in French."""

from __future__ import annotations

from types import MappingProxyType

from ui.messages.report import ReportTerms, ReportWords
from ui.messages.typography import set_french_spacing

FRENCH_REPORT = ReportWords(
    over="Mesure · {when}",
    questions="Questions",
    questions_of="{n}, dont {without} sans réponse",
    index="Index",
    chunk_count=("{n} fragment", "{n} fragments"),
    generation="génération {n}",
    embedder="Recherche par le sens",
    model="Modèle",
    not_asked="non interrogé",
    took="Durée",
    seconds="{n} s",
    from_to="{low} à {high}",
    all_figures="Tous les chiffres",
    by_type="Par type de question",
    without_part="Sans {part}",
    went_wrong="Ce qui n’a pas marché",
    value="valeur",
    interval="intervalle à 95 %",
    number_of_questions="questions",
    milliseconds="millisecondes",
    with_="avec",
    without="sans",
    lift="gain",
    tile_recall="des documents trouvés en {k} résultats",
    tile_coverage="des faits trouvés en {budget} mots",
    tile_containment="des réponses contiennent celle attendue",
    tile_citations="des citations donnent un fait connu",
    tile_abstention="exactitude équilibrée des refus",
    tile_search="pour une recherche, médiane",
    curve="Documents trouvés, selon le nombre de résultats",
    curve_says="Le rappel passe de {first} pour 1 résultat à {last} pour {n}",
    curve_note=(
        "Part des bons documents parmi les premiers résultats : {first} avec 1, {middle} avec {k}, "
        "{last} avec {n}."
    ),
    hits="résultats",
    recall_by_type="Rappel des documents en {k} résultats, par type",
    containment_by_type="Réponses qui contiennent celle attendue, par type",
    citations_by_type="Citations qui donnent un fait connu, par type",
    weakest_first="Le type le plus faible est en tête ; les barres sont des intervalles à 95 %.",
    left_out="Les {n} types qui comptent le moins de questions sont dans le tableau.",
    statuses="Ce que sont devenues les questions",
    statuses_says="États des réponses",
    statuses_note=(
        "Les questions dont la réponse est dans les documents devraient être confirmées, les autres refusées."
    ),
    has_answer="avec réponse",
    has_none="sans réponse",
    risk="Ce qu’apporterait le refus des questions douteuses",
    risk_says="Risque selon la couverture",
    risk_axis="part des questions auxquelles on répond, les plus sûres d’abord",
    risk_note=(
        "Part des questions répondues qui tournent mal, selon la certitude de la recherche que les documents "
        "le disent. En répondant à toutes : {at_all}."
    ),
    time="Temps",
    time_says="Part cumulée des questions au fil du temps",
    time_note="Part des questions terminées dans ce nombre de millisecondes.",
    time_parallel="Les recherches se suivaient ; jusqu’à {n} réponses se faisaient à la fois.",
    search="recherche",
    first_word="premier token",
    whole_answer="réponse entière",
    brings="Ce qu’apporte {part}",
    brings_says="Gain par {part}",
    brings_note=(
        "De combien chaque chiffre est plus élevé avec que sans, pour les mêmes questions ; là où "
        "l’intervalle à 95 % contient 0, le gain est peut-être nul."
    ),
    none_wrong="Tout s’est bien passé pour toutes les questions.",
    how_many_wrong=(
        "{wrong} sur {all} questions, dans l’ordre du fichier. Ouvrez-en une pour voir ce qui a été trouvé "
        "et répondu."
    ),
    more_wrong="{n} de plus se trouvent dans report.json.",
    asked_before="Demandé avant",
    made_whole="Complétée",
    expected="Attendu",
    refusal="Un refus : les documents ne le disent pas.",
    known_facts="Faits connus",
    answer="Réponse",
    no_text="(pas de texte)",
    citations="Citations",
    without_documents="Sans documents",
    found="Trouvé",
    nothing="Rien.",
    none_further="Plus bas non plus, aucun résultat n’est bon.",
    first_right="Le premier bon est au rang {n}.",
    right="bon",
    wrong="mauvais",
)
FRENCH_TERMS = set_french_spacing(
    ReportTerms(
        meanings=MappingProxyType(
            {
                "recall": "documents trouvés parmi les {k} premiers résultats",
                "ndcg": "la même chose, pondérée par le rang, parmi les {k} premiers résultats",
                "mrr": "1 divisé par le rang du premier résultat tiré d’un bon document",
                "coverage": "faits connus qui figurent dans les {budget} premiers mots des résultats",
                "page_hit": "questions avec une bonne page parmi les {k} premiers résultats",
                "standalone": "{recall} des questions de suite, recherchées une fois complétées",
                "containment": "réponses qui en contiennent une attendue",
                "token_f1": "mots communs à la réponse et à la réponse attendue",
                "citation_precision": "citations qui donnent un fait connu",
                "citation_documents": "citations tirées d’un bon document",
                "citation_recall": "faits connus qu’une citation donne",
                "quotes": "citations qui figurent mot pour mot dans leur source",
                "supported": "phrases qu’une citation confirme",
                "right_doubted": "bonnes réponses tenues pour introuvables",
                "wrong_believed": "mauvaises réponses présentées comme confirmées",
                "abstention_precision": "refus dont la question n’a pas de réponse",
                "abstention_recall": "questions sans réponse qui ont été refusées",
                "abstention_accuracy": (
                    "moyenne de deux parts : questions sans réponse refusées, autres questions répondues"
                ),
            }
        ),
        faults=MappingProxyType(
            {
                "No right document is among the first {n} hits.": (
                    "Aucun bon document n’est parmi les {n} premiers résultats."
                ),
                "Not every right document is among the first {n} hits.": (
                    "Tous les bons documents ne sont pas parmi les {n} premiers résultats."
                ),
                "A known fact does not stand in the first {n} words of hits.": (
                    "Un fait connu ne figure pas dans les {n} premiers mots des résultats."
                ),
                "No right page is among the first {n} hits.": (
                    "Aucune bonne page n’est parmi les {n} premiers résultats."
                ),
                "It was answered, but the documents do not say.": (
                    "Il y a eu une réponse, alors que les documents ne le disent pas."
                ),
                "It was refused, but the documents say it.": (
                    "Il y a eu un refus, alors que les documents le disent."
                ),
                "The answer does not hold the expected one.": (
                    "La réponse ne contient pas celle attendue."
                ),
                "Nothing in the documents supports the answer.": (
                    "Rien dans les documents ne confirme la réponse."
                ),
                "A citation quotes something else than the known facts.": (
                    "Une citation donne autre chose que les faits connus."
                ),
                "A quotation does not stand word for word in its source.": (
                    "Une citation ne figure pas mot pour mot dans sa source."
                ),
            }
        ),
        parts=MappingProxyType(
            {
                "retrieval": "la recherche dans les documents",
                "dense": "la recherche par le sens",
                "lexical": "la recherche par les mots",
                "rerank": "le reclassement",
            }
        ),
    )
)
