"""What an app signs in with. Plain Python."""

import re
from datetime import timezone

from cryptography import x509


def split_pem(text):
    """Return the private keys and the certificates of a text, each in PEM.

    :param str text: what somebody pasted
    :rtype: tuple of two lists
    """
    return tuple(
        re.findall(f"-----BEGIN {kind}-----.+?-----END {kind}-----", text, re.DOTALL)
        for kind in (r"[A-Z ]*PRIVATE KEY", "CERTIFICATE")
    )


def get_end(text):
    """Return the day on which the certificate of a text ends, None without one.

    :param str text: what somebody pasted
    :rtype: datetime.date
    """
    _keys, certificates = split_pem(text)
    if not certificates:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(certificates[0].encode())
    except ValueError:
        return None
    # older versions of the library name no time zone, which is UTC
    end = getattr(certificate, "not_valid_after_utc", None)
    return (end or certificate.not_valid_after.replace(tzinfo=timezone.utc)).date()
