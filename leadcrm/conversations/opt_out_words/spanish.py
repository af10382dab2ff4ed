"""How Spanish speakers say that they want no more messages."""

from leadcrm.conversations.opt_out_words.language import Language

_ES_DO = (
    r"(?:escriba[ns]?|escribas|escribais|manden?|mandes|envien?|envies|contacten?|contactes|llamen?|llames|molesten?"
    r"|molestes|textees?|sigan?|sigas|vuelvan? a \w+|vuelvas a \w+)"
)
_ES_THINGS = (
    r"(?:mensajes?|sms|correos?|e-?mails?|mails?|whatsapps?|textos|publicidad|spam|notificaciones|comunicaciones)"
)

SPANISH = Language(
    stop=(
        "parar",
        "pare",
        "paren",
        "alto",
        "baja",
        "dar de baja",
        "darme de baja",
        "darse de baja",
        "cancelar",
        "cancelar suscripcion",
        "detener",
        "basta",
        "salir",
        "de baja",
        "baja total",
        "no mas",
        "dame de baja",
    ),
    strong=("darme de baja", "dar de baja", "basta", "paren", "no mas", "dame de baja"),
    start=(
        "empezar",
        "iniciar",
        "alta",
        "reanudar",
        "comenzar",
        "suscribir",
        "suscribirme",
        "continuar",
        "darme de alta",
    ),
    polite=("por favor", "gracias", "muchas gracias", "porfa", "hola", "saludos", "ya", "porfavor"),
    requests=(
        rf"no (?:me|nos) {_ES_DO}",
        r"(?:dejen?|dejad|deja|deje|dejar|pare[ns]?|para) de (?:escribir|mandar|enviar|contactar"
        r"|llamar|molestar)(?:me|nos|le)?",
        rf"no (?:quiero|deseo|queremos|deseamos|necesito)(?: \w+){{0,3}} {_ES_THINGS}",
        r"no (?:quiero|deseo|queremos)(?: \w+){0,2} (?:me (?:escriban|contacten|manden|envien|llamen))",
        rf"(?:no mas|ni un|ningun|basta de) (?:\w+ )?{_ES_THINGS}",
        rf"no (?:manden|envien|mandes|envies|mande|envie) mas (?:{_ES_THINGS})?",
        r"(?:quit[ae]n?|borr[ae]n?|elimin[ae]n?|saqu?[ae]n?|retiren?)(?:me)?(?: de)? (?:mi|mis|nuestro|este|el) "
        r"(?:numero|correo|telefono|datos|contacto|e-?mail|direccion|nombre)",
        r"(?:quiten|borren|eliminen|saquen|quitad|quita|saca|elimina|borra|saque|elimine|quite)(?:me|nos) de",
        r"(?:darme|dadme|denme|dame|deme|danos|dennos) de baja",
        r"(?:quiero|deseo|quisiera|solicito) (?:la baja|cancelar la suscripcion|desuscribirme)",
        r"(?:dejenme|dejame|dejeme|dejadme) en paz",
    ),
    everything=(
        r"(?:quit[ae]n?|borr[ae]n?|elimin[ae]n?|saqu?[ae]n?|retiren?) (?:mi|mis|nuestro)",
        r"de ninguna (?:forma|manera)",
        r"por ningun medio",
        r"\btodo\b",
    ),
    hints=(
        r"de baja",
        r"no me interesa",
        r"numero equivocado",
        r"demasiados " + _ES_THINGS,
        r"spam",
        r"dej[ae]n? de",
        r"suscripcion",
        r"menos " + _ES_THINGS,
    ),
    negations=r"(?:no|nunca|jamas|no quiero|no hace falta|sin)",
    reporting=r"(?:si|dijo|dice|dijeron|cuando|como|por que|porque no|enlace|hasta)",
    limits=(
        r"(?:antes|despues|hasta|los (?:domingos|sabados|fines)|el (?:domingo|sabado|lunes)|por la"
        r" (?:noche|manana|tarde)"
        r"|hoy|manana|todavia|aun|tan (?:tarde|temprano)|tantos|pero|solo|excepto|salvo|a las|esta"
        r" semana|mientras|sobre)"
    ),
)
