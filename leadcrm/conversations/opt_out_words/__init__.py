"""How people say that they want no more messages, in six languages: the words the rules in `opt_out_intent` look for.

Everything is written as the rules read it: lower case, without accents, with plain apostrophes. Phrases are regular
expressions; each begins and ends at a word.
"""

from leadcrm.conversations.opt_out_words.afrikaans import AFRIKAANS
from leadcrm.conversations.opt_out_words.english import ENGLISH
from leadcrm.conversations.opt_out_words.french import FRENCH
from leadcrm.conversations.opt_out_words.german import GERMAN
from leadcrm.conversations.opt_out_words.language import Language as Language
from leadcrm.conversations.opt_out_words.portuguese import PORTUGUESE
from leadcrm.conversations.opt_out_words.spanish import SPANISH

LANGUAGES = {"en": ENGLISH, "es": SPANISH, "pt": PORTUGUESE, "af": AFRIKAANS, "de": GERMAN, "fr": FRENCH}
