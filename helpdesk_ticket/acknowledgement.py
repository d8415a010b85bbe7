"""Acknowledgements of other helpdesks that can only be recognised by their text (E07).

Compared without accents and case, as in `automatic_subjects`. Every sentence must be
one of an acknowledgement: whoever says anything else has something to say.
"""

import itertools
import re

from .absence_note import CLOSING, GREETING, HISTORY
from .automatic_subjects import compile_plain, either, plain_text

_WHAT = {
    "de": r"(nachricht|anfrage|e-?mail|mail|anliegen|meldung|ticket|vorgang"
    r"|mitteilung)",
    "en": r"(message|request|e-?mail|mail|enquiry|inquiry|ticket|case|submission)",
    "fr": r"(message|demande|courriel|e-?mail|ticket|requete)",
    "es": r"(mensaje|solicitud|consulta|correo|ticket|peticion|caso)",
    "it": r"(messaggio|richiesta|e-?mail|ticket|segnalazione)",
    "nl": r"(bericht|vraag|e-?mail|mail|melding|ticket|verzoek|aanvraag)",
}
# It came, has a number, is with somebody …
RECEIVED = {
    "de": rf"(wir haben )?(ihre?n?|deine?n?) {_WHAT['de']}\b.{{0,60}}"
    r"\b(erhalten|eingegangen|registriert|erfasst|angelegt|aufgenommen|weitergeleitet)"
    r"|(diese|sie) wird unter (der|folgender) [^ ]{1,30} .{0,40}bearbeitet"
    rf"|(das|ein|ihr) (neues )?ticket\b.{{0,60}}\b(erstellt|angelegt|eroffnet)",
    "en": rf"(your|a) (support |service )?{_WHAT['en']}\b.{{0,60}}"
    r"\b(received|registered|logged|created|opened|being (reviewed|processed)|assigned)"
    r"|(we have|we've|we) (received|registered|logged) your"
    rf" (support |service )?{_WHAT['en']}"
    r"|this is to (confirm|let you know|acknowledge)\b.{0,80}\breceived",
    "fr": rf"(nous avons bien recu )?votre {_WHAT['fr']}\b.{{0,60}}"
    r"\b(recue?|enregistree?|prise? en compte)|nous avons bien recu votre"
    rf" {_WHAT['fr']}",
    "es": rf"(hemos recibido )?(su|tu) {_WHAT['es']}\b.{{0,60}}"
    r"\b(recibid[oa]|registrad[oa]|cread[oa])|hemos recibido (su|tu)"
    rf" {_WHAT['es']}",
    "it": rf"(abbiamo ricevuto )?(la (sua|tua|vostra)|il (suo|tuo|vostro)) "
    rf"{_WHAT['it']}\b.{{0,60}}\b(ricevut[oa]|registrat[oa]|pres[oa] in carico)"
    r"|abbiamo ricevuto (la|il) (\w+ )?"
    rf"{_WHAT['it']}",
    "nl": rf"(wij hebben |we hebben )?(uw|je) {_WHAT['nl']}\b.{{0,60}}"
    r"\b(ontvangen|geregistreerd|aangemaakt|in behandeling)",
}
# … a program says so …
BY_PROGRAM = {
    "de": r"(dies ist|das ist|es handelt sich (hierbei )?um) eine automatisch\w*"
    r"( erzeugte| generierte| erstellte| versendete?)? (antwort|nachricht|e-?mail|mail"
    r"|eingangsbestatigung|bestatigung)"
    r"|diese (e-?mail|mail|nachricht|antwort) (wurde|ist) automatisch"
    r" (erzeugt|generiert|erstellt|versendet|verschickt|gesendet)\b.{0,20}",
    "en": r"this is an? (automated|automatic|auto-?generated|automatically generated)"
    r" (response|reply|message|e-?mail|mail|acknowledge?ment|confirmation)",
    "fr": r"ceci est (un (message|courriel|e-?mail) automatique"
    r"|une reponse automatique)"
    r"|ce (message|courriel|e-?mail) (est|a ete) (envoye|genere) automatiquement",
    "es": r"este es un (mensaje|correo) automatico|esta es una respuesta automatica",
    "it": r"questo e un messaggio automatico|questa e una risposta automatica",
    "nl": r"dit is een (automatisch (gegenereerd )?(bericht|antwoord)"
    r"|automatische (bevestiging|ontvangstbevestiging))",
}
# The number behind what it is called; nothing that is said of it.
_NUMBER = r"( ?(is|ist|lautet|est))? ?[.:#\[(]* ?([^ ]*\d[^ ]*)?"
# … and what becomes of it, and how to add something.
BESIDES = {
    "de": r"(wir|unser(e|en)? \w+|ein \w+)\b.{0,80}\b(melden|meldet|bearbeiten"
    r"|bearbeitet|kummern|kummert|antworten|antwortet|beantworten|kontaktieren)\b"
    r"|(bitte )?antworten sie nicht\b.{0,60}|bitte nicht (auf diese )?.{0,20}antworten"
    r"|bitte (geben|nennen|verwenden|belassen|andern) sie\b.{0,60}"
    r"\b(ticket|betreff|vorgang)\w*.{0,40}"
    rf"|(ihre )?(ticket|vorgangs|bearbeitungs)-?(nummer|id)\b{_NUMBER}",
    "en": r"(we|our \w+( \w+)?|a (member|colleague)|an agent|someone|one of our \w+)\b"
    r".{0,60}\b(will|shall|aim to) (\w+ ){0,3}(get|reply|respond|contact|be in touch"
    r"|be back to|answer|review|look|process|handle|deal|take care|reach)\b.{0,80}"
    r"|(please )?do not (reply|respond)\b.{0,60}"
    r"|(to (add|follow up|provide)|if you (want|wish|need) to add)\b.{0,80}"
    r"\b(reply|replying|respond|comments?|information)\b.{0,40}"
    rf"|(your )?(ticket|case|reference|request) ?(number|id|no)?\b{_NUMBER}"
    r"|(please )?(keep|include|quote)\b.{0,40}\b((ticket|case|request|reference|this)"
    r" (number|id)|subject|reference)\b.{0,30}",
    "fr": r"(nous|notre \w+)\b.{0,40}\b(reviendr|repondr|traiter|contacter)\w*\b.{0,60}"
    r"|(merci de )?ne pas repondre\b.{0,40}"
    rf"|votre numero de (ticket|dossier|demande|suivi|reference)\b{_NUMBER}",
    "es": r"(nos|nuestro \w+)\b.{0,40}\b(pondremos|contactar|respond)\w*\b.{0,60}"
    r"|(por favor )?no responda\b.{0,40}",
    "it": r"(si prega di )?non rispondere\b.{0,40}"
    r"|(la|vi) (ricontatteremo|contatter)\w*"
    r"\b.{0,40}|(le|vi) risponderemo\b.{0,40}",
    "nl": r"(wij|we) (nemen|zullen|beantwoorden)\b.{0,40}"
    r"\b(contact|beantwoorden|behandel\w+|reageren|spoedig|mogelijk)\b.{0,30}"
    r"|(gelieve )?niet (te )?(antwoorden|beantwoorden)\b.{0,40}",
}
# Who says it has more to say, or it went wrong, or who speaks of itself alone.
BUT = (
    r"\b(but|however|not|never|cannot|can't|wrong\w*|empty|without|missing|only|still"
    r"|stop|i|j|ich|aber|jedoch|nicht|keine?\w*|leider|falsch\w*|ohne|fehl\w+|leere?\w*|nur"
    r"|noch|mais|pas|sans|pero|no|sin|ma|non|senza|maar|niet|geen|zonder)\b"
)
# What becomes of a mail that came.
BECOMES = (
    r"(get back|be back to|repl|respon|contact|in touch|answer|review|look into|process"
    r"|handl|deal|take care|reach|assign|opened|created|registered|logged|soon|shortly"
    r"|meld|antwort|beantwort|bearbeit|kummer|kontakt|verbindung|pruf|erstellt|angelegt"
    r"|repond|reviendr|trait|delais|cree|pondremos|atend|brevedad|rispond|ricontatt"
    r"|carico|elabora|behandel|reager|spoedig|terug|aangemaakt)"
)
# What goes on in the sentence that says that it came: where, and what becomes of it.
GOES_ON = (
    r"( (under|with|as|by|on|in|at|unter|mit|als|im|bei|sous|avec|con|bajo|sotto|onder"
    r"|met|sur|le|el|il|op|am|by)\b((?! (and|und|et|y|e) )[^,]){0,60})?"
    rf"(,? (and|und|et|y|e|en) (?=.{{0,100}}\b{BECOMES})"
    r"(we|will|one of our|our|an?|someone|is being|it (is|has"
    r"|will)|opened|created|registered|logged|assigned|wir|wird|werden|bearbeiten"
    r"|melden|kummern|antworten|setzen|prufen|sera|nous|notre|un|nos|nuestro|le|lo|la|sara"
    r"|verra|vi|we|wij|wordt|nemen|zullen|komen)\b.{0,100})?"
)
# Whoever thanks for the mail; behind a comma there may stand anything.
THANKED = (
    r"(thank(s| you)|(vielen |herzlichen |besten )?dank|danke|merci|(muchas )?gracias"
    r"|grazie|bedankt|dank u)( (very much|sehr|beaucoup|vielmals))?"
    r"(,? (for|fur|dass|pour|de|d'|per|por|voor)\b[^.!?,]{0,80})?[.!,]*\s+"
)
# Below it: `Your Service Team`, `Hallmann GmbH`
NAME = re.compile(
    r"(?=.* )(?:(?:[^\W\d_a-zß-ÿ][^\d\s,;:!?]*|&|\||-|your|the|of|and|ihr|das|und"
    r"|votre|de|du|la|el|su|y|et|il|uw)(?: |$))+"
)
# What a program that says so adds to it in the same sentence.
SO = r"(,? (to|und|and|um|afin|para|per|om|die|which|that)\b.{0,120})?"
MAX_LOOK, MAX_SAID, MAX_SENTENCE, MAX_NAME = 8000, 900, 220, 40
# A sentence ends with a sign and a blank, not within a date or a number.
SENTENCE = re.compile(r"(?<=[^\d\W][.!:)])\s+|(?<=\d\d\d\d[.!])\s+|\n\s*\n")


