"""Secrets and certificates with which an app signs in. Plain Python."""

import re
from datetime import timezone

from cryptography import x509


def split_pem(text):
    """Return the private keys and the certificates in a text, each in PEM.

    :param str text: as pasted
    :return: two lists of str
    :rtype: tuple
    """
    return tuple(
        re.findall(f"-----BEGIN {kind}-----.+?-----END {kind}-----", text, re.DOTALL)
        for kind in (r"[A-Z ]*PRIVATE KEY", "CERTIFICATE")
    )


def get_end(text):
    """Return the last day of validity of the certificate in a text, None without one.

    :param str text: as pasted
    :rtype: datetime.date
    """
    _keys, certificates = split_pem(text)
    if not certificates:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(certificates[0].encode())
    except ValueError:
        return None
    # older versions of the library return naive datetimes in UTC
    end = getattr(certificate, "not_valid_after_utc", None)
    return (end or certificate.not_valid_after.replace(tzinfo=timezone.utc)).date()
