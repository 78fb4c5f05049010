"""The words of the rooms beside the conversation in Spanish."""

from __future__ import annotations

from types import MappingProxyType

from rag.index.catalog.ledger import FileState
from ui.messages.sections import RoomWords

SPANISH_ROOMS = RoomWords(
    rooms="Secciones",
    menu="Menú",
    ask="Preguntar",
    compare="Comparar",
    search="Buscar",
    documents="Documentos",
    quality="Calidad",
    admin="Gestión",
    about="Acerca de",
    sign_out="Cerrar sesión",
    own_language="Español",
    skip="Ir al contenido",
    not_there="Esta página no existe, o no es para usted.",
    yes="sí",
    no="no",
    partly="en parte",
    search_lead="Los pasajes que corresponden a sus palabras, encontrados sin el modelo.",
    search_label="¿Qué hay que buscar?",
    search_again="Buscar",
    any_folder="Todas las carpetas",
    any_type="Todos los tipos",
    any_tag="Todas las etiquetas",
    any_state="Todos los estados",
    folder="Carpeta",
    type="Tipo",
    tag="Etiqueta",
    changed_from="Modificado desde",
    changed_until="hasta",
    clear="Quitar los filtros",
    nothing_fits="Ningún pasaje corresponde. Pruebe con otras palabras.",
    nothing_fits_filters=(
        "Ningún pasaje corresponde. Pruebe con otras palabras o con menos filtros."
    ),
    nothing_readable=(
        "Aquí no hay ningún documento que usted pueda leer. Consulte a quien se encarga de esta página."
    ),
    nothing_read_in="Aún no se ha leído ningún documento.",
    best_first="{passages}, primero el mejor",
    more_hits="Mostrar más pasajes",
    why="Por qué está aquí",
    score="Puntuación",
    score_why="de las dos clasificaciones; cuanto más alta, mejor",
    by_meaning="Por el significado",
    by_words="Por las palabras",
    place_of="puesto {n}",
    not_among="no está entre los primeros {n}",
    matched="Sus palabras en él",
    none_matched="ninguna en esa forma",
    bad_date="Una fecha se escribe como 2026-11-24.",
    documents_lead_plain="Todos los documentos que usted puede leer.",
    documents_lead="Cada archivo que se leyó, y qué ha sido de él.",
    files="Archivos",
    chunk_count=("{n} fragmento", "{n} fragmentos"),
    name="Nombre",
    name_filter="Nombre o título",
    state="Estado",
    pages="Páginas",
    author="Autor",
    upload_closed=(
        "Leído, pero ninguna regla de acceso se lo abre. Pregunte a quien se ocupa de esta página."
    ),
    no_author="no figura en el archivo",
    outline="Contenido",
    begins="Cómo empieza",
    size="Tamaño",
    changed="Modificado",
    read="Leído",
    states=MappingProxyType(
        {
            FileState.INDEXED: "en el índice",
            FileState.PARTIAL: "en parte en el índice",
            FileState.EMPTY: "sin texto",
            FileState.FAILED: "con error",
            FileState.SKIPPED: "omitido",
        }
    ),
    types=MappingProxyType(
        {"text/plain": "Texto", "message/rfc822": "Correo", "application/mbox": "Buzón"}
    ),
    no_file="Ningún archivo corresponde a estos filtros.",
    shown="{first} a {last} de {total}",
    before="Anterior",
    after="Siguiente",
    coverage="Cobertura",
    coverage_why="páginas con texto: {with_text} de {pages}",
    last_run="Última lectura",
    last_run_why=(
        "nuevos: {added}, modificados: {updated}, eliminados: {deleted}, con error: {failed} · {seconds} s"
    ),
    no_run="ninguna todavía",
    with_problems="Con problemas",
    in_index="En el índice",
    pages_with_text="{with_text} de {pages} con texto",
    generation_since="desde la generación {n}",
    language="Idioma",
    languages=MappingProxyType(
        {
            "de": "alemán",
            "en": "inglés",
            "es": "español",
            "fr": "francés",
            "it": "italiano",
            "nl": "neerlandés",
            "pt": "portugués",
        }
    ),
    tags="Etiquetas",
    chunks="Fragmentos",
    chunks_lead=(
        "Lo que la búsqueda y el modelo reciben de este documento, trozo a trozo. "
        "La primera línea de cada uno dice dónde está; se lee junto con el texto."
    ),
    no_chunks="El índice no contiene ningún texto de este archivo.",
    characters="caracteres {start} a {end}",
    back_to_documents="Todos los documentos",
    read_it="Abrir",
    section="Sección",
    other_versions="Otras versiones",
    show_differences="Mostrar las diferencias",
    no_differences="Nada es distinto, salvo el formato.",
    inbox="Bandeja de entrada",
    upload="Subir documentos",
    upload_here="o suéltelos aquí. Se leen enseguida, en un proceso aparte.",
    ingest_again="Volver a leer la bandeja",
    withdraw="Retirar",
    withdraw_sure="¿Retirar {name}? Se borrará, y ya no se responderá nada a partir de él.",
    already_there="Ya hay un archivo {name}, de {by}. ¿Reemplazarlo?",
    already_there_too="Ya hay un archivo {name}. ¿Reemplazarlo?",
    replace="Reemplazar",
    keep_both="Conservar los dos",
    withdraw_outside="Para retirarlo, sáquelo de su carpeta: no está en la bandeja de entrada.",
    read_again="Volver a leer",
    was_read_again="El archivo se volvió a leer; este es el resultado.",
    cancel="Cancelar",
    sending="Enviando {name}",
    too_large="{name} es demasiado grande: un archivo tiene como máximo {limit}.",
    ingest_waiting="Hay otra lectura en curso; esta espera.",
    ingest_begins="Buscando lo que ha cambiado",
    ingest_running="Leyendo: {files} de {total} archivos",
    ingest_done="Lectura terminada.",
    progress="Avance",
    quality_lead=(
        "Lo bien que se encuentran y se responden las preguntas, medido con preguntas propias."
    ),
    no_evaluation="Aún no se ha medido nada.",
    how_to_measure="Para medirlo: inhouse eval questions.jsonl",
    feedback="Lo que dice la gente",
    no_feedback="Nadie ha dicho nada todavía.",
    helpful="Útil",
    not_helpful="No es útil",
    feedback_count="Respuestas útiles, según quien las leyó: {helpful}; no útiles: {unhelpful}.",
    about_lead="Qué responde aquí, con qué licencia, y dónde quedan sus datos.",
    stays="Dónde quedan los datos",
    stays_here=(
        "Los documentos, las preguntas y las respuestas quedan en el servidor que muestra esta página. "
        "La página no carga nada de otro sitio, y no se comunica nada a nadie."
    ),
    stays_model=(
        "Las preguntas y los pasajes encontrados para ellas van al servidor del modelo en {url}."
    ),
    stays_judge="Frases de las respuestas, y en qué se apoyan, van al servidor del modelo en {url}.",
    stays_loopback="Es esta misma máquina.",
    stays_elsewhere="Es otra máquina; quien la administra puede leerlos.",
    index_at="El índice está en {path}.",
    model="Modelo de lenguaje",
    embedder="Búsqueda por significado",
    reranker="Reordenación",
    reranks="Este modelo lee los mejores pasajes junto con la pregunta, y los ordena.",
    entailment="Segunda comprobación",
    entails=(
        "Este modelo lee cada frase de una respuesta junto con su cita, y tiene que encontrarla en ella."
    ),
    judge="Segunda opinión",
    judges=(
        "Probado con frases de estos documentos, distingue bastante a menudo lo cierto de lo falso: se le "
        "consulta sobre las frases que las palabras por sí solas no resuelven."
    ),
    judges_not=(
        "Probado con frases de estos documentos, no distingue bastante a menudo lo cierto de lo falso: no "
        "tiene voto."
    ),
    unknown_model="El catálogo de modelos abiertos no conoce {name}.",
    licence="Licencia",
    weights="Los pesos son públicos",
    training_data="Los datos de entrenamiento son públicos",
    code="El código es público",
    commercial="Uso comercial",
    parameters="Parámetros",
    context="Contexto",
    tokens="{n} tokens",
    memory="Memoria",
    checked="Según lo conocido el {date}; vale lo que digan sus fuentes",
    versions="Versiones",
    own_licence="Inhouse es software libre con la licencia Apache 2.0.",
    notices="Avisos sobre terceros",
    notices_lead=(
        "Con qué está hecho Inhouse, tal como está instalado aquí, y la licencia de cada parte."
    ),
    package="Paquete",
    version="Versión",
)
