"""Which addresses are our own, as plain values. No database.

Mail to one of them comes back to us: it is never proposed, follows nothing, is nobody's
contact, and what comes from it was written by nobody (N02, E07, rel-H2).
"""

from dataclasses import dataclass, replace


def without_tag(address):
    """Return an address without what stands after a plus: `support+berlin@…` is
    delivered to `support@…` (RFC 5233).

    :param str address: normalised
    """
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


@dataclass(frozen=True)
class OwnAddresses:
    """Our own addresses, and the domains in which nobody else has addresses.

    `address in own` knows the addresses with a plus as well.
    """

    addresses: frozenset = frozenset()
    domains: frozenset = frozenset()

    def __contains__(self, address):
        asked = (address, without_tag(address)) if address else ()
        return not self.addresses.isdisjoint(asked)

    def has_domain(self, name):
        """Tell whether a host or the domain of an address is ours, or below ours.

        :param str name: an address or a domain, in lower case
        """
        domain = name.rpartition("@")[2]
        return any(f".{domain}".endswith(f".{own}") for own in self.domains)

    def names(self, name):
        """Tell whether a mailing list that calls itself so is in front of our mailbox.

        :param str name: its address, or the domain of its `List-Id`, in lower case
        """
        dotted = {address.replace("@", ".") for address in self.addresses}
        return name in self or self.has_domain(name) or name in dotted

    def also(self, addresses):
        """Return these with more addresses."""
        return replace(self, addresses=self.addresses | frozenset(addresses))
