"""The words that carry a claim's logic: denials, numbers, units, bounds, opposites.

English, German and French, with some Spanish.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _table(text: str) -> dict[str, str]:
    """Lines of "canonical: form form …" as {form: canonical}."""
    lines = (line.strip().partition(":") for line in text.strip().splitlines())
    return {form: name for name, _, forms in lines for form in (name, *forms.split())}


NEGATIONS = _words(
    """
    no not never none nobody nor neither without cannot nothing nicht kein keine keinem keinen keiner
    keines nie niemals niemand ohne weder ne pas aucun aucune jamais sans nunca sin
    """
)
WITHOUT = _words("without ohne sans sin")
FORBIDDEN = _words(
    """
    forbidden prohibited banned disallowed untersagt verboten unzulässig interdit interdite interdits
    interdites défendu prohibido prohibida
    """
)
"""Words that deny by themselves: they count as "not allowed"."""
ALLOWED = _words(
    """
    allowed permitted permissible erlaubt zulässig gestattet autorisé autorisée autorisés autorisées
    permis permise permitido permitida
    """
)
FUNCTION_WORDS = _words(
    """
    a an and any are as at be been by can could do does done for from had has have how if in into is it
    its may must of on or our shall should so than that the their them then there these they this those
    to up was we were what when where which who will with would you your yes i me my he she his her be
    being also only just per each every via about whether while because but however
    according passage passages document documents states stated says
    der die das den dem des ein eine einen einem einer eines und oder ist sind war waren im am auf für von
    zu zum zur mit bei wird werden wurde es sie er kann können muss müssen soll darf dürfen haben hat
    le la les l d un une du de et ou est sont dans en sur pour par avec il elle qui que au aux se s
    el los las y o es son con por para del al
    """
)
OPENERS = _words(
    """
    after all also although another because before both but during each either employees every
    everyone here however once one only since some staff such therefore though thus under
    unless until upon while within yes
    """
)
"""Words that begin a sentence without being what it is about, or that could be anybody."""
NUMBER_WORDS = {
    form: canonical
    for form, canonical in _table(
        """
        1: one eins
        2: two zwei deux dos
        3: three drei trois tres
        4: four vier quatre cuatro
        5: five fünf cinq cinco
        6: six sechs seis
        7: seven sieben sept siete
        8: eight acht huit ocho
        9: nine neun neuf nueve
        10: ten zehn dix diez
        11: eleven elf onze
        12: twelve zwölf douze
        13: thirteen dreizehn treize
        14: fourteen vierzehn quatorze
        15: fifteen fünfzehn quinze
        16: sixteen sechzehn seize
        17: seventeen siebzehn
        18: eighteen achtzehn
        19: nineteen neunzehn
        20: twenty zwanzig vingt
        30: thirty dreißig trente
        40: forty vierzig quarante
        50: fifty fünfzig cinquante
        60: sixty sechzig soixante
        70: seventy siebzig
        80: eighty achtzig
        90: ninety neunzig
        """
    ).items()
    if form not in {"elf"}  # an English word as well
}
UNITS = _table(
    """
    eur: € euro euros
    usd: $ dollar dollars
    gbp: £ pound pounds
    percent: % per-cent pct prozent pourcent
    degree: ° °c degrees grad degrés
    second: seconds s sec sekunde sekunden secondes seconde
    minute: minutes min minuten
    hour: hours h hrs stunde stunden heure heures hora horas
    day: days tag tage tagen werktag werktage arbeitstage kalendertage jour jours día días
    week: weeks woche wochen semaine semaines semana semanas
    month: months monat monate monaten mois mes meses
    year: years jahr jahre jahren an ans année années año años
    january: januar janvier
    february: februar février
    march: märz mars
    april: avril
    june: juni juin
    july: juli juillet
    august: août
    september: septembre
    october: oktober octobre
    november: novembre
    december: dezember décembre
    km: kilometre kilometres kilometer kilometers
    mm: millimetre millimetres millimeter millimeters
    cm: centimetre centimetres centimeter zentimeter
    m: metre metres meter meters mètre mètres
    kg: kilogram kilograms kilo kilos kilogramm
    g: gram grams gramm
    t: tonne tonnes ton tons tonnen
    l: litre litres liter liters
    nm: newtonmetre
    hz: hertz
    kw: kilowatt kilowatts
    v: volt volts
    db: decibel decibels dezibel
    kva: kilovoltampere
    ppm: ppms
    bar: bars
    gb: gigabyte gigabytes
    mb: megabyte megabytes
    million: millions mio millionen
    billion: billions mrd milliarden
    """
)
LOWER = _words("above over exceeding minimum least longer more greater mindestens über mehr")
UPPER = _words(
    "below under maximum most shorter less fewer until höchstens unter weniger bis jusqu"
)
_PAIRS = (
    ("before", "after"),
    ("increase", "reduce"), ("increase", "decrease"), ("increased", "reduced"),
    ("increased", "decreased"), ("rise", "fall"), ("rose", "fell"), ("gain", "lose"),
    ("approved", "rejected"), ("accepted", "rejected"), ("accepted", "refused"),
    ("approved", "declined"), ("included", "excluded"), ("included", "extra"), ("open", "closed"),
    ("start", "end"), ("begins", "ends"), ("first", "last"), ("earliest", "latest"),
    ("minimum", "maximum"), ("above", "below"), ("more", "less"), ("more", "fewer"),
    ("longer", "shorter"), ("longer", "less"), ("higher", "lower"), ("highest", "lowest"),
    ("always", "never"), ("buy", "sell"), ("paid", "unpaid"), ("mandatory", "optional"),
    ("required", "optional"), ("internal", "external"), ("public", "confidential"),
    ("full-time", "part-time"), ("hot", "cold"), ("from", "until"), ("ab", "bis"),
    ("vor", "nach"), ("avant", "après"), ("keep", "stop"),
    ("continue", "stop"), ("continue", "end"), ("carry", "stop"),
    ("inside", "outside"),
    ("allowed", "banned"), ("starts", "stops"), ("start", "stop"), ("raise", "lower"),
    ("raised", "lowered"), ("same", "different"), ("cheaper", "dearer"), ("add", "remove"),
)  # fmt: skip
OPPOSITES = {
    word: frozenset(other for pair in _PAIRS if word in pair for other in pair if other != word)
    for pair in _PAIRS
    for word in pair
}

UNIT_SIGNS = frozenset("€$£%°")

STRICT_UNITS = frozenset({"percent", "degree"})
"""A number with one of these is no number without it."""
PERIODS = frozenset({"second", "minute", "hour", "day", "week", "month", "year"})
PER = _words("per each every par pro jede jeden jedes chaque a once im")
"""What stands before a period where something comes back in it: "once a month"."""
HEDGES = _words(
    "cost costs need needs get gets take takes pay pays mean means apply applies amount amounts"
)
"""Verbs that a row of a table leaves out, since its columns say as much."""

NO_MORE = _words("longer more mehr länger plus")
"""What follows a negation without being what is denied: "no longer", "nicht mehr"."""

CONJUNCTIONS = _words(
    "and or but otherwise which whereas with und oder aber sonst mit et ou mais avec y con pero"
)
