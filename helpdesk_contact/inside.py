"""Context values that can only be set by our own code.

RPC clients can set the context too. A value that allows, skips or replaces something
must therefore be of a type that JSON cannot represent: an `Inside`. A plain value under
such a key is ignored (docs/architecture.md, "Context keys").
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Inside:
    """A context value set by our own code."""

    value: Any = True


def inside(env, key):
    """Return the value of a context key if our own code set it.

    :param Environment env: whose context is read
    :param str key: the key
    :return: the value of the `Inside`, None for any other value
    """
    found = env.context.get(key)
    return found.value if isinstance(found, Inside) else None
