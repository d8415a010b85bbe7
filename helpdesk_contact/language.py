"""The language in which a mail was written (K06).

Plain Python: `dev/bench/language.py` measures it without a database.
`readme/DEVELOP.md` explains why py3langid is used, and what it costs.

Only the sender's own words count, without everything that others or machines wrote. All
patterns are applied to text of limited length and contain no nested repetitions, so no
mail can keep a worker busy.
"""

import os
import re
import threading

# A mail may be in none of the support languages, and a detector that knows only those
# would name one all the same. These are what customers of a European helpdesk write
# most; the smaller relatives (Galician, Luxembourgish, …) only make short mails of the
# large ones uncertain, and join when they are support languages themselves.
RIVAL_CODES = (
    "ar bg ca cs da de el en es et fa fi fr he hi hr hu id is it ja ko lt lv mk nl no"
    " pl pt ro ru sk sl sq sr sv th tr uk vi zh"
)
RIVALS = frozenset(RIVAL_CODES.split())
# Names of Odoo's languages in the model.
MODEL_NAMES = {"nb": "no", "iw": "he"}
# How much more likely a mail is in a support language than in any one of the others.
# Both numbers are those with the fewest errors over the samples.
WEIGHT = 10
CERTAINTY = 0.5
# Fewer bytes than in "VPN down" say nothing; a Chinese word has as many.
MIN_BYTES = 8

_lock = threading.Lock()
_identifier = None


def detect_language(text, candidates):
    """Return the language of a mail (K06), None if it is none of the candidates.

    None is also returned for a mail that is too short ("ok") or ambiguous; the caller
    then uses the configured fallback language. Signature, quoted history and legal
    footers do not count.

    The first call in a process takes about three seconds to load the model.

    :param str text: plain text of the mail; its subject as the first line helps
    :param candidates: ISO 639-1 codes of the support languages
    :return: one of ``candidates`` or None
    """
    words = own_words(text)
    wanted = {MODEL_NAMES.get(code, code): code for code in candidates}
    if not wanted or len(words.encode(errors="replace")) < MIN_BYTES:
        return None
    identifier = get_identifier(frozenset(wanted))
    relevant = RIVALS | wanted.keys()
    probabilities = {
        name: value for name, value in identifier.rank(words) if name in relevant
    }
    return wanted.get(choose(probabilities, wanted.keys()))


def _load(languages):
    """Return an identifier for those of these languages that it knows, and the
    languages."""
    # Every thread of numpy's algebra reserves 40 MB of address space, one per core,
    # and Odoo ends a worker for its address space (limit_memory_*). One is enough.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Imported here, so that only processes that need it use the memory for it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    full = LanguageIdentifier.from_model_file(MODEL_FILE)
    kept = [i for i, name in enumerate(full.nb_classes) if name in languages]
    # `set_languages` would keep the whole table in addition to the small one.
    return LanguageIdentifier(
        full.nb_ptc[:, kept],
        full.nb_pc[kept],
        [full.nb_classes[i] for i in kept],
        full.tk_nextmove,
        full.tk_output,
        norm_probs=True,
        tk_row=full.tk_row,
    ), languages


def get_identifier(languages):
    """Return the identifier of this process, loaded on first use.

    :param frozenset languages: names in the model that it has to know, if possible
    """
    global _identifier
    with _lock:
        if _identifier is None:
            _identifier = _load(RIVALS | languages)
        elif not languages <= _identifier[1]:
            _identifier = _load(_identifier[1] | languages)
        return _identifier[0]


def choose(probabilities, candidates, weight=WEIGHT, certainty=CERTAINTY):
    """Return the candidate that a text is written in, None if that is uncertain.

    :param dict probabilities: probability by language
    :param set candidates: languages to choose from
    :param float weight: how much more likely a candidate is than any other language
    :param float certainty: minimum share of the total probability, 0 to 1
    """
    weighted = {
        language: value * (weight if language in candidates else 1)
        for language, value in probabilities.items()
    }
    total = sum(weighted.values())
    if not total:
        return None
    best = max(weighted, key=weighted.get)
    sure = best in candidates and weighted[best] >= certainty * total
    return best if sure else None


# -- the sender's own words ------------------------------------------------------------

# The beginning of a mail is enough to detect its language.
MAX_CHARACTERS = 20_000

INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
INVISIBLE[ord("\u00a0")] = INVISIBLE[ord("\u202f")] = " "


def _any_of(*words):
    """Return a pattern that matches any of the regular expressions ``words``."""
    return re.compile("|".join(words), re.IGNORECASE)


