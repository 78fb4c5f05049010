"""A guess at a text's language from its commonest words: enough to choose a stemmer."""

from __future__ import annotations

import re
from collections import Counter

_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 20_000
_STOP_WORDS = {
    "en": "the of and to in is that for it as with was on by are this be at from or have not which you",
    "de": "der die und das den von zu mit ist des sich auf für nicht ein eine dem im auch werden wird bei",
    "fr": "le la les de et des est un une du que pour dans qui par sur au avec sont pas vous ce cette aux",
    "es": "el la los las de y en que del se por con una para es un como más su al lo son sus este",
    "it": "il di che la e per un una in del della con non le si dei da sono al alla nel gli più come",
    "nl": "de het een en van in is dat op te met voor niet zijn aan er om ook als bij door wordt naar",
    "pt": "o a os as de e que do da em um uma para com não por mais dos das no na ao se é são",
}
_LANGUAGES: dict[str, tuple[str, ...]] = {}
for _code, _words in _STOP_WORDS.items():
    for _word in _words.split():
        _LANGUAGES[_word] = (*_LANGUAGES.get(_word, ()), _code)


def detect_language(text: str) -> str:
    """ISO 639-1 of the language whose stop words are clearly the most frequent, or ""."""
    words = [word.lower() for word in _WORD.findall(text[:_SAMPLE])]
    counts: Counter[str] = Counter()
    for word in words:
        for code in _LANGUAGES.get(word, ()):
            counts[code] += 1
    ranked = counts.most_common(2)
    if not ranked or ranked[0][1] < max(5, len(words) * 0.05):
        return ""
    if len(ranked) > 1 and ranked[0][1] < 1.2 * ranked[1][1]:
        return ""
    return ranked[0][0]
