"""A guess at a text's language from its script and its commonest words: enough to choose a stemmer."""

from __future__ import annotations

import re
from collections import Counter

_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 20_000
_STOP_WORDS = {
    "en": "the of and to in is that for it as with was on by are this be at from or have not which you must",
    "de": "der die und das den von zu mit ist des sich auf für nicht ein eine dem im auch werden wird bei"
    " gilt sind oder zum zur nach vor durch einen einer eines einem alle jeder kein keine muss müssen"
    " kann können hat haben beträgt liegt vom beim bis über unter wie nur wenn dass sowie mehr drei zwei",
    "fr": "le la les de et des est un une du que pour dans qui par sur au avec sont pas vous ce cette aux",
    "es": "el la los las de y en que del se por con una para es un como más su al lo son sus este",
    "it": "il di che la e per un una in del della con non le si dei da sono al alla nel gli più come",
    "nl": "de het een en van in is dat op te met voor niet zijn aan er om ook als bij door wordt naar",
    "pt": "o a os as de e que do da em um uma para com não por mais dos das no na ao se é são",
    "sv": "och att det som en på är av för med den till inte om ett han har från eller vid ska kan",
    "da": "og at det som en på er af for med den til ikke om et der har fra eller ved skal kan de",
    "no": "og at det som en på er av for med den til ikke om et har fra eller ved skal kan være blir",
    "fi": "ja on ei että se hän oli ovat tai kun mutta joka myös sekä voi kuin jos vain niin ole",
    "hu": "az és hogy nem is egy ez meg csak el volt van vagy de mint már kell lehet amely után",
    "ro": "și de la în cu pe un o este sunt care nu din pentru să mai sau al ale prin după fi",
    "tr": "ve bir bu için ile da de olarak olan daha çok en gibi sonra kadar her değil veya ise olduğu",
    "pl": "na się nie jest że jak za od po przez dla oraz są lub przy który",
    "cs": "na se je že ve za od po nebo jako jsou při být které",
    "id": "yang dan di untuk dengan dari pada ini itu dalam tidak adalah akan atau oleh ke sebagai",
    "ru": "и в не на что с по это как из для от к а но или при его быть если все до",
    "uk": "не на що та до як для за від це у або при є його бути якщо",
    "el": "και το η ο να του της με για την τα στο από των που είναι τον δεν θα στη",
    "ar": "في من على إلى أن عن هذا هذه التي الذي ما لا أو مع كل كان بعد قبل هو هي",
    "fa": "و در به از که این است را با برای آن های یک می شود تا یا بر هر",
    "ta": "மற்றும் ஒரு இந்த என்று என அந்த அல்லது இது அது உள்ள",
    "hi": "के में की है और से को का एक पर यह हैं कि इस नहीं लिए ने भी तो या",
}
_LETTERS = {
    "de": "äöüß", "fr": "àâæçèêëîïôœùû", "es": "ñ¿¡áíóú", "it": "àèìòù", "nl": "ëïé", "pt": "ãõâçáéêíóú",
    "sv": "åäö", "da": "åæø", "no": "åæø", "fi": "äö", "hu": "őűáéíóöúü", "ro": "ășțâî", "tr": "ğışçöüİ",
    "pl": "ąćęłńóśźż", "cs": "ěščřžýáíéúůťďň", "uk": "іїєґ", "ru": "ыэъё",
}  # fmt: skip
"""Letters outside ASCII: they count where there are too few words to tell a language by."""
# A single letter ("a", "o") is as often that of a list or a formula.
_LANGUAGES: dict[str, tuple[str, ...]] = {}
for _code, _words in _STOP_WORDS.items():
    for _word in dict.fromkeys(
        word for word in _words.split() if not (word.isascii() and len(word) == 1)
    ):
        _LANGUAGES[_word] = (*_LANGUAGES.get(_word, ()), _code)

_ENOUGH, _ENOUGH_SHARE = 5, 0.05
"""Common words of the language, at least, and their share of all; in running text it is about 0.4."""
_SHORT, _FEW, _FEW_SHARE = 60, 1.5, 0.15
"""The same below so many words; there a word with a letter of the language counts as half a common one."""
_CLEARLY, _CLEARLY_OF_FEW = 1.2, 1.5
_SCRIPTS = {
    "ja": re.compile("[\u3041-\u30ff\uff66-\uff9f]"),
    "ko": re.compile("[\uac00-\ud7a3]"),
    "zh": re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"),
    "th": re.compile("[\u0e01-\u0e4e]"),
    "lo": re.compile("[\u0e81-\u0ece]"),
    "km": re.compile("[\u1780-\u17d3]"),
    "my": re.compile("[\u1000-\u109f]"),
    "he": re.compile("[\u05d0-\u05ea]"),
    "ka": re.compile("[\u10d0-\u10ff]"),
    "hy": re.compile("[\u0531-\u0587]"),
}
"""Scripts of one language. Japanese is told from Chinese by its kana, which come first."""
_KANA_SHARE = 0.1


def detect_language(text: str) -> str:
    """ISO 639-1 of the language that the script or the commonest words clearly show, or ""."""
    sample = text[:_SAMPLE]
    if language := _language_of_script(sample):
        return language
    words = [word.lower() for word in _WORD.findall(sample)]
    counts = Counter(code for word in words for code in _LANGUAGES.get(word, ()))
    if language := _clear_first(counts, max(_ENOUGH, len(words) * _ENOUGH_SHARE), _CLEARLY):
        return language
    if len(words) >= _SHORT:
        return ""
    few: Counter[str] = Counter()
    for code in _STOP_WORDS:
        letters = _LETTERS.get(code, "")
        marked = sum(not word.isascii() and any(c in letters for c in word) for word in words)
        few[code] = 2 * counts[code] + marked
    return _clear_first(few, 2 * max(_FEW, len(words) * _FEW_SHARE), _CLEARLY_OF_FEW)


def _clear_first(counts: Counter[str], least: float, times: float) -> str:
    """The language with the most, if that is `least` and so many `times` as much as the next; else ""."""
    ranked = counts.most_common(2)
    if not ranked or ranked[0][1] < least:
        return ""
    return "" if len(ranked) > 1 and ranked[0][1] < times * ranked[1][1] else ranked[0][0]


def _language_of_script(text: str) -> str:
    """The language whose script most letters are of, if it is the only one that has it."""
    if text.isascii():
        return ""
    letters = sum(map(str.isalpha, text))
    counts = {code: len(script.findall(text)) for code, script in _SCRIPTS.items()}
    if counts["ja"] + counts["zh"] > 0.5 * letters:
        return "ja" if counts["ja"] > _KANA_SHARE * letters else "zh"
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] > 0.5 * letters else ""
