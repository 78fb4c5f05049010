"""The words of the rooms beside the conversation in French."""

from __future__ import annotations

from types import MappingProxyType

from rag.index.catalog.ledger import FileState
from ui.messages.sections import RoomWords

FRENCH_ROOMS = RoomWords(
    rooms="Rubriques",
    menu="Menu",
    ask="Question",
    compare="Comparer",
    search="Recherche",
    documents="Documents",
    quality="Qualité",
    admin="Gestion",
    about="À propos",
    sign_out="Se déconnecter",
    own_language="Français",
    skip="Aller au contenu",
    not_there="Cette page n’existe pas, ou pas pour vous.",
    yes="oui",
    no="non",
    partly="en partie",
    search_lead="Les passages qui correspondent à vos mots, trouvés sans le modèle.",
    search_label="Que faut-il chercher ?",
    search_again="Chercher",
    any_folder="Tous les dossiers",
    any_type="Tous les types",
    any_tag="Toutes les étiquettes",
    any_state="Tous les états",
    folder="Dossier",
    type="Type",
    tag="Étiquette",
    changed_from="Modifié du",
    changed_until="au",
    clear="Effacer les filtres",
    nothing_fits="Aucun passage ne correspond. Essayez d’autres mots.",
    nothing_fits_filters=(
        "Aucun passage ne correspond. Essayez d’autres mots, ou moins de filtres."
    ),
    nothing_readable=(
        "Il n’y a ici aucun document que vous puissiez lire. Adressez-vous à la personne qui s’occupe de "
        "cette page."
    ),
    nothing_read_in="Aucun document n’a encore été lu.",
    best_first="{passages}, le meilleur en premier",
    more_hits="Afficher d’autres passages",
    why="Pourquoi il est ici",
    score="Score",
    score_why="d’après les deux classements ; plus il est élevé, mieux c’est",
    by_meaning="Selon le sens",
    by_words="Selon les mots",
    place_of="rang {n}",
    not_among="pas parmi les {n} premiers",
    matched="Vos mots dans ce passage",
    none_matched="aucun sous cette forme",
    bad_date="Une date s’écrit comme 2026-11-24.",
    documents_lead_plain="Tous les documents que vous pouvez lire.",
    documents_lead="Chaque fichier qui a été lu, et ce qu’il est devenu.",
    files="Fichiers",
    chunk_count=("{n} fragment", "{n} fragments"),
    name="Nom",
    name_filter="Nom ou titre",
    state="État",
    pages="Pages",
    author="Auteur",
    upload_closed=(
        "Lu, mais aucune règle d’accès ne vous l’ouvre. Adressez-vous au responsable de cette page."
    ),
    no_author="non indiqué dans le fichier",
    outline="Sommaire",
    begins="Comment il commence",
    size="Taille",
    changed="Modifié",
    read="Lu",
    states=MappingProxyType(
        {
            FileState.INDEXED: "dans l’index",
            FileState.PARTIAL: "en partie dans l’index",
            FileState.EMPTY: "sans texte",
            FileState.FAILED: "échec",
            FileState.SKIPPED: "ignoré",
        }
    ),
    types=MappingProxyType(
        {
            "text/plain": "Texte",
            "message/rfc822": "Courriel",
            "application/mbox": "Boîte aux lettres",
        }
    ),
    no_file="Aucun fichier ne correspond à ces filtres.",
    shown="{first} à {last} sur {total}",
    before="Précédent",
    after="Suivant",
    coverage="Couverture",
    coverage_why="pages avec du texte : {with_text} sur {pages}",
    last_run="Dernière lecture",
    last_run_why=(
        "ajouts : {added}, modifications : {updated}, suppressions : {deleted}, échecs : {failed} · "
        "{seconds} s"
    ),
    no_run="aucune pour l’instant",
    with_problems="Avec des problèmes",
    in_index="Dans l’index",
    pages_with_text="{with_text} sur {pages} avec du texte",
    generation_since="depuis la génération {n}",
    language="Langue",
    languages=MappingProxyType(
        {
            "de": "allemand",
            "en": "anglais",
            "es": "espagnol",
            "fr": "français",
            "it": "italien",
            "nl": "néerlandais",
            "pt": "portugais",
        }
    ),
    tags="Étiquettes",
    chunks="Fragments",
    chunks_lead=(
        "Ce que la recherche et le modèle reçoivent de ce document, morceau par morceau. "
        "La première ligne de chacun dit où il se trouve ; elle est lue avec le texte."
    ),
    no_chunks="L’index ne contient aucun texte de ce fichier.",
    characters="caractères {start} à {end}",
    back_to_documents="Tous les documents",
    read_it="Ouvrir",
    section="Section",
    other_versions="Autres versions",
    show_differences="Afficher les différences",
    no_differences="Rien ne diffère, sauf la mise en page.",
    inbox="Dépôt",
    upload="Téléverser des documents",
    upload_here="ou déposez-les ici. Ils sont lus aussitôt, dans un processus à part.",
    ingest_again="Relire le dépôt",
    withdraw="Retirer",
    withdraw_sure="Retirer {name} ? Il sera supprimé, et plus aucune réponse n’en sera tirée.",
    already_there="Il existe déjà un fichier {name}, déposé par {by}. Le remplacer ?",
    already_there_too="Il existe déjà un fichier {name}. Le remplacer ?",
    replace="Remplacer",
    keep_both="Garder les deux",
    withdraw_outside="Pour le retirer, ôtez-le de son dossier : il n’est pas dans le dépôt.",
    read_again="Relire",
    was_read_again="Le fichier a été relu ; voici le résultat.",
    cancel="Annuler",
    sending="Envoi de {name}",
    too_large="{name} est trop volumineux : un fichier fait au plus {limit}.",
    ingest_waiting="Une autre lecture est en cours ; celle-ci attend.",
    ingest_begins="Recherche de ce qui a changé",
    ingest_running="Lecture en cours : {files} sur {total} fichiers",
    ingest_done="Lecture terminée.",
    progress="Avancement",
    quality_lead=(
        "Comment les réponses sont trouvées et rédigées, mesuré sur vos propres questions."
    ),
    no_evaluation="Rien n’a encore été mesuré.",
    how_to_measure="Pour mesurer : inhouse eval questions.jsonl",
    feedback="Ce que les gens en disent",
    no_feedback="Personne n’a encore rien dit.",
    helpful="Utile",
    not_helpful="Pas utile",
    feedback_count="Réponses jugées utiles : {helpful}, pas utiles : {unhelpful}.",
    about_lead="Ce qui répond ici, sous quelle licence, et où restent vos données.",
    stays="Où restent les données",
    stays_here=(
        "Les documents, les questions et les réponses restent sur le serveur qui affiche cette page. "
        "La page ne charge rien d’ailleurs, et rien n’est signalé à qui que ce soit."
    ),
    stays_model=(
        "Les questions et les passages trouvés pour elles vont au serveur de modèle à l’adresse {url}."
    ),
    stays_judge=(
        "Les phrases des réponses et ce sur quoi elles reposent vont au serveur de modèle à l’adresse {url}."
    ),
    stays_loopback="C’est cette même machine.",
    stays_elsewhere="C’est une autre machine ; qui l’exploite peut les lire.",
    index_at="L’index se trouve dans {path}.",
    model="Modèle de langage",
    embedder="Recherche par le sens",
    reranker="Reclassement",
    reranks="Ce modèle lit les meilleurs passages avec la question, et les met en ordre.",
    entailment="Seconde vérification",
    entails=("Ce modèle lit chaque phrase d’une réponse avec sa citation, et doit l’y retrouver."),
    judge="Second avis",
    judges=(
        "Essayé sur des phrases de ces documents, il distingue assez souvent le vrai du faux : on "
        "l’interroge sur les phrases que les mots seuls ne tranchent pas."
    ),
    judges_not=(
        "Essayé sur des phrases de ces documents, il ne distingue pas assez souvent le vrai du faux : il n’a "
        "pas de voix."
    ),
    unknown_model="Le catalogue des modèles ouverts ne connaît pas {name}.",
    licence="Licence",
    weights="Les poids sont publics",
    training_data="Les données d’entraînement sont publiques",
    code="Le code est public",
    commercial="Usage commercial",
    parameters="Paramètres",
    context="Contexte",
    tokens="{n} tokens",
    memory="Mémoire",
    checked="État des connaissances au {date} ; ce que disent ses sources fait foi",
    versions="Versions",
    own_licence="Inhouse est un logiciel libre sous licence Apache 2.0.",
    notices="Mentions relatives aux tiers",
    notices_lead=(
        "Ce avec quoi Inhouse est construit, tel qu’installé ici, et la licence de chaque partie."
    ),
    package="Paquet",
    version="Version",
)
