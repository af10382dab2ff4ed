"""Whether a message asks us to stop, or to start again: rules over words, which a person can read and follow.

A message that is nothing but a keyword counts. So does a sentence that plainly asks for it. Where the words touch on
it without saying so (a question, a limit in time, someone else's words, a long letter) the answer is UNSURE, and a
person decides: nobody is cut off by a guess.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import product

from leadcrm.conversations.opt_out_words import LANGUAGES, Language

LONGEST = 2000  # characters that are looked at
LONGEST_REQUEST = 45  # words: whoever writes more has more to say than that
NEAR = 3  # words before a request in which a negation counts

_QUOTED = re.compile(r"\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|„[^“”\n]{1,300}[“”]|«[^»\n]{1,300}»|‘[^’\n]{2,300}’(?!\w)")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_SENTENCE = re.compile(r"[^.!?;:\n]+[.!?;:\n]*")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "–": ",", "—": ","})


class Meaning(StrEnum):
    """What a message asks for."""

    STOP = "stop"
    START = "start"
    UNSURE = "unsure"
    NONE = "none"


@dataclass(frozen=True)
class Intent:
    """What a message asks for, by which `words` of it, in which language; `everywhere` means on every channel."""

    meaning: Meaning
    words: str = ""
    language: str = "en"
    everywhere: bool = False
    is_keyword: bool = False


NOTHING = Intent(Meaning.NONE)


def opt_out_intent(text: str, channel: str) -> Intent:
    """What the new part of a message asks for. In a mail also subjects and greetings around a keyword are common."""
    said = text.strip()[:LONGEST]
    found = _keyword(_words_of(said), Meaning.STOP) or _keyword(_words_of(said), Meaning.START)
    headed = _signed_keyword(said) if found is None and channel == "email" else None
    if found or (headed and headed.meaning is Meaning.STOP):
        return found or headed
    asked = _request(_plain(_QUOTED.sub(" , ", said)))
    return headed if headed and asked.meaning is Meaning.NONE else asked


def _plain(text: str) -> str:
    """Lower case, without accents, with plain apostrophes."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _words_of(text: str) -> list[str]:
    return _WORD.findall(_plain(text))


def _signed_keyword(text: str) -> Intent | None:
    """A keyword alone in the first line, above greetings and a name; above more than that a person has to look."""
    first, _, rest = text.partition("\n")
    found = _keyword(_words_of(first), Meaning.STOP)
    if found is None or len(_without_politeness(_words_of(rest))[0]) <= NEAR:
        return found
    return Intent(Meaning.UNSURE, found.words, found.language)


@cache
def _keywords(meaning: Meaning) -> dict[str, str]:
    """Each keyword with the first language that has it."""
    words: dict[str, str] = {}
    for name, language in LANGUAGES.items():
        for word in language.stop if meaning is Meaning.STOP else language.start:
            words.setdefault(word, name)
    return words


@cache
def _polite() -> tuple[dict[str, str], int]:
    phrases = {phrase: name for name, language in LANGUAGES.items() for phrase in language.polite}
    return phrases, max(len(phrase.split()) for phrase in phrases)


def _keyword(words: list[str], meaning: Meaning) -> Intent | None:
    bare, spoken = _without_politeness(words)
    if len(set(bare)) == 1:
        bare = bare[:1]
    phrase = " ".join(bare)
    language = _keywords(meaning).get(phrase)
    if language is None:
        return None
    everywhere = meaning is Meaning.STOP and _is_everywhere(phrase, language)
    language = spoken if language == "en" and spoken else language
    return Intent(meaning, phrase, language, everywhere, is_keyword=True)


def _without_politeness(words: list[str]) -> tuple[list[str], str]:
    """What is left between greetings and thanks, and whose language those were."""
    phrases, longest = _polite()
    left, language = list(words), ""
    is_shorter = True
    while left and is_shorter:
        is_shorter = False
        for size in range(min(longest, len(left)), 0, -1):
            for part, rest in ((left[:size], left[size:]), (left[-size:], left[:-size])):
                if rest and (spoken := phrases.get(" ".join(part))):
                    left, language, is_shorter = rest, spoken, True
                    break
            if is_shorter:
                break
    return left, language


@cache
def _either(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(phrases) + r")(?!\w)")


def _is_everywhere(words: str, language: str) -> bool:
    return _either(LANGUAGES[language].everything).search(words) is not None


def _request(text: str) -> Intent:
    """The plainest thing that any sentence says in any language."""
    unsure = NOTHING
    is_long = len(text.split()) > LONGEST_REQUEST
    sentences = _SENTENCE.findall(text)
    for sentence, (name, language) in product(sentences, LANGUAGES.items()):
        if (said := _strong_keyword(sentence, language)) is not None:
            found = Intent(Meaning.STOP if sentence is sentences[-1] else Meaning.UNSURE, said, name)
        else:
            found = _in_sentence(sentence, name, language)
        if found.meaning is Meaning.STOP and not is_long:
            return found
        if found.meaning is not Meaning.NONE:
            unsure = Intent(Meaning.UNSURE, found.words, name)
    return unsure


def _in_sentence(sentence: str, name: str, language: Language) -> Intent:
    for match in _either(language.requests).finditer(sentence):
        before, behind = sentence[: match.start()], sentence[match.end() :]
        if _is_negated(before, language):
            continue
        is_open = _either((language.reporting,)).search(before) or _either((language.limits,)).search(match[0] + behind)
        meaning = Meaning.UNSURE if is_open else Meaning.STOP
        return Intent(meaning, match[0], name, not is_open and _is_everywhere(sentence, name))
    hint = _either(language.hints).search(sentence)
    if hint is None or _is_negated(sentence[: hint.start()], language):
        return NOTHING
    return Intent(Meaning.UNSURE, hint[0], name)


def _strong_keyword(sentence: str, language: Language) -> str | None:
    """A keyword that is a sentence of its own, or the end of one behind a comma."""
    for part in (sentence, sentence.rpartition(",")[2]):
        bare = " ".join(_without_politeness(_WORD.findall(part))[0])
        if bare in language.strong and "?" not in sentence:
            return bare
    return None


def _is_negated(before: str, language: Language) -> bool:
    """Whether the words right before turn a request around: `please do not | stop texting me`."""
    near = " ".join(before.rpartition(",")[2].split()[-NEAR:])
    return _either((language.negations,)).search(near) is not None
