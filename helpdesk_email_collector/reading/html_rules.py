"""What html of a mail may contain (rel-C2). Everything else is left out."""

import re

KILLED = {
    "applet",
    "audio",
    "base",
    "embed",
    "frame",
    "frameset",
    "head",
    "iframe",
    "link",
    "math",
    "meta",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "param",
    "script",
    "source",
    "style",
    "svg",
    "template",
    "title",
    "track",
    "video",
    "xml",
}
TAGS = {
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
}
VOID = {"br", "col", "hr", "img", "wbr"}
BLOCKS = {
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
}
ATTRIBUTES = {
    "abbr",
    "align",
    "alt",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "cite",
    "color",
    "cols",
    "colspan",
    "datetime",
    "dir",
    "face",
    "headers",
    "height",
    "href",
    "hspace",
    "lang",
    "noshade",
    "nowrap",
    "rowspan",
    "rules",
    "scope",
    "size",
    "span",
    "src",
    "start",
    "style",
    "summary",
    "title",
    "type",
    "valign",
    "value",
    "vspace",
    "width",
}
STYLES = {
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-spacing",
    "border-style",
    "border-top",
    "border-width",
    "color",
    "direction",
    "display",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "min-height",
    "min-width",
    "opacity",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
    "word-wrap",
}
SCHEMES = {
    "href": {"http", "https", "mailto", "tel", "sms", "ftp", "cid", "callto", "sip"},
    "src": {"http", "https", "cid"},
    "cite": {"http", "https"},
}
# Classes and ids with which mail programs mark quotations; they put `x_` before those
# they quote themselves. The whole element is history …
QUOTES = (
    "yahoo_quoted",
    "SkyDrivePlaceholder",
    "zmail_extra",
    "tutanota_quote",
    "OLK_SRC_BODY_SECTION",
    "mail-editor-reference-message-container",
    "protonmail_quote",
)
# … or only the blockquotes in it, because answers may be between them.
SPLIT_QUOTES = ("gmail_quote", "gmail_extra", "protonmail_quote")
# Header lines above it.
HEADS = (
    "divRplyFwdMsg",
    "moz-cite-prefix",
    "gmail_attr",
    "reply-intro",
    "stopSpelling",
)
SIGNATURES = ("gmail_signature", "odoo_signature_wrapper", "moz-signature")
MAX_STYLE = 4_000
MIN_MARK = 8  # no mark is shorter

_UNSAFE_STYLE = re.compile(
    r"\(|\\|@|/\*|<|expression|javascript|-moz-binding|(?:^|\s)-\d", re.IGNORECASE
)
_COLOR = re.compile(r"rgba?\([\d\s.,%/]+\)", re.IGNORECASE)
_SIZE = re.compile(r"(?:^|[;\s])(?:width|height)\s?:\s?([^;]*)", re.IGNORECASE)
_TINY = re.compile(r"\s*0*[0-3](?:\.\d*)?\s*(?:px|pt)?\s*(?:!important\s*)?$")
_HIDDEN = re.compile(
    r"display\s?:\s?none|visibility\s?:\s?hidden|opacity\s?:\s?0(?:\.0*)?\s*(?:;|$)",
    re.IGNORECASE,
)
_NO_URL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


def clean_style(style):
    """Return those declarations of a style that only affect the appearance."""
    kept = []
    for declaration in style[:MAX_STYLE].split(";"):
        name, _colon, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if name in STYLES and value and not _UNSAFE_STYLE.search(_COLOR.sub("", value)):
            kept.append(f"{name}:{value}")
    return ";".join(kept)


def clean_url(url, tag, attribute):
    """Return a URL with a known scheme, None for all others.

    A URL without a scheme would lead into Odoo itself.
    """
    # browsers leave out white space and control characters when they look for a scheme
    url = _NO_URL.sub("", url)
    if tag == "a" and url.startswith("#"):
        return url
    found = _SCHEME.match(url)
    if found and found[1].lower() in SCHEMES[attribute]:
        return url
    return f"https:{url}" if url.startswith("//") else None


def is_hidden(attributes):
    """Return whether an element is not displayed, such as a preview line."""
    return bool(_HIDDEN.search((attributes.get("style") or "")[:MAX_STYLE]))


def is_picture(attributes):
    """Return whether an image is one to look at, not a tracking pixel.

    Images of other servers without any size may be tracking pixels, too.
    """
    style = attributes.get("style") or ""
    sizes = [attributes.get(name) or "" for name in ("width", "height")]
    sizes += _SIZE.findall(style[:MAX_STYLE])
    if is_hidden(attributes) or any(_TINY.match(size) for size in sizes):
        return False
    source = (attributes.get("src") or "").strip().lower()
    return source.startswith(("cid:", "data:")) or any(sizes)


def get_mark(tag, attributes):
    """Return what a mail program declares an element to be.

    :return: `quote` (all of it is history), `split` (the blockquotes in it are), `head`
        (it comes before history), `signature`, or ""
    :rtype: str
    """
    name = attributes.get("id") or ""
    text = f"{attributes.get('class') or ''} {name}"
    if tag == "blockquote":
        cite = attributes.get("cite") or ""
        program = any(mark in text for mark in QUOTES)
        known = attributes.get("type") == "cite" or cite.lower().startswith("mid:")
        return "quote" if program or known else ""
    if attributes.get("data-o-mail-quote"):
        return "quote"
    if len(text) < MIN_MARK:
        return ""
    if any(mark in text for mark in SIGNATURES) or name == "Signature":
        return "signature"
    for mark, names in (("head", HEADS), ("split", SPLIT_QUOTES), ("quote", QUOTES)):
        if any(name in text for name in names):
            return mark
    return ""
