"""The words that carry a claim's logic: denials, numbers, units, bounds, opposites.

English, German and French, with some Spanish.
"""

from __future__ import annotations

from collections import defaultdict


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
    to up was we were what when where which who whom whose will with would you your yes i me my he she
    his her be through during towards across
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
    degree: ° °c degrees celsius grad degrés grados
    fahrenheit: °f
    second: seconds s sec sekunde sekunden secondes seconde
    minute: minutes min minuten
    hour: hours h hrs stunde stunden heure heures hora horas
    day: days tag tage tagen tagen werktag werktage arbeitstage kalendertage jour jours día días
    week: weeks woche wochen semaine semaines semana semanas
    month: months monat monate monaten mois mes meses
    year: years jahr jahre jahren an ans année années año años
    times: fois mal vez veces
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
    ml: millilitre millilitres milliliter milliliters
    tb: terabyte terabytes
    inch: inches zoll pouce pouces pulgada pulgadas
    foot: feet ft fuß pied pieds
    mile: miles mi meile meilen milla millas
    yard: yards yd
    lb: pound-mass lbs
    oz: ounce ounces
    mg: milligram milligrams milligramm
    mcm: µm micrometre micrometer mikrometer micrometres
    mcg: µg μg microgram micrograms mikrogramm
    ms: millisecond milliseconds millisekunden
    cl: centilitre centilitres centiliter zentiliter
    dl: decilitre decilitres deciliter
    hl: hectolitre hectolitres hektoliter
    kn: kilonewton kilonewtons
    newton: newtons
    rpm: 1/min u/min tr/min
    kcal: kilocalories kilocalorie kilokalorien
    kj: kilojoule kilojoules
    lumen: lumens lm
    lux: lx
    ampere: amps amp amperes
    ma: milliampere milliamperes
    w: watt watts
    mw: megawatt megawatts
    kwh: kilowatt-hour kilowatt-hours kilowattstunde kilowattstunden
    mwh: megawatt-hours
    gwh: gigawatt-hours
    kpa: kilopascal kilopascals
    mpa: megapascal
    psi: psis
    kmh: km/h kph
    mph: miles-per-hour
    khz: kilohertz
    mhz: megahertz
    ghz: gigahertz
    pixel: pixels px
    hectare: hectares ha hektar hectáreas
    acre: acres
    yen: ¥ jpy
    inr: ₹ rupees rupee
    chf: francs-suisses franken
    cny: yuan rmb renminbi
    """
)
_MONTHS = """
    january: jan januar janvier enero
    february: feb februar février febrero
    march: mar märz mars marzo
    april: apr avril abril
    may: mai mayo
    june: jun juni juin junio
    july: jul juli juillet julio
    august: aug août agosto
    september: sep sept septembre septiembre
    october: oct okt oktober octobre octubre
    november: nov novembre noviembre
    december: dec dez dezember décembre diciembre
