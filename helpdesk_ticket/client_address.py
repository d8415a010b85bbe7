import ipaddress


def client_network(address):
    """Return what counts as one client: an IPv4 address, or a network of IPv6.

    Whoever has IPv6 has 2^64 addresses, so that counting each would count nothing.

    :param str address: the address of a request, or None
    :rtype: str
    """
    try:
        client = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if client.version == 6:
        if client.ipv4_mapped:
            return str(client.ipv4_mapped)
        return str(ipaddress.ip_network((client, 64), strict=False))
    return str(client)
