"""Our own words for an address that is not written to any more, to colleagues and, once, to the lead."""

# Each is read by the rules of another house like ours: none of them asks for anything (a test says so).
CONFIRMATIONS = {
    "en": "{organization} will not write to you here again. Reply START if you change your mind.",
    "es": "{organization} no le escribirá más por aquí. Responda START si cambia de opinión.",
    "pt": "{organization} não vai mais escrever para você por aqui. Responda START se mudar de ideia.",
    "af": "{organization} sal nie weer hier aan u skryf nie. Antwoord START as u van plan verander.",
    "de": "{organization} schreibt Ihnen hier nicht mehr. Antworten Sie START, wenn Sie es sich anders überlegen.",
    "fr": "{organization} ne vous écrira plus ici. Répondez START si vous changez d'avis.",
}


def confirmation(language: str, organization: str) -> str:
    """What a lead who opted out hears, once."""
    return CONFIRMATIONS[language].replace("{organization}", organization)


def refusal(reason: str, name: str, address: str) -> str:
    """Why an address is not written to, from a suppression's reason."""
    if reason == "bounced":
        return f"Mail to {address} came back. Correct the address, or allow mail to it again on the lead's page."
    if reason == "erased":
        return f"Whoever has {address} asked to be erased. They can be answered once they write to us."
    if reason == "complained":
        return f"{name} told their mail provider that our mail to {address} is spam."
    return f"{name} does not want messages at {address}."
