MAX_NAME = 200


def base_name(name):
    """Return a file name without folders and control characters (C4).

    :param str name: as a browser sent it, or None
    :rtype: str
    """
    name = (name or "").replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable()).strip(". ")[:MAX_NAME] or "file"
