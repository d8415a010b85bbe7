"""Values of the context that only our own code can set.

Whoever calls Odoo over RPC writes the context, too. What is allowed, skipped or found
because of a key must therefore hold a value that JSON cannot make: an `Inside`. A plain
value under such a key counts as none (docs/architecture.md, "Context keys").
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Inside:
    """A value of the context that comes from our own code."""

    value: Any = True


def inside(env, key):
    """Return the value of a key of the context if our own code set it.

    :param Environment env: whose context is read
    :param str key: the name of the key
    :return: the value of its `Inside`; None for a value that came from outside
    """
    found = env.context.get(key)
    return found.value if isinstance(found, Inside) else None