def is_acknowledgement(text):
    """Return whether an answer says only that our mail came and what becomes of it.

    Ticket systems send it, some without any sign that a program wrote it.

    :param str text: of the mail
    :rtype: bool
    """
    lines = (text or "")[:MAX_LOOK].splitlines()
    own = "\n".join(itertools.takewhile(_is_own, lines)).strip()
    if not own or len(own) > MAX_SAID or "?" in own or "？" in own:
        return False
    told = False
    for sentence in _sentences(own):
        if told and _CLOSING.match(plain_text(sentence)):
            break  # below it stands who it is from
        if _is_certain(sentence):
            told = True
        elif not _is_besides(sentence, told):
            return False
    return told


def _is_own(line):
    return not HISTORY.match(plain_text(line))


def _sentences(text):
    """Return the sentences of a text, without brackets around them."""
    found = (" ".join(one.split()).strip(" ()[]*-") for one in SENTENCE.split(text))
    return [one for one in found if one]


def _is_certain(sentence):
    """Tell whether a sentence says that our mail came, or that a program wrote it."""
    sentence = plain_text(sentence).rstrip(" .!")
    if _BY_PROGRAM.fullmatch(sentence):
        return True
    return bool(
        len(sentence) <= MAX_SENTENCE
        and _RECEIVED.fullmatch(sentence)
        and not _BUT.search(sentence)
    )


def _is_besides(sentence, told):
    """Tell whether a sentence may stand beside those of an acknowledgement.

    :param bool told: whether one of those stands above it: then a name may follow, or
        the number that the sentence above it announces
    """
    if len(sentence) > MAX_SENTENCE:
        return False
    plain = plain_text(sentence)
    if _POLITE.fullmatch(f"{plain} ") or _BESIDES.fullmatch(plain.rstrip(" .!")):
        return True
    if not told or len(sentence) > MAX_NAME:
        return False
    is_number = " " not in sentence and any(map(str.isdigit, sentence))
    return is_number or bool(NAME.fullmatch(sentence))


_RECEIVED = compile_plain(rf"(?:{GREETING})?(?:{either(RECEIVED.values())}){GOES_ON}")
_BY_PROGRAM = compile_plain(
    rf"(?:{GREETING})?(?:{either(BY_PROGRAM.values())})(?!.*{BUT}){SO}"
)
_BUT = compile_plain(BUT)
_BESIDES = compile_plain(rf"(?:{either(BESIDES.values())})")
_POLITE = compile_plain(rf"(?:{GREETING})?(?:{THANKED})?")
_CLOSING = compile_plain(CLOSING)