# --- Quoted history ------------------------------------------------------------------

HISTORY = _any_of(
    r"^-{2,} ?(original|ursprüngliche|weitergeleitete|forwarded|message (d.origine"
    r"|transféré|réexpédié)|mensaje (original|reenviado)|messaggio|mensagem|oorspronk)",
    r"^(begin forwarded message|anfang der weitergeleiteten (nachricht|e-?mail)"
    r"|début du message (réexpédié|transféré)|inicio del mensaje reenviado) ?:",
)
# The header lines that Outlook and others put above a quotation: who, when, to whom.
HEAD_FROM = re.compile(
    r"^\*?(von|from|de|da|van|från|fra|od|nadawca|expéditeur|remitente|mittente) ?: ?",
    re.IGNORECASE,
)
HEAD_WHEN = (
    r"(gesendet|gesendet am|datum|sent|date|envoyé|envoyé le|enviado|enviado el|fecha"
    r"|inviato|data|verzonden|skickat|sendt|wysłano|enviada em) ?: ?"
)
HEAD_REST = re.compile(
    rf"^\*?({HEAD_WHEN}|(an|to|à|para|aan|till|til|do|cc|betreff|subject|objet|asunto"
    r"|oggetto|onderwerp|assunto|ämne|emne|temat) ?: ?)",
    re.IGNORECASE,
)
HEAD_IN_ONE_LINE = re.compile(rf" \*?{HEAD_WHEN}", re.IGNORECASE)
# "Am … schrieb …:" and similar, which mail programs wrap over two or three lines.
WROTE = _any_of(
    r"\b(schrieb|wrote|a écrit|escribió|ha scritto|schreef|escreveu|napisał|skrev"
    r"|napsal|kirjoitti|írta|a scris|написал|написав|va escriure|yazdı)\b"
)
WROTE_START = re.compile(
    r"(am|on|le|el|il|op|em|w dniu|den|dne|în|a|2\d{3}-\d\d-\d\d)\b", re.IGNORECASE
)
MAX_ATTRIBUTION = 300


def _attribution(lines, index):
    """Return the number of lines from here that say who wrote the following text, or
    0."""
    for count in (1, 2, 3):
        part = lines[index : index + count]
        if not all(part) or (count > 1 and not WROTE_START.match(part[0])):
            return 0
        text = " ".join(part)
        if len(text) > MAX_ATTRIBUTION:
            return 0
        if text.endswith(":") and WROTE.search(text) and re.search(r"[\d@]", text):
            return count
    return 0


def _without_history(lines):
    """Return the lines without those of earlier mails.

    Answers between quoted lines are kept, as they are the sender's own. A quotation
    without marks extends to the end of the mail.
    """
    own, index = [], 0
    while index < len(lines):
        line = lines[index]
        begins = HISTORY.search(line) or (
            HEAD_FROM.match(line)
            and (
                HEAD_IN_ONE_LINE.search(line)
                or any(map(HEAD_REST.match, lines[index + 1 : index + 4]))
            )
        )
        if begins:
            break
        if count := _attribution(lines, index):
            index += count
            following = next(filter(None, lines[index : index + 3]), ">")
            if not following.startswith(">"):
                break
            continue
        if not line.startswith(">"):
            own.append(line)
        index += 1
    return own


# --- Signature -----------------------------------------------------------------------

