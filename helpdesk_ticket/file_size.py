def kilobytes(contents):
    """Return how much files are for the limits: each begun kilobyte counts.

    :param contents: of the files, as bytes
    :rtype: int
    """
    return -(-sum(map(len, contents)) // 1024)