"""
MONTH_NAMES = {
    line.split(":")[0].strip(): frozenset(line.replace(":", " ").split())
    for line in _MONTHS.strip().splitlines()
}
"""All names of each month, in order."""
UNITS |= {
    form: name
    for name, forms in MONTH_NAMES.items()
    for form in forms
    if form not in {"may", "mar"}
}
UNIT_FACTORS = {
    "km": ("m", 1000), "cm": ("m", 0.01), "mm": ("m", 0.001),
    "kg": ("g", 1000), "t": ("g", 1_000_000), "ml": ("l", 0.001),
    "minute": ("second", 60), "hour": ("second", 3600), "year": ("month", 12),
    "mb": ("gb", 0.001), "tb": ("gb", 1000), "kw": ("w", 1000), "kva": ("va", 1000),
    "mw": ("w", 1_000_000), "mwh": ("kwh", 1000), "gwh": ("kwh", 1_000_000),
    "mg": ("g", 0.001), "mcg": ("g", 0.000001), "cl": ("l", 0.01),
    "dl": ("l", 0.1), "hl": ("l", 100), "ms": ("second", 0.001),
    "kn": ("newton", 1000),
    "mcm": ("m", 0.000001), "foot": ("inch", 12), "ma": ("ampere", 0.001), "khz": ("hz", 1000),
    "mhz": ("hz", 1_000_000), "ghz": ("hz", 1_000_000_000), "mpa": ("kpa", 1000),
}  # fmt: skip
"""Units that are so many of a smaller one. A day is not: working hours are counted, and working days."""
SCALES = {
    form: 10 ** int(power)
    for form, power in _table(
        """
        2: hundred hundert cent cien
        3: thousand tausend mille mil
        6: million millions mio millionen millón millones
        9: billion billions mrd milliarde milliarden milliard milliards
        """
    ).items()
    if form != power
}
FRACTIONS = {
    form: int(parts)
    for form, parts in _table(
        """
        2: half halves hälfte moitié mitad
        3: third thirds drittel tiers tercio tercios
        4: quarter quarters viertel quart quarts cuarto cuartos
        5: fifth fifths fünftel cinquième cinquièmes
        10: tenth tenths zehntel dixième dixièmes
        """
    ).items()
    if form != parts
}
APPROXIMATELY = _words(
    """
    about around approximately roughly circa ca nearly almost etwa rund ungefähr knapp environ presque
    aproximadamente unos unas casi
    """
)
"""What makes a number a round one."""
MINUS = _words("minus")
"""What makes the number behind it a negative one."""
ONE = _words("ein eine einen un une una uno")
"""The article that is a number before a unit: \"une semaine\"."""
RANGE_STARTS = _words("from between von zwischen de entre desde")
RANGE_JOINTS = _words("to and until till bis und à et a y hasta")
LOWER = _words(
    """
    above over exceeding minimum least longer more greater larger later from ab dès desde mindestens über
    mehr minimal mínimo más plus
    """
)
UPPER = _words(
    """
    below under maximum most shorter less fewer until within earlier latest höchstens unter weniger bis
    maximal binnen innerhalb spätestens jusqu máximo moins menos
    hasta
    """
)
_PAIRS: tuple[tuple[str, str], ...] = (
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
    ("full-time", "part-time"), ("hot", "cold"),
    ("vor", "nach"), ("from", "until"), ("ab", "bis"), ("avant", "après"), ("keep", "stop"),
    ("continue", "stop"), ("continue", "end"), ("carry", "stop"),
    ("inside", "outside"),
    ("allowed", "banned"), ("starts", "stops"), ("start", "stop"), ("raise", "lower"),
    ("raised", "lowered"), ("same", "different"), ("cheaper", "dearer"), ("add", "remove"),
)  # fmt: skip
_MORE = (
    "more higher greater larger bigger longer increase increased increases rise rose rises grew grow grows"
    " gain gained höher größer mehr länger stieg gestiegen plus supérieur augmenté más mayor superior aumentó"
)
_LESS = (
    "less fewer lower smaller shorter decrease decreased decreases fall fell falls fallen shrank reduce"
    " reduced decline declined niedriger kleiner weniger kürzer sank gesunken moins"
    " inférieur baissé menos menor inferior disminuyó"
)
CHANGES = _words(_MORE) | _words(_LESS) | _words(
    "reduces raise raised raises lowered cut cuts extended extends shortened erhöht verlängert verringert"
    " reduziert gekürzt verkürzt steigt sinkt augmente réduit réduits prolongé aumenta reduce reducido"
)  # fmt: skip
"""What says that something becomes more or less, and behind it, by how much."""
BY_AS_MUCH = _words("by um de en")
_PAIRS += tuple((up, down) for up in _MORE.split() for down in _LESS.split())


