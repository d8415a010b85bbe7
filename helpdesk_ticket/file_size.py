def kilobytes(contents):
    """Return the size of files for the limits, in kilobytes rounded up.

    :param contents: of the files, as bytes
    :rtype: int
    """
    return -(-sum(map(len, contents)) // 1024)
