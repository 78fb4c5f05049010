# ruff: noqa: E501 - a pattern is read more easily when its languages are not torn apart
"""What kind of answer a question asks for, and which units hold one of that kind."""

from __future__ import annotations

import re
from enum import StrEnum


class AnswerType(StrEnum):
    """The kind of thing that answers a question."""

    AMOUNT = "amount"
    MONEY = "money"
    TIME = "time"
    DURATION = "duration"
    PERSON = "person"
    PLACE = "place"
    REASON = "reason"
    STEPS = "steps"
    LIST = "list"
    YES_NO = "yes_no"
    DEFINITION = "definition"
    OTHER = "other"


_QUESTIONS: tuple[tuple[AnswerType, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            AnswerType.MONEY,
            r"\b(?:how much (?:does|do|is|are|will|would|money|pay)|prices?|costs?|fees?|charges?|deposit|budget"
            r"|allowance|salary|preis|kostet|kosten|gebühr|prix|coûte|coût|tarif|precio|cuesta|coste)\b"
            r"|多少钱|价格",
        ),
        (
            AnswerType.DURATION,
            r"\bhow (?:long|soon|old|quickly)\b|\bwie lange\b|\bcombien de temps\b|\bcuánto (?:tiempo|dura|tarda)\b"
            r"|\bhow many (?:days|weeks|months|years|hours|minutes|seconds)\b|\bwie viele (?:tage|wochen|monate|jahre"
            r"|stunden|minuten)\b|\bcombien d(?:e |')(?:jours|semaines|mois|ans|années|heures|minutes)\b"
            r"|\bcuánt[oa]s (?:días|semanas|meses|años|horas|minutos)\b|\b(?:deadline|notice period|frist|plazo|délai)\b"
            r"|多久|多长时间",
        ),
        (
            AnswerType.TIME,
            r"\bwhen\b|\b(?:what|which) (?:time|day|year|month|date|century|decade|season|weekday)\b"
            r"|\b(?:since|until|by) when\b|\bwann\b|\bquand\b|\bcuándo\b|\bquando\b|\bwanneer\b"
            r"|\bquelle (?:année|date|heure)\b|\ben qué (?:año|fecha|mes|día|siglo)\b|\bin welchem jahr\b"
            r"|什么时候|何时|哪一年|几点|哪年",
        ),
        (
            AnswerType.AMOUNT,
            r"\bhow (?:many|much|far|often|fast|big|large|high|deep|tall|hot|cold|heavy|thick|wide|late|early|loud)\b"
            r"|\b(?:what|which) (?:is the |are the |was the )?(?:\w+ ){0,2}(?:age|percentage|percent|share|amount|number|temperature"
            r"|distance|size|weight|pressure|speed|limit|maximum|minimum|interval|capacity|rate|value|score|population"
            r"|fraction|proportion|ratio|torque|volume|length|width|height)\b|\bhow \w+ must\b"
            r"|\bwie (?:viele?|hoch|oft|weit|groß|schnell|schwer|breit|warm|alt)\b|\bcombien\b"
            r"|\bquelle (?:dose|température|quantité|pression|distance|taille)\b|\bcuánt[oa]s?\b|\bquant[oaie]s?\b"
            r"|\bqué (?:porcentaje|cantidad|número|edad|temperatura)\b|\bhoeveel\b|多少|几个|几次|多大|多高|多远|百分比",
        ),
        (
            AnswerType.PERSON,
            r"\bwho(?:m|se)?\b|\bwer\b|\bwem\b|\bwen\b|\bwessen\b|\bqui (?!est-ce qu)\b|\bquién(?:es)?\b|\bchi\b|\bquem\b"
            r"|\b(?:which|what) (?:person|man|woman|king|queen|president|author|scientist|architect|leader|team|company"
            r"|organization|organisation|department|colleague)\b|谁|哪位",
        ),
        (
            AnswerType.PLACE,
            r"\bwhere\b|\bwo(?:hin|her)?\b|\boù\b|\bd(?:ó|o)nde\b|\bdove\b|\bonde\b|\bwaar\b"
            r"|\b(?:which|what) (?:place|city|country|town|site|state|region|river|building|street|office|room|location)\b"
            r"|哪里|在哪|何处",
        ),
        (
            AnswerType.REASON,
            r"\bwhy\b|\bwhat (?:causes?|caused|reasons?)\b|\bhow come\b|\bwarum\b|\bwieso\b|\bweshalb\b|\bpourquoi\b"
            r"|\bpor qué\b|\bperché\b|\bwaarom\b|为什么|为何",
        ),
        (
            AnswerType.STEPS,
            r"\bhow (?:do|can|should|must|to|does one|would)\b|\bwhat (?:do|should|must) (?:i|we|you|one) do\b"
            r"|\bwhat (?:is the )?(?:procedure|process|steps)\b|\bwie (?:kann|muss|soll|mache|melde|beantrage)\b"
            r"|\bcomment\b|\bcómo\b|如何|怎么|怎样",
        ),
        (
            AnswerType.LIST,
            r"\bwhat (?:are|were)\b|\bwhich (?:\w+ )?(?:are|were|do|have)\b|\blist\b|\bname (?:the|all|two|three)\b"
            r"|\bwhat (?:kinds?|types?|items|things|features|options|documents|services|benefits|steps)\b"
            r"|\bwelche\b|\bquels\b|\bquelles\b|\bcuáles\b|哪些",
        ),
        (
            AnswerType.DEFINITION,
            r"\bwhat (?:does .{1,60} (?:mean|stand for)|is (?:a |an |the )?[\w-]+(?: [\w-]+)?\s*\??$)|\bmeaning of\b"
            r"|\bwas (?:ist|bedeutet|heißt)\b|\bqu'est-ce qu|\bque (?:significa|signifie)\b|\bqué (?:es|significa)\b|是什么",
        ),
        (
            AnswerType.YES_NO,
            r"^\W*(?:is|are|was|were|do|does|did|can|could|may|must|should|shall|will|would|has|have|had|am"
            r"|ist|sind|war|darf|dürfen|kann|können|muss|müssen|hat|haben|gibt|est-ce|peut|puis|dois|faut"
            r"|puedo|puede|hay|debo|tengo)\b|吗",
        ),
    )
)  # fmt: skip
"""The first pattern that a question has decides."""

