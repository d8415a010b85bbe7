import ipaddress


def client_network(address):
    """Return what counts as one client: an IPv4 address, or an IPv6 network.

    An IPv6 user has 2^64 addresses, so counting single addresses would be useless.

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
