"""The rules that tell an opt-out, judged by labelled messages in six languages, a part of which they never saw."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from leadcrm.conversations.opt_out_intent import Meaning, opt_out_intent

HERE = Path(__file__).parent
LANGUAGES = ("en", "es", "pt", "af", "de", "fr")
ASKED = ("keyword", "stop")


class Labelled(NamedTuple):
    """A message, its language, and what a person says it means."""

    language: str
    label: str
    text: str


def labelled(name: str) -> list[Labelled]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    heads = [line.partition(": ") for line in lines if not line.startswith("#")]
    return [Labelled(*head.split(), text) for head, _, text in heads]


KNOWN, HELD_OUT = labelled("opt_out_corpus.txt"), labelled("opt_out_held_out.txt")
SETS = pytest.mark.parametrize("messages", [KNOWN, HELD_OUT], ids=["known", "held out"])


def meaning(message: Labelled) -> Meaning:
    return opt_out_intent(message.text, "sms").meaning


def told(messages: list[Labelled], *labels: str) -> list[tuple[Labelled, Meaning]]:
    return [(message, meaning(message)) for message in messages if message.label in labels]


def test_the_corpus_is_large_and_balanced():
    counts = Counter(message.language for message in KNOWN + HELD_OUT)
    assert sum(counts.values()) >= 300
    assert min(counts[language] for language in LANGUAGES) >= 40
    assert len(set(KNOWN + HELD_OUT)) == len(KNOWN + HELD_OUT)
    asking = sum(message.label in ASKED for message in KNOWN + HELD_OUT)
    assert 0.4 <= asking / len(KNOWN + HELD_OUT) <= 0.6


@SETS
def test_no_keyword_is_missed(messages):
    assert [message.text for message, said in told(messages, "keyword") if said is not Meaning.STOP] == []
    assert [message.text for message, said in told(messages, "start") if said is not Meaning.START] == []


@SETS
def test_plain_requests_are_heard(messages):
    heard = [said is Meaning.STOP for _, said in told(messages, "stop")]
    assert sum(heard) / len(heard) >= 0.9


@SETS
def test_who_is_cut_off_has_asked_for_it(messages):
    cut_off = [message for message in messages if meaning(message) is Meaning.STOP]
    assert sum(message.label in ASKED for message in cut_off) / len(cut_off) >= 0.98


@SETS
def test_the_unsure_are_never_cut_off_and_the_others_seldom_bother_a_person(messages):
    assert [message.text for message, said in told(messages, "unsure") if said is Meaning.STOP] == []
    others = [said for _, said in told(messages, "none")]
    assert others.count(Meaning.NONE) / len(others) >= 0.85


@pytest.mark.parametrize("text", ["", "   ", "🙏", "?", "\x00", "a" * 100_000, "stop " * 50_000 + "by", '"' * 5000])
def test_odd_texts_are_read_without_trouble(text):
    assert opt_out_intent(text, "sms").meaning in (Meaning.NONE, Meaning.STOP)


@pytest.mark.parametrize(
    ("text", "everywhere"),
    [
        ("stop everything", True),
        ("delete my number", True),
        ("quita mi número", True),
        ("Löschen Sie meine Nummer", True),
        ("STOP", False),
        ("please stop texting me", False),
    ],
)
def test_some_words_mean_every_channel(text, everywhere):
    assert opt_out_intent(text, "sms").everywhere is everywhere


@pytest.mark.parametrize(
    ("text", "language"),
    [("STOP", "en"), ("stop, danke", "de"), ("baja", "es"), ("ne m'écrivez plus", "fr"), ("hou op", "af")],
)
def test_the_language_is_that_of_the_words(text, language):
    assert opt_out_intent(text, "sms").language == language


@pytest.mark.parametrize("below", ["Jane Doe", "Best regards,\nJane Doe", "Viele Grüße\nJane Maria Doe", "Thanks!"])
@pytest.mark.parametrize("keyword", ["Unsubscribe", "Baja", "Cancel."])
def test_a_mails_keyword_may_stand_above_a_name(keyword, below):
    assert opt_out_intent(f"{keyword}\n\n{below}", "email").meaning is Meaning.STOP


@pytest.mark.parametrize("keyword", ["Unsubscribe", "Baja", "Cancel."])
def test_above_a_whole_signature_a_person_looks_at_it(keyword):
    signature = "Jane Doe\nHead of Sales, Doe & Daughters\n+1 212 555 0123"
    assert opt_out_intent(f"{keyword}\n\n{signature}", "email").meaning is Meaning.UNSURE
    assert opt_out_intent("Monday is fine.\n\n" + signature, "email").meaning is Meaning.NONE


def test_what_is_quoted_is_not_the_writers():
    assert opt_out_intent("Your last mail said “Stop texting me”, what was that?", "email").meaning is Meaning.NONE
