"""Make the certificates of the mail server; runs in the Python environment: python -m dev.certificates FOLDER."""

import datetime
import ipaddress
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


def build(name, address, issuer=None, *, expired=False):
    """Return a new key and certificate for ``address``.

    :param issuer: key and certificate of the authority, or None for one that signs itself
    :param expired: whether its time has run out
    """
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    end = now - DAY if expired else now + 3650 * DAY
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    is_authority = address is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 30 * DAY)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        known = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer[0].public_key())
        builder = builder.add_extension(known, critical=False)
    if is_authority:
        # Python 3.13 accepts no authority without it.
        uses = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        uses += ("encipher_only", "decipher_only")
        usage = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **dict.fromkeys(uses, False))
        builder = builder.add_extension(usage, critical=True)
    else:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(address))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return key, builder.sign(issuer[0] if issuer else key, hashes.SHA256())


def save(path, key, certificate):
    """Write certificate and key into one file that only its owner reads."""
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600)
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)


def main(folder):
    """Write the files good.pem, expired.pem, self-signed.pem and, last, authority.pem into ``folder``."""
    authority = build("Helpdesk development authority", None)
    save(folder / "good.pem", *build("localhost", "127.0.0.1", authority))
    save(folder / "expired.pem", *build("localhost", "127.0.0.2", authority, expired=True))
    save(folder / "self-signed.pem", *build("localhost", "127.0.0.3"))
    (folder / "authority.pem").write_bytes(authority[1].public_bytes(serialization.Encoding.PEM))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
