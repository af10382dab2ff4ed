"""How French speakers say that they want no more messages."""

from leadcrm.conversations.opt_out_words.language import Language

_FR_THINGS = (
    r"(?:messages?|sms|textos?|e-?mails?|mails?|courriels?|whatsapps?|publicites?|pubs?|spam"
    r"|notifications|newsletters?)"
)
_FR_DO = (
    r"(?:ecri(?:vez|re|s)|envo(?:yez|yer|ie|ies)|contact(?:ez|er|e)|appel(?:ez|er|le)|derang(?:ez|er|e)"
    r"|embet(?:ez|er|e)|relanc(?:ez|er|e)|solicit\w+|sollicit\w+)"
)

FRENCH = Language(
    stop=(
        "arret",
        "arreter",
        "arretez",
        "desabonner",
        "me desabonner",
        "desinscrire",
        "desinscription",
        "desabonnement",
        "me desinscrire",
        "fin",
        "annuler",
        "stop sms",
        "ca suffit",
        "desabonnez-moi",
        "desinscrivez-moi",
        "arrete",
    ),
    strong=("arretez", "me desabonner", "me desinscrire", "ca suffit", "desabonnez-moi", "desinscrivez-moi"),
    start=("commencer", "demarrer", "reprendre", "s'abonner", "abonner", "reabonner", "me reabonner", "continuer"),
    polite=(
        "s'il vous plait",
        "s'il te plait",
        "svp",
        "stp",
        "merci",
        "merci beaucoup",
        "bonjour",
        "cordialement",
        "merci d'avance",
    ),
    requests=(
        rf"(?:arretez|arrete|cessez|merci d'arreter|veuillez arreter|veuillez cesser)(?: \w+)? (?:de "
        rf"|d')(?:(?:me|m'|nous) ?)?{_FR_DO}",
        rf"(?:arretez|arrete|cessez|stop aux|stop a)(?: \w+)? (?:de |d'|avec )?(?:vos |les |ces |tous "
        rf"|tout )*{_FR_THINGS}",
        rf"ne (?:m'|me |nous )?{_FR_DO}(?:-moi)?(?: \w+)? (?:plus|jamais)",
        rf"ne plus (?:jamais )?(?:me |m'|nous )?{_FR_DO}",
        rf"(?:ne )?(?:veux|voudrais|souhaite|desire|souhaitons|voulons)(?: \w+)? plus(?: \w+)?(?: \w+){{0,3}} "
        rf"(?:{_FR_THINGS}|contacte\w*|nouvelles)",
        rf"(?:plus (?:de |d'|aucun )|plus aucun )(?:vos )?{_FR_THINGS}",
        r"(?:supprim\w+|effac\w+|retir\w+|enlev\w+|ray\w+)(?: \w+)? (?:mon|mes|ce|notre) (?:numero"
        r"|adresse|e-?mail|mail|nom"
        r"|donnees|coordonnees|telephone|contact)",
        r"(?:retir\w+|enlev\w+|supprim\w+|ray\w+|desabonn\w+|desinscri\w+|sortez)-?(?: )?(?:moi|nous)(?: de)?",
        r"me (?:retirer|enlever|supprimer|rayer|desabonner|desinscrire)",
        r"(?:laissez|laisse|fichez|foutez)[- ](?:moi|nous)(?: \w+)? (?:tranquilles?|en paz|en paix|la paix)",
    ),
    everything=(
        r"(?:supprim|effac|retir|enlev)\w+(?: \w+)? (?:mon|mes|notre)",
        r"d'aucune (?:facon|maniere)",
        r"par aucun moyen",
        r"tout arreter",
        r"arretez tout",
    ),
    hints=(
        r"desabonn\w+",
        r"desinscri\w+",
        r"pas interesse\w*",
        r"mauvais numero",
        r"trop de " + _FR_THINGS,
        r"spam",
        r"arrete[zr]?(?: de)?",
        r"moins de " + _FR_THINGS,
    ),
    negations=r"(?:ne|pas|jamais|n'|ne pas|ne veux pas|n'ai pas demande (?:a|de))",
    reporting=r"(?:si|dit|disait|pourquoi|comment|quand|lien|jusqu'a)",
    limits=(
        r"(?:avant|apres|jusqu'|le (?:dimanche|samedi|week-?end|soir|matin)|la nuit|ce soir"
        r"|aujourd'hui|demain|encore|si (?:tard|tot)"
        r"|autant|mais|seulement|sauf|a \d+|cette semaine|pendant|au travail|sur)"
    ),
)
