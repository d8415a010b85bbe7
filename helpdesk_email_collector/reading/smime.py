"""The text inside an opaque S/MIME signature (RFC 8551, 3.5.2).

The signature is not verified: only the text is needed.
"""

# Errors of asn1crypto for broken files.
ERRORS = (ValueError, TypeError, AttributeError, RecursionError)


def open_smime(data):
    """Return the kind of an S/MIME file, and the mail in it.

    :param bytes data: a PKCS #7 file
    :return: `(kind, content)`: kind such as `signed_data` or `enveloped_data`, empty if
        it cannot be parsed; content as bytes, None if there is none that can be read
    """
    # imported here: few mails are signed this way
    from asn1crypto import cms

    kind = ""
    try:
        info = cms.ContentInfo.load(data)
        kind = info["content_type"].native
        if kind != "signed_data":
            return kind, None
        content = info["content"]["encap_content_info"]["content"].native
    except ERRORS:
        return kind, None
    return kind, content if isinstance(content, bytes) else None
