"""A small client of Odoo's JSON-2 API."""

import json
import urllib.error
import urllib.request


class ApiError(Exception):
    """Odoo refused a call; the text is its message for people."""


class Api:
    """Calls methods of models over HTTP.

    :param url: address of Odoo
    :param key: API key of the user to act as
    """

    def __init__(self, url, key):
        self.url = url
        self.key = key

    def call(self, model, method, ids=None, timeout=60, **arguments):
        """Return what ``method`` of ``model`` returns, called on the records ``ids``.

        :raises ApiError: Odoo answered with an error
        :raises OSError: Odoo cannot be reached
        """
        body = {**({"ids": ids} if ids is not None else {}), **arguments}
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"bearer {self.key}", "Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ApiError(_message(error)) from error

    def search_read(self, model, domain, fields, **arguments):
        """Return the matching records as dicts."""
        return self.call(model, "search_read", domain=domain, fields=fields, **arguments)

    def create(self, model, **values):
        """Create a record and return its id."""
        return self.call(model, "create", vals_list=[values])[0]

    def write(self, model, ids, **values):
        """Change the records ``ids``."""
        return self.call(model, "write", ids, vals=values)


def _message(error):
    text = error.read().decode(errors="replace")
    try:
        return json.loads(text)["message"]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {error.code}: {text[:300]}"


def for_instance(instance):
    """Return a client that acts as the administrator of ``instance``."""
    return Api(instance.url, instance.key_file.read_text().strip())
