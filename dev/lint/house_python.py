"""Rules for Python: sizes, docstrings, and a reason beside every sudo()."""

import ast
import re

LONGEST_FILE = 600
LONGEST_FUNCTION = 40
# Tests and migrations are read from top to bottom, not looked things up in.
FREE = re.compile(r"(^|/)(tests|migrations)/")
# Names that the standard library's parsers and servers call; their meaning is written there.
CALLED_BACK = re.compile(r"^(handle|do|visit)_")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def check(root, names):
    """Yield ``(path, line, text)`` for every finding in the Python files among ``names``."""
    for name in names:
        if not name.endswith(".py") or FREE.search(name):
            continue
        lines = (root / name).read_text(encoding="utf-8").splitlines()
        if len(lines) > LONGEST_FILE:
            yield name, LONGEST_FILE + 1, f"{len(lines)} lines, more than {LONGEST_FILE}: split it by step"
        for number, text in _sudo_without_reason(lines):
            yield name, number, text
        try:
            tree = ast.parse("\n".join(lines), name)
        except SyntaxError as error:
            yield name, error.lineno or 1, f"is not Python: {error.msg}"
            continue
        for number, text in _functions(tree):
            yield name, number, text


def _sudo_without_reason(lines):
    before = ""
    for number, line in enumerate(lines, 1):
        if re.search(r"\.sudo\(", line) and "#" not in line and "#" not in before:
            yield number, "sudo() without a comment on its line or the line above that says why it is safe"
        before = line


def _functions(tree):
    for function in ast.walk(tree):
        if not isinstance(function, FUNCTIONS):
            continue
        length = _length(function)
        if length > LONGEST_FUNCTION:
            yield function.lineno, f"{function.name} has {length} lines, more than {LONGEST_FUNCTION}"
    # Functions inside of functions are nobody's interface.
    places = [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    for function in [node for place in places for node in place.body if isinstance(node, FUNCTIONS)]:
        if function.name.startswith("_") or CALLED_BACK.match(function.name):
            continue
        if not ast.get_docstring(function) and not _is_override(function):
            yield function.lineno, f"the public {function.name} has no docstring: what it takes, returns and raises"


def _length(function):
    """Return the number of lines of ``function`` without its docstring."""
    length = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        length -= docstring.end_lineno - docstring.lineno + 1
    return length


def _is_override(function):
    """Tell whether ``function`` extends one of the same name, whose docstring is valid for it too."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == function.name
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == "super"
        for node in ast.walk(function)
    )
