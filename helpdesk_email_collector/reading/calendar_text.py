"""An invitation in words."""

from .calendar_time import say_when

# Templates of a line each; whoever asks may bring those of another language.
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
    """Return an invitation in words, a line each.

    :param Invitation invitation: what to say
    :param dict words: templates by the keys of `WORDS`, where they are others
    :param str language: of dates and times, as `de_DE`
    :param str zone: the time zone to say times in
    :param bool whole: whether the description belongs to it
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
