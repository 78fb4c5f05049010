"""The page's words in French. The spaces before ; : ! ? and inside « » become narrow ones by themselves."""

from __future__ import annotations

from types import MappingProxyType

from rag.answer import Grade, Status, Verdict
from ui.messages.admin_french import FRENCH_ADMIN
from ui.messages.formats import FRENCH_FORMATS
from ui.messages.page import Words
from ui.messages.report_french import FRENCH_REPORT
from ui.messages.sections_french import FRENCH_ROOMS
from ui.messages.typography import set_french_spacing

_SHOWN = "Voici le texte qui en a été lu."
_NOT_IN_DOCUMENTS = "Vos documents ne le disent pas"
_NOTHING_READABLE = "Rien que vous puissiez lire"
_OWN_WORDS = "Dans les termes de vos documents"

FRENCH = set_french_spacing(
    Words(
        language="fr",
        heading="Interrogez vos documents",
        promise=(
            "Les documents de votre entreprise répondent, dans leurs propres termes. "
            "Ce que le modèle ajoute n’est affiché que s’ils le confirment."
        ),
        starters="Par exemple",
        fields="Ou posez une question sur un domaine",
        label="Votre question",
        placeholder="Question",
        ask="Demander",
        stop="Arrêter",
        new="Nouvelle conversation",
        caution=(
            "Les réponses peuvent être fausses. Les passages cités sont le texte même des documents."
        ),
        skip="Aller à la question",
        loading="Ouverture de la page",
        no_script="Cette page a besoin de JavaScript, qui est désactivé dans votre navigateur.",
        lost="La page ne parvient pas à joindre son serveur. Vérifiez qu’il fonctionne encore.",
        you="Votre question",
        searching="Recherche dans les documents",
        resolving="Votre question est reformulée pour la recherche",
        reading="Lecture de {passages}",
        writing="Le modèle rédige. Ce que vos documents en confirment s’affichera ici.",
        writing_unchecked="En cours de rédaction, non vérifié",
        broke_off=(
            "Le modèle s’est interrompu. Ce qu’il avait écrit jusque-là a été vérifié autant que possible."
        ),
        stopped="Arrêté",
        stopped_why="Le texte du modèle s’arrête là où vous l’avez interrompu.",
        interrupted="Inachevé",
        interrupted_why=(
            "La réponse s’est arrêtée avant la fin. Posez de nouveau la question pour l’avoir en entier."
        ),
        failed="Pas de réponse",
        no_source="introuvable dans les documents",
        show_sources="Afficher les sources",
        show_passages="Afficher les passages",
        statuses=MappingProxyType(
            {
                Status.GROUNDED: (
                    "Confirmé par vos documents",
                    "Chaque phrase figure dans un passage qui en est cité.",
                ),
                Status.PARTIAL: (
                    "Confirmé en partie",
                    "Vérifiez les phrases signalées : aucune source n’a été trouvée pour elles.",
                ),
                Status.UNSUPPORTED: (
                    "Non confirmé",
                    "Aucune source n’a été trouvée pour ce que le modèle a écrit.",
                ),
                Status.NOT_IN_DOCUMENTS: (
                    _NOT_IN_DOCUMENTS,
                    "Le modèle n’a pas trouvé de réponse dans les passages.",
                ),
                Status.MODEL_UNAVAILABLE: (
                    "Modèle indisponible",
                    "Aucune réponse n’a été rédigée.",
                ),
                Status.NOTHING_READABLE: (
                    _NOTHING_READABLE,
                    "Aucun document susceptible de répondre ne vous est ouvert.",
                ),
                Status.NOT_ASKED: (_OWN_WORDS, "Aucun modèle n’a été interrogé."),
            }
        ),
        verdicts=MappingProxyType(
            {
                Verdict.BACKED: (
                    "Confirmé par vos documents",
                    "Les numéros mènent au texte sur lequel repose chaque phrase.",
                ),
                Verdict.PARTLY_BACKED: (
                    "Confirmé en partie",
                    "D’abord, seulement ce que vos documents confirment ; ensuite, leurs propres termes.",
                ),
                Verdict.QUOTED: (
                    _OWN_WORDS,
                    "Ils ne confirment pas ce que le modèle a écrit : c’est replié plus bas.",
                ),
                Verdict.COMPUTED: (
                    "Répondu sans le modèle",
                    "Aucun modèle de langage n’y a pris part.",
                ),
                Verdict.NO_CLEAR_ANSWER: (
                    "Pas de réponse claire",
                    "Voici ce qui s’en approche le plus.",
                ),
                Verdict.NOT_IN_DOCUMENTS: (
                    _NOT_IN_DOCUMENTS,
                    "Rien n’y ressemble à une réponse à cette question.",
                ),
                Verdict.NOTHING_READABLE: (
                    _NOTHING_READABLE,
                    "Aucun document susceptible de répondre ne vous est ouvert. Adressez-vous à la personne "
                    "qui s’occupe de cette page.",
                ),
            }
        ),
        quoted_without_model="Ces phrases répondent le mieux.",
        quoted_not_asked="Ces phrases répondent le mieux. Aucun modèle n’a été interrogé.",
        no_model_wrote="Le modèle est indisponible pour le moment.",
        without_model=(
            "Le modèle de langage ne répond pas pour le moment. Voici le texte même des documents."
        ),
        grades=MappingProxyType(
            {
                Grade.VERBATIM: "dans les termes du document",
                Grade.PARAPHRASE: "en d’autres termes",
                Grade.NOT_FOUND: "introuvable dans les passages",
                Grade.UNCHECKED: "non vérifié",
            }
        ),
        probably="probablement dans les documents",
        unchecked="non vérifié",
        beside_the_point="dans les documents, mais ne répond pas à la question",
        extracts="Ce que disent les documents",
        computed_table="Résultat",
        model_text="Ce que le modèle a écrit (non confirmé par les documents)",
        rest_of_model_text="Tout ce que le modèle a écrit (en partie non confirmé par les documents)",
        sources="Sources",
        passages="Passages trouvés",
        sources_for="pour",
        none_found="Aucun passage ne correspond à cette question.",
        nothing_near="Aucun passage ne s’approche de cette question.",
        sources_of_model="Sources de ce que le modèle a écrit",
        also_read="Également lus, non cités",
        also_found="Trouvés, non transmis au modèle",
        whole_passage="Passage entier",
        close="Fermer les sources",
        page="page {page}",
        passage_count=("{n} passage", "{n} passages"),
        document_count=("{n} document", "{n} documents"),
        generation="génération {n}",
        searched_for="recherche : « {text} »",
        searched_instead="Recherche effectuée : « {text} »",
        seconds="{n} s",
        profiles="Profils",
        change_profile="Choisir un profil. Actuellement",
        everything="Tous les documents",
        everything_why="Sans profil : tout ce que vous pouvez lire",
        ask_profile="Interroger {name}",
        profile_gone=(
            "Le profil {name} de cette conversation n’est plus proposé. Vos questions s’adressent désormais "
            "à {other}."
        ),
        too_many_answers=(
            "Réponses déjà en cours pour vous : {n}. Attendez-en une, ou arrêtez-en une."
        ),
        no_longer_welcome=(
            "Vous êtes déconnecté, ou ce que vous pouvez lire a changé. Rechargez la page et posez de "
            "nouveau votre question."
        ),
        index_missing="Pas encore d’index",
        index_missing_note=(
            "Aucun document n’a encore été lu. Adressez-vous à la personne qui s’occupe de cette page."
        ),
        index_unavailable="Index indisponible",
        index_unavailable_note=(
            "La recherche dans les documents est impossible pour le moment. Adressez-vous à la personne qui "
            "s’occupe de cette page."
        ),
        model_ready="prêt",
        model_answers="Prêt",
        model_missing="Modèle indisponible",
        model_silent="Le modèle ne répond pas pour le moment.",
        model_missing_note="Les documents répondent toujours, dans leurs propres termes.",
        details="Détails",
        question_empty="Écrivez d’abord une question.",
        question_too_long=(
            "Cette question compte {n} caractères ; le maximum est de {limit}. Raccourcissez-la."
        ),
        broken="Une erreur s’est produite sur le serveur. Son journal en donne la cause.",
        source="Source",
        in_document="Lire dans le document",
        on_page="Voir la page {page}",
        on_slide="Lire la diapositive {page}",
        opening="Ouverture du document",
        close_source="Fermer le document",
        also_in="La même chose figure dans",
        and_more="et {n} de plus",
        newer_version="Il existe une version plus récente :",
        withdrawn="Ce document a été retiré depuis. Ce qui en était cité n’est plus affiché.",
        not_there="Ce document n’est plus là, ou vous n’avez pas le droit de le lire.",
        quote_gone="Le document a changé depuis cette réponse ; les mots cités n’y figurent plus.",
        no_originals="Les fichiers d’origine ne peuvent pas être téléchargés ici.",
        file_notes=MappingProxyType(
            {
                "access": f"Le fichier d’origine n’est plus à sa place. {_SHOWN}",
                "changed": f"Le fichier d’origine a changé depuis sa lecture. {_SHOWN}",
                "unreadable": f"La page ne peut pas être affichée en image. {_SHOWN}",
            }
        ),
        picture_of="Page {page} de {title}",
        page_of="{page} sur {pages}",
        page_before="Page précédente",
        page_after="Page suivante",
        slide="diapositive {page}",
        zoom_in="Agrandir",
        zoom_out="Réduire",
        zoom_fit="Ajuster",
        as_text="En texte",
        as_picture="Tel quel",
        download="Télécharger",
        earlier="Afficher ce qui précède",
        later="Afficher la suite",
        sources_gone=(
            "Une partie de ce sur quoi repose cette réponse a été retirée depuis. Le reste est inchangé."
        ),
        withheld=(
            "Cette phrase n’est pas affichée : elle repose peut-être sur un document qui ne vous est plus "
            "accessible."
        ),
        a_document="Un document",
        copy="Copier",
        copied="Copié, avec les sources.",
        ask_again="Redemander",
        edit="Modifier la question",
        helpful="Utile",
        unhelpful="Pas utile",
        helpful_thanks="Merci. Qu’est-ce qui était bien ?",
        unhelpful_title="Qu’est-ce qui n’allait pas ?",
        reason="Raison",
        reasons=MappingProxyType(
            {
                "wrong": "C’est faux",
                "incomplete": "Il manque quelque chose",
                "wrong_source": "La source n’est pas la bonne",
                "not_found": "Les documents le disent pourtant",
                "unclear": "C’est difficile à comprendre",
                "other": "Autre chose",
            }
        ),
        note="Autre chose à dire (si vous voulez)",
        feedback_seen=(
            "Votre avis est conservé avec la question et la réponse, pour les personnes qui s’occupent de "
            "cette page."
        ),
        leave_it="Fermer",
        send="Envoyer",
        thanks="Merci. Votre avis est conservé.",
        share="Partager ou enregistrer",
        share_link="Un lien pour vos collègues",
        share_link_why=(
            "Qui l’ouvre voit cette conversation, et ce que vous y demanderez plus tard, s’il peut lire "
            "lui-même les documents sur lesquels elle repose. Vous pouvez désactiver le lien à tout moment, "
            "ici ou dans votre historique."
        ),
        share_create="Créer un lien",
        share_copy="Copier le lien",
        share_link_copied="Le lien a été copié.",
        share_end="Ne plus partager",
        share_ended="Désormais, le lien ne mène plus nulle part.",
        share_send="Envoyer",
        share_mail="Écrire un courriel avec cette réponse",
        share_save="Enregistrer",
        share_answer="Cette réponse :",
        share_all="Toute la conversation :",
        share_print="Imprimer ou enregistrer en PDF",
        shared_links="Partagées par un lien",
        shared_with_you=(
            "Un collègue partage cette conversation. Vous en voyez ce que vous pouvez lire ; ce que vous "
            "demanderez ci-dessous deviendra une conversation à vous."
        ),
        link_gone=(
            "Ce lien ne mène nulle part : la conversation a été supprimée, ou n’est plus partagée."
        ),
        conversation_gone=(
            "Cette conversation n’existe pas : elle a été supprimée, ou elle est à quelqu’un d’autre et "
            "n’est pas partagée."
        ),
        history="Historique",
        history_search="Chercher dans vos conversations",
        close_history="Fermer l’historique",
        none_kept="Encore rien. Ce que vous demandez est conservé ici, pour vous seul.",
        none_fit="Cela ne figure dans aucune conversation.",
        history_note=(
            "Conservé pour vous seul, jusqu’à ce que vous le supprimiez. Les personnes qui s’occupent de "
            "cette page voient quelles questions sont restées sans réponse, sans votre nom."
        ),
        untitled="Sans titre",
        rename="Renommer",
        forget="Supprimer",
        forget_sure="Supprimer définitivement cette conversation ?",
        forget_all="Tout supprimer",
        forget_all_sure="Supprimer définitivement toutes vos conversations ?",
        export="Tout exporter",
        question_count=("{n} question", "{n} questions"),
        cut="Interrompu",
        cut_why="La connexion au serveur a été coupée. Votre question est de nouveau dans le champ.",
        try_again="Réessayer",
        suggested="Que dit « {title} » au sujet de « {heading} » ?",
        next_questions="À demander ensuite",
        about_document="À propos de ce document",
        ask_about="Poser une question sur ce document",
        only_in="Seulement dans",
        scope_add="N’interroger que certains documents (@)",
        scope_list="Documents, dossiers et étiquettes",
        scope_document="Document",
        scope_remove="Retirer",
        scope_found="{n} au choix",
        scope_nothing="Aucun document, dossier ou étiquette ne porte ce nom.",
        scope_gone=(
            "« {name} » n’existe plus, ou vous ne pouvez pas le lire. Retirez-le pour interroger le reste."
        ),
        export_this="Cette conversation en Markdown",
        keys="Touches",
        key_list=MappingProxyType(
            {
                "/": "aller au champ de question",
                "@": "n’interroger que certains documents",
                "[": "citation précédente",
                "]": "citation suivante",
                "Esc": "fermer ce qui est ouvert",
                "?": "cette liste",
            }
        ),
        server_busy="Trop de questions sont posées en ce moment. Réessayez dans un instant.",
        still_answering=(
            "La réponse à votre dernière question est encore en cours. Réessayez dans un instant."
        ),
        compare="Comparer",
        compare_heading="Le même modèle, avec et sans vos documents",
        compare_lead=(
            "Une question, posée deux fois. Seul, le modèle répond d’après ce qu’il a lu un jour quelque "
            "part. Avec vos documents, chaque phrase doit reposer sur un passage que vous pouvez ouvrir."
        ),
        compare_stopped="Arrêté.",
        compare_full="Trop de comparaisons sont en cours. Réessayez dans un instant.",
        sides=MappingProxyType(
            {
                "alone": ("Le modèle seul", "Sans aucun document."),
                "with": ("Avec vos documents", "Le même modèle lit ce que disent vos documents."),
            }
        ),
        thinking="Répond de mémoire",
        alone_why=MappingProxyType(
            {
                Status.GROUNDED: (
                    "Par hasard ou grâce à son apprentissage : vos documents disent la même chose."
                ),
                Status.PARTIAL: "Vos documents n’en confirment qu’une partie.",
                Status.UNSUPPORTED: "Vos documents n’en confirment rien.",
                Status.NOT_IN_DOCUMENTS: "Il dit qu’il ne le sait pas.",
                Status.MODEL_UNAVAILABLE: "Aucune réponse n’a été rédigée.",
                Status.NOTHING_READABLE: "Il n’y a aucun document que vous puissiez lire.",
                Status.NOT_ASKED: "Aucun modèle n’a été interrogé.",
            }
        ),
        tally="Confirmé par vos documents : {n} sur {sentences}",
        sentence_count=("{n} phrase", "{n} phrases"),
        rooms=FRENCH_ROOMS,
        admin=FRENCH_ADMIN,
        report=FRENCH_REPORT,
        formats=FRENCH_FORMATS,
    )
)
