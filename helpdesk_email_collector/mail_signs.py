"""Signs by which automatic mail is recognised. Plain Python, no database."""

from .collected_mail import header_text

# RFC 2076 calls Precedence non-standard; every autoresponder and list sets it.
AUTOMATIC_PRECEDENCE = {"bulk", "junk", "list", "auto_reply", "auto-reply"}


def automatic_sign(message):
    """Return the header that shows a mail to be automatic, or an empty text (E07).

    :param EmailMessage message: the mail
    :return: e.g. `Auto-Submitted: auto-replied`
    """
    submitted = header_text(message, "Auto-Submitted")
    # RFC 3834, 5: a missing header and "no" mean that a person wrote the mail
    if submitted.partition(";")[0].strip().lower() not in ("", "no"):
        return f"Auto-Submitted: {submitted}"
    precedence = header_text(message, "Precedence")
    if precedence.lower() in AUTOMATIC_PRECEDENCE:
        return f"Precedence: {precedence}"
    # RFC 5321, 4.5.5: notifications are sent with an empty return path
    if header_text(message, "Return-Path", default="-") in ("", "<>"):
        return "Return-Path: <>"
    if message.get_content_type() == "multipart/report":  # RFC 6522
        return "Content-Type: multipart/report"
    return ""


def is_automatic(message):
    """Tell whether a program wrote this mail (E07).

    :param EmailMessage message: the mail
    """
    return bool(automatic_sign(message))
