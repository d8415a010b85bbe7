"""Regular expressions written by managers. Plain Python, no database.

They are applied to mails that anybody can send, so they run on google-re2, whose time
is linear in the length of the text and whose memory is limited. Python's `re` would
practically never finish with `(a+)+$` and sixty letters.
"""

import functools

import re2

# Only the beginning of a text is searched: enough for any request, and a mail of
# many megabytes costs no more than another.
MAX_TEXT = 100_000
MAX_PATTERN = 1_000
MAX_MEMORY = 4 * 1024 * 1024
# Number of compiled patterns that a process caches; a rule has about two.
MAX_KEPT = 8_192


class PatternError(ValueError):
    """A pattern that cannot be used.

    :ivar str reason: of the engine, for example `missing )`
    :ivar int position: of the error, counted from 1
    """

    def __init__(self, reason, position):
        super().__init__(f"{reason} ({position})")
        self.reason = reason
        self.position = position


@functools.lru_cache(maxsize=MAX_KEPT)
def compile_pattern(text):
    """Compile a pattern that ignores case.

    :param str text: as the manager wrote it
    :return: a compiled pattern of google-re2, for bytes
    :raises PatternError: when it cannot be used
    """
    if len(text) > MAX_PATTERN:
        raise PatternError("pattern too large", MAX_PATTERN + 1)
    try:
        return _compile(text)
    except re2.error as error:
        reason, fragment = _explain(error)
        raise PatternError(reason, _locate(text, reason, fragment)) from None


def matches(text, subject):
    """Return whether a pattern is found in a text.

    :param str text: the pattern
    :param str subject: the text; its first `MAX_TEXT` characters are searched
    :rtype: bool
    """
    return _search(text, subject) is not None


def extract(text, subject):
    """Return what the only group of a pattern matches in a text.

    :param str text: the pattern, with one group
    :param str subject: the text; its first `MAX_TEXT` characters are searched
    :return: the match without surrounding blanks; empty if there is none
    :rtype: str
    """
    match = _search(text, subject)
    return (match.group(1) or b"").decode("utf-8", "replace").strip() if match else ""


def count_groups(text):
    """Return the number of groups of a pattern.

    :param str text: the pattern
    :rtype: int
    :raises PatternError: when it cannot be used
    """
    return compile_pattern(text).groups


def _search(text, subject):
    return compile_pattern(text).search(subject[:MAX_TEXT].encode("utf-8", "replace"))


def _compile(text):
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    return re2.compile(text.encode("utf-8", "replace"), options=options)


def _explain(error):
    """Split an error message of the engine into reason and fragment: `missing ]:
    [a`."""
    message = error.args[0] if error.args else b""
    if isinstance(message, bytes):
        message = message.decode("utf-8", "replace")
    reason, _separator, fragment = message.partition(": ")
    return reason, fragment


def _locate(text, reason, fragment):
    """Return the position of the error, counted from 1, which the engine does not
    report."""
    if reason == "missing )":
        return _find_open_group(text) + 1
    for end in range(1, len(text) + 1):
        try:
            _compile(text[:end])
        except re2.error as error:
            found, part = _explain(error)
            if found == reason and (part == fragment or reason == "unexpected )"):
                return end - (1 if reason == "unexpected )" else max(len(part), 1)) + 1
    return 1


def _find_open_group(text):
    """Return the index of the last parenthesis that is not closed."""
    opened, in_class, escaped = [], False, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
        elif character == "(":
            opened.append(index)
        elif character == ")" and opened:
            opened.pop()
    return opened[-1] if opened else 0
