"""What our own mail server says about a mail: whether the sender is genuine (RFC 8601),
and whether it is spam.

Plain Python. Automatic mail is recognised in `helpdesk_ticket.automatic_mail`.

The package `authres` reads the same headers, but it fails on what real servers write
(`smtp.mailfrom=<>`), takes quadratic time for long headers, and recurses into nested
comments, so that a hostile header could hide or delay the others.
"""

import re
from dataclasses import dataclass

from .reading.fields import header_text, parse_addresses, raw_value

PASS, FAIL, NONE = "pass", "fail", "none"
# No server writes more; longer values come from senders and are cut.
MAX_HEADER = 8000
MAX_HEADERS = 20
# of RFC 5322, 3.2: an escaped character, a word, or one character of its own
TOKEN = re.compile(r"\\.|[^\s\"();=\\]+|.", re.DOTALL)
RESULTS_HEADER = "authentication-results"
# What the owner of the domain asks for when mail fails: `dmarc=fail (p=none)`,
# `dmarc=fail action=none`.
TOLERATED = re.compile(
    r"\bdmarc\s*=\s*fail\s*(?:\([^()]{0,200}\b(?:p|policy|dis)\s*=\s*none\b"
    r"|action\s*=\s*none\b)",
    re.IGNORECASE,
)
# How a mail server hands a mail to the mailbox beside it (RFC 2033, RFC 3848).
LOCAL_DELIVERY = re.compile(r"\bwith\s+(?:UTF8)?LMTP[AS]{0,2}\b", re.IGNORECASE)
UNTIL_RECEIVED_BY = re.compile(r"\bby\s+([^\s;()]+)", re.IGNORECASE)
# From this level on, Exchange moves mail to the junk folder.
JUNK_LEVEL = 5
LEVEL = re.compile(r"\bSCL:\s*(\d+)")
VERDICT = re.compile(
    r"\b(?:SFV:(?:SPM|SKB|SKS)|CAT:(?:SPM|HSPM|PHSH|HPHSH|HPHISH|MALW))\b"
)
# Header -> its value when the server considers the mail spam.
VERDICTS = {
    "X-Spam-Flag": re.compile(r"\s*(yes|true|1)\b", re.IGNORECASE),
    "X-Spam-Status": re.compile(r"\s*yes\b", re.IGNORECASE),
    "X-Spam": re.compile(r"\s*(yes|true)\b", re.IGNORECASE),
    "X-Spamd-Result": re.compile(r"[^:;]*:\s*true\b", re.IGNORECASE),
    "X-Barracuda-Spam-Status": re.compile(r"\s*yes\b", re.IGNORECASE),
    "X-SES-Spam-Verdict": re.compile(r"\s*fail\b", re.IGNORECASE),
    "X-SES-Virus-Verdict": re.compile(r"\s*fail\b", re.IGNORECASE),
    "X-Proofpoint-Spam-Details": re.compile(r"\s*rule=\w*spam", re.IGNORECASE),
    "X-Rspamd-Action": re.compile(r"\s*(reject|add header|rewrite)", re.IGNORECASE),
    "X-MailScanner-SpamCheck": re.compile(r"\s*spam\b", re.IGNORECASE),
    "X-Bogosity": re.compile(r"\s*(yes|spam)\b", re.IGNORECASE),
    "X-DSPAM-Result": re.compile(r"\s*spam\b", re.IGNORECASE),
    "X-hMailServer-Spam": re.compile(r"\s*yes\b", re.IGNORECASE),
    # Exchange's own decision: into the folder of junk
    "X-Microsoft-Antispam-Mailbox-Delivery": re.compile(r"[^\n]*\bdest:J\b"),
}
# What servers put before the subject: ***SPAM***, [SPAM?], {Spam?}
SPAM_TAG = re.compile(
    r"\s*(?:\*{2,5}\s*(?:possible |likely )?(?:spam|junk)\b[^*]{0,20}\*{2,5}"
    r"|[\[{(]\s*(?:possible |likely |suspected )?(?:spam|junk)\s*\??\s*[\]})])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """What a mail server says about a mail, or that the mail came from outside.

    :param str server: its identifier in lower case
    :param tuple results: (method, result, properties) of each of its checks
    :param bool outside: a `Received` of another server; anybody may have written what
        is below it
    """

    server: str = ""
    results: tuple[tuple[str, str, dict[str, str]], ...] = ()
    outside: bool = False


# -- what settings decide about, in Odoo -----------------------------------------------


def authentication(mail, servers):
    """Return whether trusted servers confirm the address in From (reliability D1, D2).

    DMARC decides if it was checked. Otherwise a DKIM signature or SPF of the same
    domain confirms the address, and it is refuted if SPF failed and no signature is
    valid.

    :param Facts mail: what the mail says about itself
    :param servers: lower-case identifiers of trusted servers; `.example.com` stands for
        all of a domain
    :return: `pass`, `fail`, or `none` if no trusted server says anything
    :rtype: str
    """
    domain, results = mail.domain, _trusted_results(mail.findings, servers)
    verdict = _dmarc_verdict(results.get("dmarc", []), domain)
    if verdict:
        return verdict
    checks = results.get("dkim", []) + results.get("spf", [])
    if any(
        result == "pass" and _is_aligned(_checked_domain(properties), domain)
        for result, properties in checks
    ):
        return PASS
    spf = {result for result, _properties in results.get("spf", [])}
    dkim = {result for result, _properties in results.get("dkim", [])}
    refuted = "fail" in spf or ("softfail" in spf and "fail" in dkim)
    return FAIL if refuted and "pass" not in spf | dkim else NONE


def refusal(mail, servers):
    """Return the DMARC result by which a trusted server refuses a mail (reliability
    D1).

    Where the owner of the domain asks for no action (`p=none`), a failure is no
    refusal: lists and forwarding break the signatures of many genuine mails.

    :param Facts mail: what the mail says about itself
    :param servers: see `authentication`
    :return: `dmarc=fail`, or "" when the mail is not refused
    :rtype: str
    """
    results = _trusted_results(mail.findings, servers)
    for result, properties in results.get("dmarc", [])[:1]:
        if result == "fail" and "tolerated" not in properties:
            return "dmarc=fail"
    return ""


def _dmarc_verdict(found, domain):
    """Return the result of DMARC, None if it was not checked or has no policy.

    A result for a different From (of a mail with two of them) confirms nothing.
    """
    results = {result for result, _properties in found}
    checked = {properties.get("header.from", domain) for _result, properties in found}
    if "fail" in results:
        return FAIL
    if results & {"pass", "bestguesspass"}:
        same = domain and all(_domain(text) == domain for text in checked)
        return PASS if same else FAIL
    return None


def _domain(text):
    return text.rpartition("@")[2].strip("<>. ").lower()


def _checked_domain(properties):
    names = ("header.d", "header.i", "smtp.mailfrom", "smtp.helo")
    return _domain(next((properties[n] for n in names if n in properties), ""))


def _is_aligned(checked, domain):
    """Return whether one domain equals or contains the other (DMARC's relaxed mode)."""
    if not checked or not domain or "." not in checked or "." not in domain:
        return False
    return f".{checked}".endswith(f".{domain}") or f".{domain}".endswith(f".{checked}")


def _trusted_results(findings, trusted):
    """Return the topmost results of a trusted server (reliability D2).

    Servers put their headers on top: those above the first `Received` are of our own
    server, one for each of its filters. If it writes them below its `Received`, or
    passes the mail on to another of our servers, only the first of them counts: the
    next ones may have come with the mail, whatever name they carry.

    :return: dict, method -> list of (result, properties)
    """
    results, on_top = {}, True
    for finding in findings:
        if finding.outside:
            if results:
                break
            on_top = False
        if _is_trusted(finding.server, trusted):
            for method, result, properties in finding.results:
                results.setdefault(method, []).append((result, properties))
        if results and not on_top:
            break
    return results


def _is_trusted(server, trusted):
    return bool(server) and (
        server in trusted
        or any(name.startswith(".") and f".{server}".endswith(name) for name in trusted)
    )


# -- what stands in the head, read in the child process --------------------------------


def spam_sign(message):
    """Return the header in which a mail server marks a mail as spam (E07).

    :param EmailMessage message: the mail
    :return: for example `X-Spam-Flag: YES`, or ""
    :rtype: str
    """
    for name, pattern in VERDICTS.items():
        value = header_text(message, name)
        if pattern.match(value):
            return f"{name}: {value[:100]}"
    if tag := SPAM_TAG.match(header_text(message, "Subject")):
        return f"Subject: {tag[0].strip()}"
    level = header_text(message, "X-MS-Exchange-Organization-SCL").strip()
    if level.isdigit() and int(level) >= JUNK_LEVEL:
        return f"X-MS-Exchange-Organization-SCL: {level}"
    report = header_text(message, "X-Forefront-Antispam-Report")
    levels = [int(found) for found in LEVEL.findall(report)]
    if verdict := VERDICT.search(report):
        return f"X-Forefront-Antispam-Report: {verdict[0]}"
    if levels and max(levels) >= JUNK_LEVEL:
        return f"X-Forefront-Antispam-Report: SCL:{max(levels)}"
    return ""


def is_from_outside(received):
    """Return whether this `Received` was written when the mail reached our server from
    outside, not when our server passed it on to the mailbox.

    Anybody may have written what is below such a header.

    :param str received: the value of the header
    :rtype: bool
    """
    return not LOCAL_DELIVERY.search(received[:MAX_HEADER])


def domain_of(message):
    """Return the domain of the only address in From, or "".

    :param EmailMessage message: the mail
    :rtype: str
    """
    values = [value for name, value in message.raw_items() if name.lower() == "from"]
    addresses = [one for text in values for one in parse_addresses(raw_value(text))]
    return _domain(addresses[0][1]) if len(values) == len(addresses) == 1 else ""


def findings_in(message):
    """Return what mail servers say about a mail, the last server first.

    :param EmailMessage message: the mail
    :return: a list of `Finding`
    """
    headers = [(name.lower(), str(value)) for name, value in message.raw_items()]
    found, seen = [], 0
    for position, (name, value) in enumerate(headers):
        if name == "received" and is_from_outside(value):
            found.append(Finding(outside=True))
        if name != RESULTS_HEADER:
            continue
        server, items = parse_results(value)
        server = server or _received_by(headers[position + 1 :])
        more = {"tolerated": "yes"} if TOLERATED.search(value[:MAX_HEADER]) else {}
        results = [(method, result, {**said, **more}) for method, result, said in items]
        found.append(Finding(server, tuple(results)))
        seen += 1
        if seen >= MAX_HEADERS:
            break
    return found


def _received_by(headers):
    """Return the server named in the next `Received`, the only place where Microsoft
    365 names itself."""
    for name, value in headers:
        if name == "received":
            match = UNTIL_RECEIVED_BY.search(value[:MAX_HEADER])
            return match.group(1).lower() if match else ""
    return ""


def parse_results(value):
    """Read one header `Authentication-Results` (RFC 8601, 2.2).

    :param str value: the header
    :return: the server's identifier in lower case, empty when there is none, and a
        list of (method, result, dict of properties), all in lower case
    """
    clauses = _clauses(value[:MAX_HEADER])
    server = ""
    if "=" not in clauses[0]:
        server = "".join(clauses.pop(0)[:1]).lower()
    return server, [item for item in map(_read_clause, clauses) if item]


def _clauses(value):
    """Split a header at its semicolons into lists of words, without comments.

    What a sender can choose is in quotes or in comments, where it has no effect.
    """
    clauses, word, depth, quoted = [[]], "", 0, False
    for token in [*TOKEN.findall(value), " "]:
        if quoted or depth:
            quoted = quoted and token != '"'
            depth += {"(": 1, ")": -1}.get(token, 0) if depth else 0
            continue
        if len(token) > 1 or token not in ' \t\r\n"();=':
            word += token
            continue
        clauses[-1] += [word] if word else []
        word = ""
        quoted, depth = token == '"', int(token == "(")
        if token == ";":
            clauses.append([])
        elif token == "=":
            clauses[-1].append(token)
    return clauses


def _read_clause(words):
    """Return (method, result, properties) of `dkim=pass header.d=example.com`."""
    pairs = [
        (words[index - 1].lower(), words[index + 1].lower())
        for index in range(1, len(words) - 1)
        if words[index] == "="
    ]
    if not pairs:
        return None
    method = pairs[0][0].partition("/")[0]
    return method, pairs[0][1], dict(reversed(pairs[1:]))  # the first one counts
