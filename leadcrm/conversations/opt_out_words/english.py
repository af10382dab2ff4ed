"""How English speakers say that they want no more messages."""

from leadcrm.conversations.opt_out_words.language import Language

_EN_ING = (
    r"(?:texting|messaging|e-?mailing|mailing|contacting|calling|phoning|writing|bothering|spamming"
    r"|harassing|pestering)"
)
_EN_DO = r"(?:text|message|e-?mail|mail|contact|call|phone|ring|write(?: to)?|bother|spam|harass|disturb)"
_EN_THINGS = (
    r"(?:texts?|text messages?|messages?|e-?mails?|mails?|sms|newsletters?|notifications|spam"
    r"|communications?|whatsapps?)"
)
_EN_MY = r"(?:my|our|this)(?: \w+)? (?:number|phone|e-?mail|address|name|data|details|contact|info|information)"

ENGLISH = Language(
    stop=(
        "stop",
        "stopall",
        "stop all",
        "stop it",
        "unsubscribe",
        "unsubscribe me",
        "cancel",
        "end",
        "quit",
        "revoke",
        "optout",
        "opt out",
        "opt-out",
        "remove",
        "remove me",
        "stop everything",
        "stop messages",
        "stop texts",
    ),
    strong=(
        "stop",
        "stopall",
        "stop all",
        "stop it",
        "unsubscribe",
        "unsubscribe me",
        "optout",
        "opt out",
        "remove me",
    ),
    start=("start", "unstop", "resume", "subscribe", "opt in", "opt-in", "optin", "resubscribe", "start again"),
    polite=(
        "please",
        "pls",
        "plz",
        "thanks",
        "thank you",
        "thx",
        "ty",
        "ok",
        "okay",
        "hi",
        "hello",
        "now",
        "just",
        "kindly",
        "sorry",
        "cheers",
        "immediately",
        "regards",
        "best regards",
        "kind regards",
        "no thanks",
        "very much",
        "right now",
    ),
    requests=(
        rf"(?:stop|quit|cease) (?:\w+ )?{_EN_ING} (?:me|us|this number|my|here)",
        rf"(?:stop|quit|cease) sending (?:me |us )?(?:\w+ ){{0,2}}(?:{_EN_THINGS}|stuff|things|this|these|anything)",
        r"(?:stop|quit|cease) sending (?:me|us)",
        rf"(?:stop|end|cease) (?:with )?(?:all |these |those |the |your |any |this )+{_EN_THINGS}",
        r"stop contacting",
        rf"(?:do not|don'?t|never) (?:ever |please )?{_EN_DO} (?:me|us|this number|my \w+)",
        rf"(?:do not|don'?t|never) send (?:me |us )?(?:any ?more |any |more |further |these |your )*{_EN_THINGS}",
        rf"no (?:more|further) (?:\w+ )?(?:{_EN_THINGS}|contact)",
        rf"(?:remove|delete|erase|drop|forget|lose) (?:{_EN_MY})",
        r"(?:remove|delete|erase|drop|take) (?:me|us) (?:from|off|out of) (?:your|the|this|all|these|any) (?:\w+ ){0,2}"
        r"(?:list|lists|database|system|contacts|records|mailings?)",
        r"take (?:me|us|my \w+|this number) off",
        r"unsubscribe (?:me|us|this number|this address|my \w+)",
        r"(?:please|pls|want to|like to|wish to|need to|could you|can you|kindly) (?:\w+ )?(?:unsubscribe|opt out)",
        r"opt (?:me|us) out",
        r"i(?:'m| am) opting out",
        rf"(?:do not|don'?t|no longer) (?:want|wish|care)(?: \w+){{0,5}} (?:{_EN_THINGS}|hear from you|be contacted"
        r"|be texted|be e-?mailed)",
        r"(?:want|like|wish) to stop (?:receiving|getting)",
        r"leave (?:me|us) alone",
        r"stop everything",
    ),
    everything=(
        r"stop everything",
        r"(?:remove|delete|erase|forget|lose) (?:my|our)",
        r"any way",
        r"all (?:channels|contact)",
        r"all communications?",
        r"everywhere",
        r"by any means",
    ),
    hints=(
        r"unsubscrib\w+",
        r"opt(?:ed|ing)? out",
        r"not interested",
        r"wrong (?:number|person)",
        r"too many (?:\w+ )?" + _EN_THINGS,
        r"go away",
        r"stop (?:it|this|that|now)",
        r"remove (?:me|us)",
        r"spam",
        r"how did you get my",
        rf"(?:fewer|less) {_EN_THINGS}",
        rf"stop (?:\w+ ){{0,3}}{_EN_THINGS}",
        rf"stop {_EN_ING}",
    ),
    negations=(
        r"(?:do not|don'?t|dont|never|not|no need to|didn'?t|won'?t|can'?t|cannot|(?:did|do|have"
        r"|will) (?:you|they|he|she))"
    ),
    reporting=r"(?:if|unless|said|says|told|tell|asked|why|how|when|whether|did|link|button|until)",
    limits=(
        r"(?:before|after|until|till|unless|on (?:sundays?|mondays?|saturdays?|weekends?|fridays?)|at"
        r" (?:work|night|home)"
        r"|tonight|today|tomorrow|yet|while|during|instead|so (?:many|late|early|often)|this week|next week|so much"
        r"|about|but|except|only|too|weekends?|just|just yet|if|from the (?:viewing|tour|group|waiting|guest)"
        r"|again until|at \d+|every day|before \d+|in the (?:morning|evening))"
    ),
)
