"""How Afrikaans speakers say that they want no more messages."""

from leadcrm.conversations.opt_out_words.language import Language

_AF_THINGS = r"(?:boodskappe?|sms(?:'?e|se)?|e-?posse?|e-?pos|mails?|whatsapps?|spam|nuusbriewe|kennisgewings|tekste)"
_AF_DO = r"(?:sms|skryf|kontak|stuur|bel|pla|e-?pos|whatsapp|boodskap|lastig val)"

AFRIKAANS = Language(
    stop=(
        "staak",
        "hou op",
        "teken uit",
        "kanselleer",
        "verwyder",
        "verwyder my",
        "stop alles",
        "stop asb",
        "uitteken",
        "los my uit",
    ),
    strong=("staak", "hou op", "verwyder my", "teken my uit"),
    start=("begin", "hervat", "teken in", "begin weer", "skryf in", "gaan voort"),
    polite=("asseblief", "asb", "dankie", "baie dankie", "hallo", "nou", "groete"),
    requests=(
        rf"(?:hou op|stop) (?:om )?(?:my |ons |vir my |met my )?(?:te )?{_AF_DO}",
        rf"(?:hou op|stop) (?:asseblief |asb )?(?:met )?(?:die |al die |julle |hierdie )?{_AF_THINGS}",
        rf"moe(?:t)?(?: asseblief| asb)?(?: nie|nie)(?: asseblief| asb)? (?:meer |weer |langer"
        rf" )?(?:vir )?(?:my|ons|hierdie nommer)"
        rf"(?: \w+){{0,3}} {_AF_DO}",
        rf"geen (?:verdere |meer )?{_AF_THINGS}(?: meer| verder)?",
        rf"(?:wil|wens)(?: \w+)? (?:nie|geen)(?: \w+){{0,4}} (?:{_AF_THINGS}|hoor)",
        r"(?:verwyder|haal|vee|skrap|wis) (?:asseblief |asb )?(?:my (?:nommer|e-?pos|naam|data"
        r"|besonderhede|inligting|adres))",
        r"(?:haal|verwyder|vat) (?:asseblief |asb )?my (?:van|uit|af)",
        r"teken my (?:asseblief |asb )?uit",
        r"los (?:my|ons) (?:uit|asseblief uit|alleen)",
    ),
    everything=(
        r"(?:verwyder|vee|skrap|wis|haal) (?:asseblief |asb )?my (?:nommer|data|besonderhede|inligting|naam|e-?pos)",
        r"\balles\b",
    ),
    hints=(
        r"teken (?:ek )?uit",
        r"nie belangstel",
        r"stel nie belang",
        r"verkeerde nommer",
        r"te veel " + _AF_THINGS,
        r"spam",
        r"hou op",
        r"minder " + _AF_THINGS,
    ),
    negations=r"(?:nie|moenie|nooit|nie wil|hoef nie te)",
    reporting=r"(?:as|gese|se|hoekom|hoe|wanneer|of|skakel|tot)",
    limits=(
        r"(?:voor|na|tot|op (?:sondae?|saterdae?|naweke)|naweke|vanaand|vandag|more|nog|so (?:laat|vroeg|baie)|maar|net"
        r"|behalwe|in die (?:aand|oggend)|terwyl|hierdie week|oor)"
    ),
)
