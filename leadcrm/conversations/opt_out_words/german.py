"""How German speakers say that they want no more messages."""

from leadcrm.conversations.opt_out_words.language import Language

_DE_THINGS = (
    r"(?:nachrichten|nachricht|sms|e-?mails?|mails?|whatsapps?|werbung|newsletter|spam|texte|benachrichtigungen|anrufe"
    r"|kontakt|kontaktaufnahme|angebote)"
)
_DE_DO = r"(?:schreiben|schicken|senden|kontaktieren|anrufen|zu|zuschicken|zusenden|belastigen|texten|anschreiben)"

GERMAN = Language(
    stop=(
        "stopp",
        "abmelden",
        "abbestellen",
        "austragen",
        "aufhoren",
        "aufhoeren",
        "hor auf",
        "hort auf",
        "horen sie auf",
        "kundigen",
        "ende",
        "abmeldung",
        "newsletter abbestellen",
        "schluss",
        "stornieren",
    ),
    strong=("stopp", "abmelden", "abbestellen", "horen sie auf", "hort auf", "hor auf", "austragen"),
    start=("starten", "anmelden", "beginnen", "fortsetzen", "weiter", "wieder anmelden", "abonnieren"),
    polite=("bitte", "danke", "vielen dank", "danke schon", "hallo", "sofort", "mfg", "jetzt", "viele grusse"),
    requests=(
        rf"(?:keine? weiteren?|bitte keine?|nie mehr) {_DE_THINGS}",
        rf"keine? {_DE_THINGS} (?:mehr|bitte)",
        r"(?:schreib\w*|schick\w*|send\w*|kontaktier\w*|belastig\w*|ruf\w*)(?: sie| ihr)? (?:mir|mich"
        r"|uns)(?: bitte| \w+)? "
        r"(?:nicht|keine|nichts|nie)(?: wieder)?(?: mehr| wieder| weiter)",
        rf"(?:mir|mich|uns)(?: bitte)? (?:nicht|keine|nichts|nie)(?: \w+)?(?: mehr| wieder)?(?: \w+)? {_DE_DO}",
        r"(?:hort|horen|hor|hoeren)(?: sie)?(?: (?!nicht)\w+)? auf,?(?: \w+){0,3} zu \w+",
        r"(?:hort|horen|hor|hoeren)(?: sie)?(?: bitte| endlich| sofort)? auf(?: mir| mich| damit| uns)",
        rf"(?:mochte|mochten|will|wollen|wunsche)(?: \w+){{0,2}} (?:keine|nicht|nichts)(?: \w+){{0,3}} "
        rf"(?:{_DE_THINGS}|kontaktiert|horen|bekommen|erhalten|angeschrieben)",
        r"(?:losch\w*|loesch\w*|entfern\w*|streich\w*)(?: sie| ihr)?(?: bitte)? (?:meine?|unsere|diese) "
        r"(?:\w+ )?(?:nummer|daten|adresse|e-?mail\w*|mailadresse|handynummer|telefonnummer|kontaktdaten|namen?)",
        r"(?:nehm\w*|nimm|streich\w*|losch\w*|trag\w*|entfern\w*)(?: sie| ihr)?(?: bitte)? mich(?:"
        r" bitte)? (?:aus|von|vom)",
        r"meld\w*(?: sie)? mich(?: bitte)? ab",
        r"(?:mochte|will) mich (?:abmelden|austragen)",
        r"(?:mochte|will) (?:den |diesen )?newsletter abbestellen",
        r"(?:lass\w*|lassen sie) (?:mich|uns)(?: bitte| endlich)? in ruhe",
        r"(?:meine?|unsere) (?:nummer|daten|adresse|telefonnummer|handynummer)(?: bitte)? (?:loschen"
        r"|loeschen|entfernen|streichen)",
    ),
    everything=(
        r"(?:losch|loesch|entfern|streich)\w*(?: \w+){0,2} (?:meine|unsere)",
        r"meine (?:nummer|daten|telefonnummer)(?: bitte)? (?:losch|loesch|entfern|streich)\w*",
        r"\balles\b",
    ),
    hints=(
        r"abmeld\w+",
        r"abbestell\w+",
        r"kein interesse",
        r"falsche nummer",
        r"zu viele " + _DE_THINGS,
        r"spam",
        r"hor\w*(?: sie)? auf",
        r"rufen sie mich nicht",
        r"weniger " + _DE_THINGS,
    ),
    negations=r"(?:nicht|nie|niemals|kein)",
    reporting=r"(?:wenn|falls|sagt|sagte|gesagt|bekomm\w+|erhalten?|haben?|warum|wie|wann|ob|wieso|link|bis)",
    limits=(
        r"(?:vor|nach|bis|am (?:sonntag|samstag|wochenende|abend)|sonntags|samstags|nachts|abends|morgens|heute|morgen"
        r"|noch|so (?:spat|fruh|viele|oft)|aber|nur|ausser|um \d+|diese woche|wahrend|uber|zu diesem|tagsuber)"
    ),
)