_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_NUMBER_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand"
    r"|million|billion|once|twice|half|third|quarter|dozen|none|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn"
    r"|elf|zwölf|deux|trois|quatre|cinq|sept|huit|neuf|dix|douze|dos|tres|cuatro|cinco|seis|siete|ocho|nueve"
    r"|diez)\b|[一二三四五六七八九十百千万]",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[€$£¥₹]|\b(?:euros?|eur|usd|dollars?|pounds?|francs?|inr|chf|cents?|million|billion|free|kostenlos)\b|元",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:1\d{3}|20\d{2})s?\b|\b\d{1,2}[:.]\d{2}\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b"
    r"|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|noon|midnight"
    r"|century|spring|summer|autumn|winter|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|januar"
    r"|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre"
    r"|novembre|décembre|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|enero|febrero|marzo|abril|mayo|junio"
    r"|julio|agosto|septiembre|octubre|noviembre|diciembre|lunes|martes|miércoles|jueves|viernes|sábado|domingo"
    r"|siglo|siècle|jahrhundert|before|after|during|until|when)\b|[年月日时世]",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"\b(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|a|an|half|zwei|drei|vier|ein|eine[nr]?"
    r"|deux|trois|un|une|dos|tres|una)[\s-]+(?:\w+[\s-]+)?(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?"
    r"|decades?|centur(?:y|ies)|sekunden?|minuten?|stunden?|tagen?|tage|wochen?|monaten?|monate|jahren?|jahre"
    r"|secondes?|heures?|jours?|semaines?|mois|ans?|années?|segundos?|minutos?|horas?|días?|semanas?|meses|años?)\b"
    r"|\d+\s?(?:s|min|h|d)\b|[天年月周时]",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"(?<=[a-zà-ÿ,;)] )[A-ZÀ-Þ][\wà-ÿ'’-]+")
_PLACE = re.compile(
    r"\b(?:in|at|on|near|inside|outside|under|behind|beside|to|from|im|am|an|auf|bei|neben|dans|sur|à|au|chez|en"
    r"|bajo|junto)\b",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:managers?|heads?|director|leads?|officer|engineer|technicians?|operator|desk|team|department|owner"
    r"|controller|supervisor|colleagues?|leitung|leiter(?:in)?|chef|responsable|jefe|encargad[oa])\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|due to|so that|in order to|as a result|caused?|reasons?|therefore|otherwise|weil|damit|da"
    r"|deshalb|parce que|car|afin|pour|porque|debido|para)\b|因为|由于|所以",
    re.IGNORECASE,
)
_DEFINING = re.compile(
    r"\b(?:is|are|was|means|stands for|refers to|called|known as|defined as|ist|sind|bedeutet|heißt|steht für"
    r"|est|sont|signifie|es|son|significa)\b|是",
    re.IGNORECASE,
)
_HOLDS: dict[AnswerType, tuple[re.Pattern[str], ...]] = {
    AnswerType.AMOUNT: (_DIGIT, _NUMBER_WORD),
    AnswerType.MONEY: (_MONEY, _DIGIT),
    AnswerType.TIME: (_DATE, _DIGIT),
    AnswerType.DURATION: (_DURATION,),
    AnswerType.PERSON: (_CAPITAL, _ROLE),
    AnswerType.PLACE: (_PLACE,),
    AnswerType.REASON: (_REASON,),
    AnswerType.DEFINITION: (_DEFINING,),
}
_HOW_MANY = re.compile(
    r"\b(?:how many|what (?:number|percentage|share) of|wie viele|combien de|combien d'|cuánt[oa]s)\s+(?:\w+\s+)??"
    r"(?P<noun>[^\W\d_]{3,})",
    re.IGNORECASE,
)


def answer_type(question: str) -> AnswerType:
    """The kind of thing that a question asks for, as far as its words tell."""
    return next(
        (kind for kind, pattern in _QUESTIONS if pattern.search(question)), AnswerType.OTHER
    )


def holds_type(kind: AnswerType, text: str, question: str) -> bool:
    """Whether a text holds something of that kind; never for kinds that do not show in a text.

    Somebody's role answers who does something, but not who has that role.
    """
    if kind is AnswerType.PERSON:
        asked_for = set(_WORD.findall(question.lower()))
        text = _WORD.sub(lambda word: "" if word[0].lower() in asked_for else word[0], text)
    return any(pattern.search(text) for pattern in _HOLDS.get(kind, ()))


def find_counted_noun(question: str) -> str:
    """What a question wants the number of: "days" in "How many days …?"; "" for other questions."""
    match = _HOW_MANY.search(question)
    return match["noun"] if match else ""