DELIMITER = re.compile(r"(--|—|__+|-- ?\*+)$")
MOBILE = _any_of(
    r"^(sent from (my|a|outlook|yahoo|mail)|get outlook for|von meinem? .* gesendet"
    r"|gesendet (von|mit) |diese nachricht wurde von meinem|outlook für (ios|android)"
    r"|envoyé (de|depuis) mon|télécharge[rz] outlook|obtenir outlook"
    r"|enviado desde (mi|outlook)|obtener outlook|obtén outlook|inviato da"
    r"|enviado do meu|verzonden (vanaf|met)|wysłane z|skickat från min|sendt fra min)"
)
# After one of these a name or a place may follow in the line, but no sentence.
CLOSING = _any_of(
    r"^((mit |viele |liebe |beste |schöne |herzliche |sonnige |freundliche[nm]? "
    r"|besten |lieben |danke und |vielen dank und |dank und )*"
    r"(grüße|grüßen|grüssen|grüsse|gruß|gruss)|hochachtungsvoll)\b",
    r"^((best|kind|kindest|warm|many thanks and|with) )*regards\b",
    r"^(cheers|best wishes|best[ ,.!]*$|(yours )?(sincerely|faithfully|truly)"
    r"|all the best)\b",
    r"^((bien |très )*cordialement|bien à (vous|toi)|veuillez agréer|salutations"
    r"|sincères salutations|meilleures salutations|bonne (journée|soirée|réception)"
    r"|dans l.attente de|je vous prie d.agréer|amicalement|respectueusement)\b",
    r"^((un |muchos |cordiales |reciba un )*(cordial )?saludos?|atentamente"
    r"|cordialmente|un abrazo)\b",
    r"^((cordiali|distinti) )?saluti\b",
    r"^(com os melhores )?cumprimentos\b",
    r"^(atenciosamente|met vriendelijke groet|groet|pozdrawiam|z poważaniem|med vänlig"
    r"|med venlig|(med )?vennlig hilsen|s pozdravem|üdvözlettel|saygılarımla"
    r"|cu stimă|terveisin|ystävällisin|lijep pozdrav|с уважением|з повагою)",
)
MAX_AFTER_CLOSING = 5
# Short forms may also be names of products ("LG Monitor flackert").
SHORT_CLOSING = re.compile(r"(mfg|lg|vg|bg|cdlt|mvh|atte)\b[ ,.!]*", re.IGNORECASE)
# These close a mail only where nothing but a name follows.
THANKS = _any_of(
    r"^(vielen |besten |herzlichen |schönen )*dank( (im voraus|vorab))?[ ,.!]*$",
    r"^(danke|merci|gracias|thanks|thank you|thx|grazie|obrigad[oa])"
    r"( (im voraus|schon mal|sehr|beaucoup|d.avance|par avance|de antemano|in advance"
    r"|a lot|so much|very much))*[ ,.!]*$",
    r"^(muchas |mil )gracias( (de antemano|por adelantado))?[ ,.!]*$",
    r"^many thanks[ ,.!]*$",
)


def _is_name(line):
    """Return whether a line may be a name: up to four capitalised words."""
    words = line.split()
    return (
        0 < len(words) <= 4
        and all(word[0].isupper() for word in words)
        and line[-1] not in "?!:"
    )


def _after_closing(line):
    """Return what follows a closing phrase in its line, None if there is none."""
    if found := SHORT_CLOSING.match(line):
        rest = line[found.end() :]
        return rest if not rest or _is_name(rest) else None
    found = CLOSING.search(line)
    if not found:
        return None
    rest = line[found.end() :].strip(" ,.!:")
    return rest if len(rest.split()) <= MAX_AFTER_CLOSING else None


def _without_signature(lines):
    """Return the lines above the closing phrase.

    If nothing was written before it, the phrase opens the mail ("Saludos:") or belongs
    to the text ("Regards the invoice"): then only a line with nothing else is dropped.
    """
    own = []
    for index, line in enumerate(lines):
        rest = _after_closing(line)
        closes = (
            rest is not None
            or DELIMITER.match(line)
            or MOBILE.search(line)
            or (
                THANKS.search(line)
                and _is_name(next(filter(None, lines[index + 1 : index + 4]), ""))
            )
        )
        if closes and any(own):
            break
        if rest or not closes:
            own.append(line)
    return own


# --- Legal footers and warnings of mail gateways -------------------------------------

FOOTER = _any_of(
    # Words between the two ends stay within one sentence.
    r"this (e-?mail|message|communication|transmission)[^.]{0,90}(confidential"
    r"|privileged|intended|originated|was sent from outside|subject to copyright)",
    r"(intended|named) (recipient|addressee)|confidentiality notice",
    r"intended (solely|only|exclusively) for|intended for the (addressee|recipient)",
    r"privileged and confidential|confidential and (may|intended|privileged)",
    r"(received|receive) this (e-?mail|message|communication) (in error|by mistake)",
    r"(consider|think of) the environment|(external|outside) (e-?mail|sender)\b",
    r"unless you (recogni[sz]e|know)|originated (from )?outside|^virus-free",
    r"registered (in england|in scotland|in ireland|office:)",
    r"(diese|der) (e-?mail|nachricht|inhalt)[^.]{0,60}vertraulich",
    r"nicht der (richtige|beabsichtigte|vorgesehene|angegebene) (adressat|empfänger)",
    r"(e-?mail|nachricht) (irrtümlich|versehentlich) (erhalten|bekommen)",
    r"ausschließlich für den|von einem externen absender|externe e-?mail",
    r"(keine anhänge|auf keine links)|^(denken sie )?.{0,20}an die umwelt",
    r"\b(sitz der gesellschaft|amtsgericht|registergericht|handelsregister|firmenbuch"
    r"|geschäftsführ(er|ung|erin)? ?:|ust-?id|hr[ab] \d)",
    r"(ce (message|courriel|mail)|cet e-?mail)[^.]{0,90}(confidentiel|destin)",
    r"pas le destinataire|reçu (ce|cet) (message|courriel|mail|e-?mail) par erreur",
    r"(pensez|pensons) à l.environnement|l.environnement avant d.imprimer",
    r"(expéditeur|courriel|mail) externe|provient de l.extérieur|\bsiret\b",
    r"este (mensaje|correo|e-?mail)[^.]{0,90}(confidencial|destin|dirigid)",
    r"no es el destinatario|(mensaje|correo)[^.]{0,20} por error|el medio ambiente",
    r"(remitente|correo) externo|registro mercantil|protección de datos",
    r"(questo messaggio|questa e-?mail)[^.]{0,90}(confidenzial|riservat|destinat)",
    r"esta mensagem[^.]{0,90}(confidencia|destin)",
    r"(dit bericht|deze e-?mail)[^.]{0,90}(vertrouwelijk|bestemd)",
    r"(wiadomość|wiadomości)[^.]{0,90}poufn",
)
SENTENCE_ENDS = ("\n", ". ", "! ", "? ")
LINE_OF_COMPANY = re.compile(r" [|•·] [^|•·]*[|•·] ")


