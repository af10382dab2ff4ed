"""How Portuguese speakers say that they want no more messages."""

from leadcrm.conversations.opt_out_words.language import Language

_PT_DO = (
    r"(?:escrevam?|escrevas|mandem?|mandes|enviem?|envies|contatem?|contactem?|contacte|liguem?|incomodem?|perturbem?)"
)
_PT_THINGS = (
    r"(?:mensagens|mensagem|sms|e-?mails?|mails?|whatsapps?|zaps?|propaganda|spam|notificacoes|textos|contatos?)"
)

PORTUGUESE = Language(
    stop=(
        "parar",
        "pare",
        "parem",
        "sair",
        "cancelar",
        "remover",
        "descadastrar",
        "cancelar inscricao",
        "chega",
        "me remova",
        "desinscrever",
        "cancelar tudo",
    ),
    strong=("parem", "descadastrar", "chega", "me remova"),
    start=("iniciar", "comecar", "voltar", "retomar", "inscrever", "recomecar", "continuar", "reativar"),
    polite=(
        "por favor",
        "obrigado",
        "obrigada",
        "muito obrigado",
        "muito obrigada",
        "ola",
        "oi",
        "pf",
        "grato",
        "grata",
    ),
    requests=(
        rf"(?:nao|nunca mais) (?:me|nos) {_PT_DO}",
        rf"nao (?:quero|desejo|queremos|preciso)(?: \w+){{0,3}} {_PT_THINGS}",
        r"nao (?:mandem?|enviem?|escrevam?) mais",
        r"(?:parem?|para|pare|deixem?) de (?:me |nos )?(?:escrever|mandar|enviar|contatar|contactar"
        r"|ligar|incomodar|perturbar)",
        rf"(?:chega de|sem mais|nenhuma?|mais nenhuma?) {_PT_THINGS}",
        r"(?:tirem?|retirem?|removam?|remova|apaguem?|apague|excluam?|exclua|eliminem?) (?:o |os )?"
        r"(?:meu|meus|minha|este|nosso) (?:numero|e-?mail|telefone|dados|contato|contacto|endereco|nome)",
        r"(?:me )?(?:tirem?|retirem?|removam?|remova|excluam?|exclua|descadastrem?)(?:-me| me)? (?:da"
        r"|de|desta|dessa|do) "
        r"(?:\w+ )?(?:lista|cadastro|base|listas)",
        r"me (?:tirem?|retirem?|removam?|remova|excluam?|exclua|descadastrem?)",
        r"(?:quero|desejo|gostaria de) (?:me )?(?:descadastrar|cancelar a (?:inscricao|subscricao"
        r"|assinatura)|sair da lista)",
        r"(?:me deixem?|deixem?-me|deixe-me|deixem me) em paz",
    ),
    everything=(
        r"(?:tirem?|retirem?|removam?|remova|apaguem?|apague|excluam?|exclua|eliminem?) (?:o |os )?(?:meu|meus|minha)",
        r"de forma (?:alguma|nenhuma)",
        r"\btudo\b",
    ),
    hints=(
        r"descadastr\w+",
        r"nao tenho interesse",
        r"numero errado",
        r"(?:tantas|muitas) " + _PT_THINGS,
        r"spam",
        r"par[ae]m? de",
        r"cancelar a (?:inscricao|subscricao)",
        r"menos " + _PT_THINGS,
    ),
    negations=r"(?:nao|nunca|jamais|nao quero|sem)",
    reporting=r"(?:se|disse|diz|disseram|quando|como|por que|porque nao|link|ate)",
    limits=(
        r"(?:antes|depois|ate|aos (?:domingos|sabados)|no (?:domingo|sabado|fim)|a noite|de (?:manha|noite)|hoje|amanha"
        r"|ainda|tao (?:tarde|cedo)|tantas|mas|so|somente|exceto|as \d+|esta semana|enquanto|sobre)"
    ),
)
