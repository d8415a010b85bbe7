"""Mails that break programs, each made from what it is about (rel-C1, rel-C7)."""

import base64
import gzip
import io
import struct
import zipfile
import zlib

from .common import plain_mail

HEAD = "From: Anna <anna@huber.example>\r\nTo: support@demo.example\r\n"
TINY_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


def mail(subject, content, *headers):
    """Return a mail with a content that brings its own Content-Type."""
    head = HEAD + f"Subject: {subject}\r\nMIME-Version: 1.0\r\n"
    head += "".join(f"{header}\r\n" for header in headers)
    content = content.encode() if isinstance(content, str) else content
    return head.encode() + content


def html_mail(subject, html):
    """Return a mail of one html part."""
    return mail(subject, f"Content-Type: text/html; charset=utf-8\r\n\r\n{html}")


def multipart(*parts, kind="mixed", boundary="b"):
    """Return the content of a multipart; parts are bytes with their own head."""
    parts = [part.encode() if isinstance(part, str) else part for part in parts]
    mark = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n'.encode()
    body = b"".join(b"\r\n" + mark + b"\r\n" + part for part in parts)
    return head + body + b"\r\n" + mark + b"--\r\n"


def text_part(text="Hello"):
    """Return a part of plain text."""
    return f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"


def file_part(name, data, kind="application/octet-stream", *headers):
    """Return a part with a file, in base64."""
    lines = [
        f"Content-Type: {kind}",
        f'Content-Disposition: attachment; filename="{name}"',
        "Content-Transfer-Encoding: base64",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + base64.encodebytes(data)


def png(width, height):
    """Return a PNG of these dimensions: black, and packed to almost nothing."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    packer, packed = zlib.compressobj(9), []
    row = b"\0" * (1 + (width + 7) // 8)
    packed += [packer.compress(row * 100) for _rows in range(height // 100)]
    packed.append(packer.flush())
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", b"".join(packed))
        + chunk(b"IEND", b"")
    )


def zip_bomb(megabytes=200):
    """Return a zip file of zeros."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * (megabytes * 1024 * 1024))
    return target.getvalue()


def gzip_bomb(megabytes=200):
    """Return a gzip file of zeros."""
    return gzip.compress(b"\0" * (megabytes * 1024 * 1024))


def nested_multiparts(depth):
    """Return multiparts in each other, with a text in the innermost."""
    heads = [
        f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n'
        for level in range(depth)
    ]
    ends = [f"\r\n--b{level}--\r\n" for level in reversed(range(depth))]
    return "".join(heads) + text_part("innermost") + "".join(ends)


def crashing():
    """Return what made stock Odoo fail, by its name (reliability, section 1)."""
    return {
        "unknown charset": mail(
            "x", "Content-Type: text/plain; charset=klingon\r\n\r\nHi"
        ),
        "charset of a codec": mail(
            "x", "Content-Type: text/plain; charset=hex\r\n\r\nHi, codec"
        ),
        "group": plain_mail("Group", email_from="Staff: a@b.example, c@d.example;"),
        "empty group": plain_mail("Empty group", to="undisclosed-recipients:;"),
        "line ends in a name": plain_mail(
            "Name",
            email_from="=?utf-8?q?a=0D=0ABcc:_x@y.example?= <anna@huber.example>",
        ),
        "odd addresses": plain_mail("Odd", cc='"', reply_to="<<>>, @@, ((("),
        "no boundary": mail("x", "Content-Type: multipart/mixed\r\n\r\nHello"),
        "missing parts": mail(
            "x", 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        ),
        "unknown type": mail("x", "Content-Type: foo\r\n\r\nHello, type"),
        "unknown type in parts": mail(
            "x",
            multipart(
                text_part(), "Content-Type: */*\r\n\r\nx", "Content-Type: \r\n\r\n"
            ),
        ),
        "unknown encoding": mail(
            "x",
            "Content-Type: text/plain\r\nContent-Transfer-Encoding: 9bit\r\n\r\n9 bits",
        ),
        "broken base64": mail(
            "x",
            "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n=A=B",
        ),
        "truncated picture": mail(
            "x",
            multipart(
                text_part(), file_part("p.png", png(3000, 3000)[:60], "image/png")
            ),
        ),
        "NUL": mail("a\0b", "Content-Type: text/plain\r\n\r\nHe\0llo"),
        "no sender": b"Subject: nobody\r\n\r\nHello",
        "nothing": b"",
        "no head": b"\r\nHello",
        "only a head": b"From: anna@huber.example\r\nSubject: head",
        "binary": bytes(range(256)) * 20,
        "empty sender": plain_mail(
            "Empty", email_from="<>", reply_to="anna@huber.example"
        ),
        "two charsets": mail(
            "=?utf-8?q?=FC?= =?iso-8859-1?q?=FC?=",
            "Content-Type: text/plain; charset*=utf-8''x; charset=y\r\n\r\nHello",
        ),
        "xhtml": html_mail(
            "x", '<?xml version="1.0" encoding="utf-8"?><html><p>Hi</p></html>'
        ),
        "only a comment": html_mail("x", "<!-- nothing -->"),
        "broken date": plain_mail("Date", date="Mon, 99 Foo 99999 25:61:61 +9999"),
        "broken identifiers": plain_mail(
            "Ids", message_id="<<>@@<", references="<a\0b> <c d", in_reply_to="\xff"
        ),
    }


def slow(share=1):
    """Return what keeps stock Odoo busy for minutes, by its name.

    :param float share: how much there is of it, for what costs more than its length
    """

    def n(number):
        return round(number * share)

    def plain(text):
        return mail("x", f"Content-Type: text/plain\r\n\r\n{text}")

    page = "Content-Type: text/html\r\n\r\n<p>Part</p>"
    attributes = " ".join(f"a{number}=1" for number in range(n(30_000)))
    return {
        "unclosed </o:": html_mail("x", "</o:" * n(39_000) + "Hello"),
        "unclosed <!--": html_mail("x", "<!--" * n(50_000) + "Hello"),
        "unclosed <a": html_mail("x", "<a " * n(50_000) + "Hello"),
        "html parts": mail("x", multipart(*[page] * n(1000))),
        "long html parts": mail("x", multipart(*[page + "<p>x</p>" * 60] * n(5000))),
        "quoted lines": plain(">\r\n" * n(60_000)),
        "quotes": plain("a\r\n> b\r\n" * n(30_000)),
        "quotes in html": html_mail("x", "<p>a\n&gt; b\n" * n(3_000)),
        "blockquotes": html_mail(
            "x", "<blockquote>" * n(5_000) + "Hello" + "</blockquote>" * n(5_000)
        ),
        "quoted siblings": html_mail(
            "x", f"<div><div class='gmail_extra'>q</div>{'<p>x</p>' * n(7_000)}</div>"
        ),
        "stops": html_mail("x", "<div>" + "<hr id='stopSpelling'>" * n(7_000)),
        "attributes": html_mail("x", f"<p {attributes}>Hello"),
        "elements": html_mail("x", "<b>x</b>" * n(200_000)),
        "short elements": html_mail("x", "<b>x</b>" * n(20_000)),
        "open elements": html_mail("x", "<b>" * n(20_000) + "Hello"),
        "nested multiparts": mail("x", nested_multiparts(n(1_500))),
        "deeply nested multiparts": mail("x", nested_multiparts(n(10_000))),
        "comments in From": plain_mail("x", email_from="(" * n(40_000) + "a@b.example"),
        "recipients": plain_mail("x", to=", ".join(["a@b.example"] * n(20_000))),
        "one long header": plain_mail("x" * n(1_000_000)),
        "headers": b"X-A: b\r\n" * n(100_000) + plain_mail("x"),
        "references": plain_mail("x", references="<a@b.example> " * n(20_000)),
        "one long word": plain("a" * n(2_000_000)),
        "brackets": html_mail("x", "<" * n(1_000_000)),
        "ampersands": html_mail("x", "&" * n(1_000_000)),
        "links": html_mail("x", "<a href='http://x.example/'>y</a>" * n(100_000)),
        "some links": html_mail("x", "<a href='http://x.example/'>y</a>" * n(6_000)),
        "dashes": plain("-- \n" * n(100_000)),
        "blanks": plain(" " * n(300_000) + "x"),
        "blanks in html": html_mail("x", "<p>" + " \n" * n(150_000) + "x"),
    }
