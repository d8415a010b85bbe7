"""What Odoo's gateway asks the database for again and again while it takes mails.

It lasts as long as the mails of one transaction, in which nothing that others change is
seen anyway: Odoo empties the cursor's cache when the transaction ends. What it changes
itself makes it forget everything.
"""

import contextlib

KEY = "helpdesk_memory"


@contextlib.contextmanager
def remembering(env):
    """Remember within this block; a block inside another one shares its memory.

    :param Environment env: of the transaction
    """
    cache = env.cr.cache
    is_outer = KEY not in cache
    if is_outer:
        cache[KEY] = {}
    try:
        yield
    finally:
        if is_outer:
            cache.pop(KEY, None)


def recall(env, kind, names, find):
    """Return what is known of each name, asking at once for all that is new.

    :param str kind: what is asked about the names
    :param names: hashable keys
    :param find: takes a list of names and returns a dict with what it found; what it
        leaves out is remembered as None
    :rtype: dict
    """
    known = env.cr.cache.get(KEY, {}).setdefault(kind, {})
    if new := [name for name in dict.fromkeys(names) if name not in known]:
        known.update({**dict.fromkeys(new), **find(new)})
    return {name: known[name] for name in names}


def forget(env, kind=None, names=()):
    """Forget what may have changed: everything, or the names of one kind.

    :param str kind: as of `recall`
    :param names: hashable keys
    """
    memory = env.cr.cache.get(KEY, {})
    if kind is None:
        memory.clear()
    for name in names:
        memory.get(kind, {}).pop(name, None)
