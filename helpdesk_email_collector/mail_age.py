"""When a mail was written and sent, as it says itself. Plain Python."""

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from .reading.head import HEADER_ERRORS

# Clocks that were never set say 1970 or 1980; clocks are ahead by minutes, not by days.
OLDEST = datetime(1990, 1, 1)
AHEAD = timedelta(days=1)
# Written where a mail was delivered or fetched, which may happen years after it came.
DELIVERY = re.compile(r"\bwith (?:LMTPS?A?|IMAP4?S?|POP3?S?)\b", re.IGNORECASE)


def read_moment(text):
    """Return a date of a header (RFC 5322, 3.3) as UTC without zone, None when it
    cannot be read or cannot be true.

    :param str text: what stands in the header
    """
    try:
        moment = parsedate_to_datetime(text)
        if moment.utcoffset() is not None:
            moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    except (*HEADER_ERRORS, OverflowError):
        return None
    latest = datetime.now(timezone.utc).replace(tzinfo=None) + AHEAD
    return moment.replace(microsecond=0) if OLDEST < moment < latest else None


def sent_on(dates, received):
    """Return when a mail was sent, None when nothing says it.

    A clock may be wrong, and a mail may wait for days in a program that is offline: the
    first mail server on its way knows better than the Date. Where a mailbox is moved or
    fetched, later servers only say when that was.

    :param dates: the texts of its headers Date and Resent-Date
    :param received: the texts of its headers Received, the last server first
    """
    moments = [read_moment(text) for text in dates]
    on_its_way = [
        read_moment(text.rpartition(";")[2])
        for text in received
        if not DELIVERY.search(text)
    ]
    on_its_way = [moment for moment in on_its_way if moment]
    if on_its_way:
        moments.append(min(on_its_way))
    return max((moment for moment in moments if moment), default=None)


def came_on(dates, received):
    """Return when a mail came at the latest, None when nothing says it.

    :param dates: as for `sent_on`
    :param received: as for `sent_on`
    """
    texts = [*dates, *(text.rpartition(";")[2] for text in received)]
    return max(filter(None, map(read_moment, texts)), default=None)
