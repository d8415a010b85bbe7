"""Our own e-mail addresses, as plain values. No database.

Mail to one of them comes back to us: it is never proposed as a recipient, is no
follower and no contact, and nobody is the author of mail from it (N02, E07, rel-H2).
"""

from dataclasses import dataclass, replace


def without_tag(address):
    """Return an address without its tag: `support+berlin@…` is delivered to `support@…`
    (RFC 5233).

    :param str address: normalised
    :rtype: str
    """
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


@dataclass(frozen=True)
class OwnAddresses:
    """Our own addresses, and the domains in which nobody else has addresses.

    `address in own` also recognises addresses with a tag.
    """

    addresses: frozenset = frozenset()
    domains: frozenset = frozenset()

    def __contains__(self, address):
        asked = (address, without_tag(address)) if address else ()
        return not self.addresses.isdisjoint(asked)

    def has_domain(self, name):
        """Return whether a host, or the domain of an address, is ours or a subdomain of
        ours.

        :param str name: an address or a domain, in lower case
        :rtype: bool
        """
        domain = name.rpartition("@")[2]
        return any(f".{domain}".endswith(f".{own}") for own in self.domains)

    def names(self, name):
        """Return whether a mailing list of this name is in front of our mailbox.

        :param str name: its address, or the domain of its `List-Id`, in lower case
        :rtype: bool
        """
        dotted = {address.replace("@", ".") for address in self.addresses}
        return name in self or self.has_domain(name) or name in dotted

    def also(self, addresses):
        """Return these together with more addresses."""
        return replace(self, addresses=self.addresses | frozenset(addresses))
