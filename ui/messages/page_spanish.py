"""The page's words in Spanish."""

from __future__ import annotations

from types import MappingProxyType

from rag.answer import Grade, Status, Verdict
from ui.messages.admin_spanish import SPANISH_ADMIN
from ui.messages.formats import SPANISH_FORMATS
from ui.messages.page import Words
from ui.messages.report_spanish import SPANISH_REPORT
from ui.messages.sections_spanish import SPANISH_ROOMS

_SHOWN = "Este es el texto que se leyó de él."
_NOT_IN_DOCUMENTS = "Sus documentos no lo dicen"
_NOTHING_READABLE = "Nada que usted pueda leer"
_OWN_WORDS = "Con las palabras de sus documentos"

SPANISH = Words(
    language="es",
    heading="Pregunte a sus documentos",
    promise=(
        "Responden los documentos de su propia empresa, con sus mismas palabras. "
        "Lo que añade el modelo solo se muestra si ellos lo respaldan."
    ),
    starters="Por ejemplo",
    fields="O pregunte sobre un tema",
    label="Su pregunta",
    placeholder="Su pregunta",
    ask="Preguntar",
    stop="Detener",
    new="Nueva conversación",
    caution=(
        "Las respuestas pueden ser erróneas. Los pasajes citados son el texto mismo de los documentos."
    ),
    skip="Ir a la pregunta",
    loading="Abriendo la página",
    no_script="Esta página necesita JavaScript, que está desactivado en su navegador.",
    lost="La página no consigue conectar con su servidor. Compruebe que sigue en marcha.",
    you="Su pregunta",
    searching="Buscando en los documentos",
    resolving="Su pregunta se reformula para la búsqueda",
    reading="Leyendo {passages}",
    writing="El modelo está escribiendo. Lo que sus documentos respalden aparecerá aquí.",
    writing_unchecked="Escribiendo, sin comprobar",
    broke_off=(
        "El modelo se interrumpió. Lo que había escrito hasta entonces se comprobó en lo posible."
    ),
    stopped="Detenido",
    stopped_why="El texto del modelo termina donde usted lo detuvo.",
    interrupted="Sin terminar",
    interrupted_why=(
        "La respuesta terminó antes de estar completa. Pregunte otra vez para verla entera."
    ),
    failed="Sin respuesta",
    no_source="no está en los documentos",
    show_sources="Mostrar las fuentes",
    show_passages="Mostrar los pasajes",
    statuses=MappingProxyType(
        {
            Status.GROUNDED: (
                "Respaldado por sus documentos",
                "Cada frase figura en un pasaje citado de ellos.",
            ),
            Status.PARTIAL: (
                "Respaldado en parte",
                "Compruebe las frases marcadas: no se encontró ninguna fuente para ellas.",
            ),
            Status.UNSUPPORTED: (
                "Sin respaldo",
                "No se encontró ninguna fuente para lo que escribió el modelo.",
            ),
            Status.NOT_IN_DOCUMENTS: (
                _NOT_IN_DOCUMENTS,
                "El modelo no encontró ninguna respuesta en los pasajes.",
            ),
            Status.MODEL_UNAVAILABLE: (
                "Modelo no disponible",
                "No se escribió ninguna respuesta.",
            ),
            Status.NOTHING_READABLE: (
                _NOTHING_READABLE,
                "Ningún documento que pueda responder está abierto para usted.",
            ),
            Status.NOT_ASKED: (_OWN_WORDS, "No se consultó ningún modelo."),
        }
    ),
    verdicts=MappingProxyType(
        {
            Verdict.BACKED: (
                "Respaldado por sus documentos",
                "Los números llevan a las palabras en las que se apoya cada frase.",
            ),
            Verdict.PARTLY_BACKED: (
                "Respaldado en parte",
                "Primero va solo lo que sus documentos respaldan; después, sus propias palabras.",
            ),
            Verdict.QUOTED: (
                _OWN_WORDS,
                "No respaldan lo que escribió el modelo; está plegado más abajo.",
            ),
            Verdict.COMPUTED: (
                "Respondido sin el modelo",
                "No intervino ningún modelo de lenguaje.",
            ),
            Verdict.NO_CLEAR_ANSWER: (
                "Sin respuesta clara",
                "Esto es lo que más se acerca.",
            ),
            Verdict.NOT_IN_DOCUMENTS: (
                _NOT_IN_DOCUMENTS,
                "Nada en ellos se acerca a una respuesta a esta pregunta.",
            ),
            Verdict.NOTHING_READABLE: (
                _NOTHING_READABLE,
                "Ningún documento que pueda responder está abierto para usted. Consulte a quien se encarga "
                "de esta página.",
            ),
        }
    ),
    quoted_without_model="Estas frases son las que mejor responden.",
    quoted_not_asked="Estas frases son las que mejor responden. No se consultó ningún modelo.",
    no_model_wrote="El modelo no está disponible en este momento.",
    without_model=(
        "El modelo de lenguaje no responde en este momento. Este es el texto mismo de los documentos."
    ),
    grades=MappingProxyType(
        {
            Grade.VERBATIM: "con las palabras del documento",
            Grade.PARAPHRASE: "con otras palabras",
            Grade.NOT_FOUND: "no está en los pasajes",
            Grade.UNCHECKED: "sin comprobar",
        }
    ),
    probably="probablemente en los documentos",
    unchecked="sin comprobar",
    beside_the_point="está en los documentos, pero no responde a la pregunta",
    extracts="Lo que dicen los documentos",
    computed_table="Resultado",
    model_text="Lo que escribió el modelo (sin respaldo de los documentos)",
    rest_of_model_text="Todo lo que escribió el modelo (en parte sin respaldo de los documentos)",
    sources="Fuentes",
    passages="Pasajes encontrados",
    sources_for="para",
    none_found="Ningún pasaje corresponde a esta pregunta.",
    nothing_near="Ningún pasaje se acerca a esta pregunta.",
    sources_of_model="Fuentes de lo que escribió el modelo",
    also_read="También leídos, no citados",
    also_found="Encontrados, no enviados al modelo",
    whole_passage="Pasaje completo",
    close="Cerrar las fuentes",
    page="página {page}",
    passage_count=("{n} pasaje", "{n} pasajes"),
    document_count=("{n} documento", "{n} documentos"),
    generation="generación {n}",
    searched_for="búsqueda: «{text}»",
    searched_instead="Se buscó «{text}»",
    seconds="{n} s",
    profiles="Perfiles",
    change_profile="Elegir un perfil. Ahora",
    everything="Todos los documentos",
    everything_why="Sin perfil: todo lo que usted puede leer",
    ask_profile="Preguntar a {name}",
    profile_gone=(
        "El perfil {name} de esta conversación ya no se ofrece. Lo que pregunte ahora se dirige a {other}."
    ),
    too_many_answers="Respuestas que ya se están escribiendo para usted: {n}. Espere una o detenga una.",
    no_longer_welcome=(
        "Su sesión se ha cerrado, o ha cambiado lo que puede leer. Vuelva a cargar la página y pregunte "
        "otra vez."
    ),
    index_missing="Todavía no hay índice",
    index_missing_note=(
        "Aún no se ha leído ningún documento. Consulte a quien se encarga de esta página."
    ),
    index_unavailable="Índice no disponible",
    index_unavailable_note=(
        "En este momento no se puede buscar en los documentos. Consulte a quien se encarga de esta página."
    ),
    model_ready="listo",
    model_answers="Listo",
    model_missing="Modelo no disponible",
    model_silent="El modelo no responde en este momento.",
    model_missing_note="Los documentos siguen respondiendo, con sus propias palabras.",
    details="Detalles",
    question_empty="Escriba primero una pregunta.",
    question_too_long=(
        "Esta pregunta tiene {n} caracteres; el máximo es {limit}. Hágala más corta."
    ),
    broken="Algo falló en el servidor. Su registro dice qué.",
    source="Fuente",
    in_document="Leerlo en el documento",
    on_page="Ver la página {page}",
    on_slide="Leer la diapositiva {page}",
    opening="Abriendo el documento",
    close_source="Cerrar el documento",
    also_in="Lo mismo figura en",
    and_more="y {n} más",
    newer_version="Hay una versión más reciente:",
    withdrawn="Este documento se retiró después. Lo que se citaba de él ya no se muestra.",
    not_there="Este documento ya no está, o usted no puede leerlo.",
    quote_gone=(
        "El documento ha cambiado desde esta respuesta; las palabras citadas ya no figuran en él."
    ),
    no_originals="Los archivos originales no se pueden descargar aquí.",
    file_notes=MappingProxyType(
        {
            "access": f"El archivo original ya no está donde estaba. {_SHOWN}",
            "changed": f"El archivo original ha cambiado desde que se leyó. {_SHOWN}",
            "unreadable": (
                "La página no se puede mostrar como imagen. Este es el texto que se leyó de ella."
            ),
        }
    ),
    picture_of="Página {page} de {title}",
    page_of="{page} de {pages}",
    page_before="Página anterior",
    page_after="Página siguiente",
    slide="diapositiva {page}",
    zoom_in="Ampliar",
    zoom_out="Reducir",
    zoom_fit="Ajustar",
    as_text="Como texto",
    as_picture="Tal como es",
    download="Descargar",
    earlier="Mostrar lo que va antes",
    later="Mostrar lo que sigue",
    sources_gone="Algo en lo que se apoya esta respuesta se retiró después. Lo demás sigue igual.",
    withheld=(
        "Esta frase no se muestra: puede apoyarse en un documento que ya no está disponible para usted."
    ),
    a_document="Un documento",
    copy="Copiar",
    copied="Copiado, con sus fuentes.",
    ask_again="Repetir",
    edit="Editar la pregunta",
    helpful="Útil",
    unhelpful="No útil",
    helpful_thanks="Gracias. ¿Qué le pareció bien?",
    unhelpful_title="¿Qué estaba mal?",
    reason="Motivo",
    reasons=MappingProxyType(
        {
            "wrong": "Es incorrecto",
            "incomplete": "Falta algo",
            "wrong_source": "La fuente no corresponde",
            "not_found": "Los documentos sí lo dicen",
            "unclear": "Cuesta entenderlo",
            "other": "Otra cosa",
        }
    ),
    note="Algo más (si quiere)",
    feedback_seen=(
        "Se guarda con la pregunta y la respuesta, para quienes se encargan de esta página."
    ),
    leave_it="Cerrar",
    send="Enviar",
    thanks="Gracias. Su opinión queda guardada.",
    share="Compartir o guardar",
    share_link="Un enlace para compañeros",
    share_link_why=(
        "Quien lo abra ve esta conversación, y lo que usted pregunte en ella más tarde, en la medida en que "
        "pueda leer los documentos en los que se apoya. Puede desactivar el enlace en cualquier momento, "
        "aquí o en su historial."
    ),
    share_create="Crear un enlace",
    share_copy="Copiar el enlace",
    share_link_copied="El enlace se ha copiado.",
    share_end="Dejar de compartir",
    share_ended="Desde ahora el enlace no lleva a ninguna parte.",
    share_send="Enviar",
    share_mail="Escribir un correo con esta respuesta",
    share_save="Guardar",
    share_answer="Esta respuesta:",
    share_all="Toda la conversación:",
    share_print="Imprimir o guardar como PDF",
    shared_links="Compartidas con un enlace",
    shared_with_you=(
        "Un compañero comparte esta conversación. Usted ve de ella lo que puede leer; lo que pregunte abajo "
        "será una conversación propia."
    ),
    link_gone=(
        "Este enlace no lleva a ninguna parte: la conversación se borró, o ya no se comparte."
    ),
    conversation_gone=(
        "Esta conversación no existe: se borró, o es de otra persona y no está compartida."
    ),
    history="Historial",
    history_search="Buscar en sus conversaciones",
    close_history="Cerrar el historial",
    none_kept="Todavía nada. Lo que pregunte se guarda aquí, solo para usted.",
    none_fit="Esto no figura en ninguna conversación.",
    history_note=(
        "Se guarda solo para usted, hasta que lo borre. Quienes se encargan de esta página ven qué preguntas "
        "quedaron sin respuesta, sin su nombre."
    ),
    untitled="Sin título",
    rename="Cambiar el nombre",
    forget="Borrar",
    forget_sure="¿Borrar esta conversación para siempre?",
    forget_all="Borrar todo",
    forget_all_sure="¿Borrar todas sus conversaciones para siempre?",
    export="Exportar todo",
    question_count=("{n} pregunta", "{n} preguntas"),
    cut="Interrumpido",
    cut_why="Se perdió la conexión con el servidor. Su pregunta vuelve a estar en el campo.",
    try_again="Intentarlo otra vez",
    suggested="¿Qué dice «{title}» sobre «{heading}»?",
    next_questions="Para seguir preguntando",
    about_document="Acerca de este documento",
    ask_about="Preguntar sobre este documento",
    only_in="Solo en",
    scope_add="Preguntar solo a algunos documentos (@)",
    scope_list="Documentos, carpetas y etiquetas",
    scope_document="Documento",
    scope_remove="Quitar",
    scope_found="{n} para elegir",
    scope_nothing="Ningún documento, carpeta o etiqueta tiene ese nombre.",
    scope_gone="«{name}» ya no existe, o usted no puede leerlo. Quítelo para preguntar al resto.",
    export_this="Esta conversación en Markdown",
    keys="Teclas",
    key_list=MappingProxyType(
        {
            "/": "ir al campo de la pregunta",
            "@": "preguntar solo a algunos documentos",
            "[": "cita anterior",
            "]": "cita siguiente",
            "Esc": "cerrar lo que está abierto",
            "?": "esta lista",
        }
    ),
    server_busy="Se están haciendo demasiadas preguntas. Inténtelo de nuevo en un momento.",
    still_answering=(
        "Todavía se está respondiendo a su última pregunta. Inténtelo de nuevo en un momento."
    ),
    compare="Comparar",
    compare_heading="El mismo modelo, con y sin sus documentos",
    compare_lead=(
        "Una pregunta, hecha dos veces. Por sí solo, el modelo responde con lo que leyó alguna vez en algún "
        "sitio. Con sus documentos, cada frase tiene que apoyarse en un pasaje que usted puede abrir."
    ),
    compare_stopped="Detenido.",
    compare_full="Hay demasiadas comparaciones en curso. Inténtelo de nuevo en un momento.",
    sides=MappingProxyType(
        {
            "alone": ("El modelo solo", "Sin un solo documento."),
            "with": ("Con sus documentos", "El mismo modelo lee lo que dicen sus documentos."),
        }
    ),
    thinking="Respondiendo de memoria",
    alone_why=MappingProxyType(
        {
            Status.GROUNDED: "Por azar o por su entrenamiento, sus documentos dicen lo mismo.",
            Status.PARTIAL: "Sus documentos solo respaldan una parte.",
            Status.UNSUPPORTED: "Sus documentos no respaldan nada de esto.",
            Status.NOT_IN_DOCUMENTS: "Dice que no lo sabe.",
            Status.MODEL_UNAVAILABLE: "No se escribió ninguna respuesta.",
            Status.NOTHING_READABLE: "No hay ningún documento que usted pueda leer.",
            Status.NOT_ASKED: "No se consultó ningún modelo.",
        }
    ),
    tally="Respaldado por sus documentos: {n} de {sentences}",
    sentence_count=("{n} frase", "{n} frases"),
    rooms=SPANISH_ROOMS,
    admin=SPANISH_ADMIN,
    report=SPANISH_REPORT,
    formats=SPANISH_FORMATS,
)