def _without_footer(lines):
    """Return the text above a legal footer, without a gateway's warning at the top.

    A footer needs no separator, and the same one in another language may follow:
    nothing after it is the sender's own.
    """
    own = []
    paragraphs = "\n".join(lines).split("\n\n")
    for number, paragraph in enumerate(paragraphs):
        found = FOOTER.search(paragraph)
        if not found:
            own.append(paragraph)
            continue
        before = paragraph[: found.start()]
        before = before[: max(map(before.rfind, SENTENCE_ENDS)) + 1]
        if before.strip() or any(map(str.strip, own)):
            own.append(before)
            break
        if number == len(paragraphs) - 1:
            own.append(paragraph[found.end() :].partition("\n")[2])
    return "\n".join(own).split("\n")


# --- What machines wrote -------------------------------------------------------------

# The subject of an answer or a forwarded mail was written by someone else.
OLD_SUBJECT = re.compile(r"(aw|re|wg|fwd?|tr|rv|sv|vs|antw|rif|odp) ?: ", re.IGNORECASE)
MACHINE_LINE = re.compile(
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:|\[?\d\d:\d\d:\d\d|at [\w$.<>]+\(|Traceback \(|File \""
    r"|Caused by:|[A-Za-z.]+(Error|Exception|Warning)\b|HTTP/\d|<\?xml|[$#] \w"
    r"|\[?(ERROR|WARN|WARNING|INFO|DEBUG|FATAL|TRACE|SEVERE|CRITICAL)\b[\]:]"
    r"|[Ff]atal( error)?:|(raise|return|throw|import|from|def) \S*[._(]"
)
# Text in quotation marks, or after "ERROR:", was copied from a screen.
READ_ALOUD = re.compile(
    r"\b(?:ERROR|FATAL|CRITICAL|WARNING): [^\n]*|"
    r'"[^"\n]{2,300}"|“[^”\n]{2,300}”|„[^“”"\n]{2,300}[“”"]|«[^»\n]{2,300}»'
    r"|»[^«\n]{2,300}«"
)
NOT_A_WORD = re.compile(r"[\d@_\\/<>={}|]|\w\.\w|\w\(|[a-zà-ÿ][A-Z]|^www\.")


def own_words(text):
    """Return the sender's own words, as one line.

    Left out (K06): quoted history, signature, legal footers in any of the languages
    known here, warnings of mail gateways, addresses, numbers, file names, log lines and
    text in quotation marks.

    :param str text: plain text of the mail, its subject may be the first line
    :return: empty if there is nothing of the sender's own
    :rtype: str
    """
    text = (text or "")[:MAX_CHARACTERS].translate(INVISIBLE)
    lines = [line.strip() for line in text.splitlines()]
    if lines and OLD_SUBJECT.match(lines[0]):
        del lines[0]
    for step in (_without_history, _without_signature, _without_footer):
        lines = step(lines)
    written = (
        line
        for line in lines
        if not MACHINE_LINE.match(line) and not LINE_OF_COMPANY.search(line)
    )
    # words only, no addresses, file names and numbers
    return " ".join(
        token
        for token in READ_ALOUD.sub(" ", "\n".join(written)).split()
        if not NOT_A_WORD.search(token) and any(map(str.isalpha, token))
    )
