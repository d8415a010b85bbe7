"""Signs that mail servers write into a mail: what they take for spam. Plain Python.

What is automatic stands in `helpdesk_ticket.automatic_mail`.
"""

import re

from .authentication import refusal
from .reading.head import header_text

# From this level on Exchange puts mail into the folder of junk.
JUNK_LEVEL = 5
LEVEL = re.compile(r"\bSCL:\s*(\d+)")
VERDICT = re.compile(
    r"\b(?:SFV:(?:SPM|SKB|SKS)|CAT:(?:SPM|HSPM|PHSH|HPHSH|HPHISH|MALW))\b"
)
# Header -> what stands in it when the server calls the mail spam.
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
TAG = re.compile(
    r"\s*(?:\*{2,5}\s*(?:possible |likely )?(?:spam|junk)\b[^*]{0,20}\*{2,5}"
    r"|[\[{(]\s*(?:possible |likely |suspected )?(?:spam|junk)\s*\??\s*[\]})])",
    re.IGNORECASE,
)


def spam_sign(message, servers=()):
    """Return by what a mail server marks a mail as spam (E07).

    :param EmailMessage message: the mail
    :param servers: identifiers of trusted servers, as of `authentication`
    :return: e.g. `X-Spam-Flag: YES`, an empty text for other mail
    """
    for name, pattern in VERDICTS.items():
        value = header_text(message, name)
        if pattern.match(value):
            return f"{name}: {value[:100]}"
    if tag := TAG.match(header_text(message, "Subject")):
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
    return refusal(message, servers)