def _opposites() -> dict[str, frozenset[str]]:
    """Each word of the pairs, with all that it is paired with."""
    opposites = defaultdict[str, set[str]](set)
    for one, other in _PAIRS:
        opposites[one].add(other)
        opposites[other].add(one)
    return {word: frozenset(others) for word, others in opposites.items()}


OPPOSITES = _opposites()

UNIT_SIGNS = frozenset({*"€$£¥₹%°", "°c", "°f"})
CURRENCIES = frozenset({"eur", "usd", "gbp", "yen", "inr", "chf", "cny"})
"""Units that may stand before their number: "EUR 50"."""

STRICT_UNITS = frozenset({"percent", "degree", "fahrenheit"})
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

ALTERNATIVES = _words(
    """
    but whereas while otherwise else except aber sondern während sonst andernfalls außer mais tandis sinon
    sauf pero mientras sino excepto
    """
)
"""What sets the rest of a sentence against what stands before it."""
AUXILIARIES = _words(
    """
    is are was were be been has have had must may can could will would shall should do does did
    ist sind war waren wird werden hat haben muss müssen darf dürfen kann können soll
    est sont était a ont doit doivent peut peuvent es son está están era eran debe deben puede pueden
    """
)
INVERTING = _words("wird werden ist sind hat haben muss müssen darf kann soll")
"""Those that begin a condition: "wird der Antrag genehmigt, …"."""
BY = _words("by von vom durch par por")
"""What stands before the one who does it, where it is said what is done."""
CONDITIONS = _words("if when unless whenever provided wenn falls sofern si lorsque quand cuando")
ALSO = _words("also too auch aussi également también")
LATER = _words("later afterwards subsequently später")
"""What says of its clause that it comes after the one before."""
SUCCEEDING = _words("succeeded succeeds")
"""Verbs whose subject comes after their object."""
BEFORE = _words("before bevor ehe vor avant antes")
AFTER = _words("after nachdem nach après después")
THEN = _words("then danach anschließend dann ensuite puis luego")
ELSE = _words("otherwise else sonst andernfalls sinon")
EXCEPTIONS = _words("except unlike außer sauf excepto salvo")
ARTICLES = _words(
    """
    a an the der die das den dem des ein eine einen einem einer eines le la les l un une el los las una unos
    unas
    """
)
PERSONAL_PRONOUNS = _words("he she it they er sie es il elle ils elles él ella ellos ellas")
DETERMINERS = _words(
    """
    this that these those my your his her its our their no each every any some another
    dieser diese dieses diesen diesem jede jeder jedes jeden kein keine keinen mein meine dein deine sein
    seine ihr ihre ihren unser unsere euer eure
    ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs chaque aucun aucune
    este esta estos estas mi mis tu tus su sus nuestro nuestra cada algún alguna ningún ninguna
    """
)
"""Words other than articles that stand before a noun."""
PREPOSITIONS = _words(
    """
    at by for from in into of on onto to with about via within before after under over above below between
    than as without through during towards across
    am ans auf aufs ins fürs aus bei bis durch für im mit nach ohne pro seit über um unter von vom vor zu
    zum zur zwischen als
    an in je
    à au aux avec avant après chez contre d dans de des du en entre par pour sans sous sur vers que
    al ante antes bajo con del desde después durante hasta para por según sin sobre
    """
)
CONTRACTIONS = _table(
    """
    zu: zum zur
    an: am ans
    in: im ins
    von: vom
    à: au aux
    de: du des del
    a: al
    """
)
QUANTIFIERS = _table(
    """
    all: anytime jederzeit
    all: every each everyone everybody always both alle aller allen jede jeder jedes jeden beide tous toutes
    all: tout chaque todos todas cada ambos
    some: several certain einige manche mehrere gewisse certains certaines quelques plusieurs algunos
    some: algunas varios varias
    most: meisten plupart mayoría
    only: solely exclusively nur ausschließlich seulement uniquement sólo solo solamente únicamente
    """
)
