"""Translated messages about invalid regular expressions."""

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

# Message of the engine -> ours
REASONS = {
    "missing )": _lt("this parenthesis is not closed"),
    "unexpected )": _lt("this parenthesis was not opened"),
    "missing ]": _lt("this square bracket is not closed"),
    "no argument for repetition operator": _lt("there is nothing before it to repeat"),
    "bad repetition operator": _lt("two repetition characters follow each other"),
    "invalid repetition size": _lt("this number of repetitions is not possible"),
    "invalid character class range": _lt("this range runs backwards"),
    "invalid escape sequence": _lt("this character cannot follow a backslash"),
    "trailing \\": _lt("a backslash cannot be the last character"),
    "invalid perl operator": _lt("looking ahead or back is not possible here"),
    "pattern too large": _lt("it is too long"),
}
UNKNOWN = _lt("it is not valid")


def pattern_sentence(env, pattern, error):
    """Return a sentence about what is wrong with a pattern, and where (E02).

    :param env: `odoo.api.Environment`
    :param str pattern: the regular expression
    :param PatternError error: raised by `pattern.compile_pattern`
    :rtype: str
    """
    reason = next(
        (text for key, text in REASONS.items() if error.reason.startswith(key)), UNKNOWN
    )
    return env._(
        "The regular expression “%(pattern)s” cannot be used: at character "
        "%(position)s, %(reason)s. Correct it.",
        pattern=pattern if len(pattern) <= 60 else f"{pattern[:60]}…",
        position=error.position,
        reason=env._(reason),
    )
