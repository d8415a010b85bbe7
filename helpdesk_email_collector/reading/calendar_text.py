"""An invitation as text."""

from .calendar_time import say_when

# One template per line, in English; callers pass those of other languages.
WORDS = {
    "event": "Event: %s",
    "request": "Invitation: %s",
    "changed": "Changed invitation: %s",
    "accepted": "Accepted: %s",
    "declined": "Declined: %s",
    "tentative": "Tentatively accepted: %s",
    "delegated": "Passed on to somebody else: %s",
    "reply": "Answer to the invitation: %s",
    "counter": "Another time proposed: %s",
    "declinecounter": "Proposed time declined: %s",
    "cancel": "Cancelled: %s",
    "add": "Further date: %s",
    "refresh": "Details asked for: %s",
    "when": "When: %s",
    "where": "Where: %s",
    "organizer": "Organizer: %s",
    "attendee": "Answer of: %s",
    "comment": "Comment: %s",
}


def invitation_text(invitation, words=None, language="en", zone="", *, whole=True):
    """Return an invitation as text, one line per fact.

    :param Invitation invitation: the invitation
    :param dict words: templates with the keys of `WORDS`, for other languages
    :param str language: of dates and times, such as `de_DE`
    :param str zone: time zone for the times
    :param bool whole: include the description
    :rtype: str
    """
    words = {**WORDS, **(words or {})}
    when = say_when(
        invitation.start,
        invitation.end,
        invitation.zone,
        language=language,
        target=zone,
    )
    lines = [
        (_heading(invitation), invitation.summary),
        ("when", when),
        ("where", invitation.location),
        ("organizer", _person(invitation.organizer_name, invitation.organizer)),
        ("attendee", _person(invitation.attendee_name, invitation.attendee)),
        ("comment", invitation.comment),
    ]
    said = [
        words[key].replace("%s", value, 1).strip(" :")
        for key, value in lines
        if value or key == lines[0][0]
    ]
    if whole and invitation.description != invitation.comment:
        said += ["", invitation.description]
    return "\n".join(said).strip()


def _heading(invitation):
    method, status = invitation.method.lower(), invitation.status.lower()
    if method == "reply":
        known = status in ("accepted", "declined", "tentative", "delegated")
        return status if known else "reply"
    if method == "cancel" or (method in ("request", "") and status == "cancelled"):
        return "cancel"
    if method == "request":
        return "changed" if invitation.sequence else "request"
    known = method in ("counter", "declinecounter", "add", "refresh")
    return method if known else "event"


def _person(name, address):
    if "@" not in address:
        return name
    return f"{name} <{address}>" if name and name != address else address
