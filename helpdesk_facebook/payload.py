"""Parses deliveries of Facebook into plain values."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

MESSAGE, COMMENT, POST, OTHER = "message", "comment", "post", "other"
MAX_FILES = 20
# Facebook puts up to 1,000 updates into a delivery.
MAX_PARTS = 2000
_ID = re.compile(r"[0-9A-Za-z_.:=$-]{1,300}")
_PERSON = re.compile(r"[0-9]{1,30}")
_ADDRESS = re.compile(r"[0-9]{1,30}@facebook\.com")


def get_address(sender):
    """Return the e-mail address that stands for a Facebook profile (K04)."""
    return f"{sender}@facebook.com"


def get_sender(address):
    """Return the Facebook id in the address of a profile, "" for other addresses.

    :param str address: normalised
    :rtype: str
    """
    return address.partition("@")[0] if _ADDRESS.fullmatch(address or "") else ""


@dataclass(frozen=True)
class Item:
    """A message, post or comment.

    :param str key: identifies it, however often it is delivered
    :param str kind: MESSAGE, COMMENT, POST, or OTHER for what cannot be parsed
    :param str page: id of the page that received it
    :param str sender: id of its author
    :param str name: of the author, if Facebook says so
    :param str thread: further items of the same person with the same thread belong
        together
    :param str reply_to: id of the person, post or comment that an answer goes to
    :param tuple files: URLs of its files
    """

    key: str
    kind: str = OTHER
    page: str = ""
    sender: str = ""
    name: str = ""
    thread: str = ""
    reply_to: str = ""
    text: str = ""
    files: tuple = ()
    date: datetime | None = None


def read_delivery(body):
    """Return the items in a delivery as pairs of `Item` and its raw text.

    Receipts, reactions, edits and what the page itself wrote are left out. What cannot
    be parsed is an item too, so that somebody can look at it.

    :param bytes body: as received
    """
    try:
        delivery = json.loads(body)
    except (ValueError, RecursionError):
        delivery = None
    parts = _split(delivery)
    if parts is None or len(parts) > MAX_PARTS:
        return [(_unreadable(body), clean(body.decode(errors="replace"))[:10_000])]
    pairs = []
    for part in parts:
        raw = json.dumps(part)
        if item := read_item(raw):
            pairs.append((item, raw))
    return pairs


def _split(delivery):
    """Return the parts of a delivery, each with its page; None if it is invalid."""
    entries = delivery.get("entry") if isinstance(delivery, dict) else None
    if not isinstance(entries, list):
        return None
    return [
        {"page": _text(entry.get("id"))[:100], name: part}
        for entry in entries
        if isinstance(entry, dict)
        for name in ("messaging", "changes")
        if isinstance(entry.get(name), list)
        for part in entry[name]
    ]


def read_item(raw):
    """Return the `Item` of a raw text of `read_delivery`, None if it is to be ignored.

    :param str raw: JSON
    """
    data = json.loads(raw)
    part = data.get("messaging", data.get("changes"))
    if not isinstance(part, dict):
        return _unreadable(raw.encode())
    read = _read_message if "messaging" in data else _read_change
    return read(data["page"], part, raw)


def clean(text):
    """Return a text without NUL and lone surrogates."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _read_message(page, part, raw):
    said = part.get("message", part.get("postback"))
    if said is None:
        return None  # a receipt
    if not isinstance(said, dict):
        return _unreadable(raw.encode())
    if said.get("is_echo"):
        return None
    sender = part.get("sender")
    sender = _text(sender.get("id")) if isinstance(sender, dict) else ""
    mid = _text(said.get("mid"))
    if not _PERSON.fullmatch(sender) or not _ID.fullmatch(mid):
        return _unreadable(raw.encode())
    words, files = [_text(said.get("text", said.get("title")))], []
    attachments = said.get("attachments")
    for one in attachments if isinstance(attachments, list) else ():
        _read_attachment(one, words, files)
    return Item(
        key=f"message:{mid}",
        kind=MESSAGE,
        page=page,
        sender=sender,
        thread=MESSAGE,
        reply_to=sender,
        text="\n".join(filter(None, words)),
        files=tuple(files[:MAX_FILES]),
        date=_date(part.get("timestamp"), 1000),
    )


def _read_attachment(one, words, files):
    payload = one.get("payload") if isinstance(one, dict) else None
    payload = payload if isinstance(payload, dict) else {}
    url = _text(payload.get("url"))
    if url and one.get("type") in ("image", "video", "audio", "file"):
        files.append(url)
    elif isinstance(payload.get("coordinates"), dict):
        place = payload["coordinates"]
        words.append(f"{_text(place.get('lat'))}, {_text(place.get('long'))}")
    elif url:
        words.append(url)


def _read_change(page, part, raw):
    value = part.get("value")
    if part.get("field") != "feed" or not isinstance(value, dict):
        return None
    kind = COMMENT if value.get("item") == "comment" else POST
    author = value.get("from") if isinstance(value.get("from"), dict) else {}
    sender = _text(author.get("id"))
    known = ("comment", "post", "status", "photo", "video", "share")
    if (
        value.get("verb") != "add"
        or value.get("item") not in known
        or (sender and sender == page)
    ):
        return None
    post = _text(value.get("post_id"))
    own = _text(value.get("comment_id")) if kind == COMMENT else post
    if not _PERSON.fullmatch(sender) or not (_ID.fullmatch(own) and post):
        return _unreadable(raw.encode())
    words, files = [_text(value.get("message"))], []
    _read_pictures(value, words, files)
    return Item(
        key=f"{kind}:{own}",
        kind=kind,
        page=page,
        sender=sender,
        name=_text(author.get("name"))[:200],
        thread=f"post:{post}"[:400],
        reply_to=own,
        text="\n".join(filter(None, words)),
        files=tuple(files[:MAX_FILES]),
        date=_date(value.get("created_time"), 1),
    )


def _read_pictures(value, words, files):
    """Return the files of a post or comment; the URL of a mere link is part of its
    text."""
    pictures = value.get("photos")
    files += [_text(one) for one in pictures] if isinstance(pictures, list) else []
    if photo := _text(value.get("photo")):
        files.append(photo)
    if link := _text(value.get("link")):
        (files if value["item"] in ("photo", "video") else words).append(link)


def _text(value):
    return clean(str(value)) if isinstance(value, str | int | float) else ""


def _date(value, per_second):
    """Return a time of Facebook in UTC; the current time if it is missing or in the
    future."""
    now = int(datetime.now(UTC).timestamp())
    seconds = value // per_second if isinstance(value, int) else now
    if not 0 < seconds < now:
        seconds = now
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _unreadable(raw):
    return Item(key=f"unreadable:{hashlib.sha256(raw).hexdigest()}")
