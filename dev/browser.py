"""Somebody who asks a web server for pages and keeps cookies."""

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request

from dev.steps import Problem

TIMEOUT = 300


class Browser:
    """One person at one site.

    :param url: address of the site
    """

    def __init__(self, url):
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def get(self, address):
        """Return the text of a page.

        :raises Problem: the server refuses
        """
        return self._open(urllib.request.Request(f"{self.url}{address}"))

    def post(self, address, form):
        """Send a form and return the text of the page that follows.

        :param form: dict of the values
        :raises Problem: the server refuses
        """
        return self._open(urllib.request.Request(f"{self.url}{address}", urllib.parse.urlencode(form).encode()))

    def call(self, address, **params):
        """Call a JSON route as the pages' scripts do, and return its result.

        :raises Problem: the server refuses
        """
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
        headers = {"Content-Type": "application/json"}
        answer = json.loads(self._open(urllib.request.Request(f"{self.url}{address}", body, headers)))
        if "error" in answer:
            raise Problem(f"The site answers to {address}: {answer['error']['data']['message']}")
        return answer["result"]

    def log_in(self, login, password):
        """Log in on Odoo's page.

        :raises Problem: the server refuses
        """
        page = self.get("/web/login")
        page = self.post("/web/login", {"login": login, "password": password, "csrf_token": csrf_token(page)})
        if 'name="password"' in page:
            raise Problem(f"The site does not let {login} in.")

    def _open(self, request):
        try:
            with self.opener.open(request, timeout=TIMEOUT) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise Problem(f"The site answers {error.code} to {request.selector}.") from error


def csrf_token(page):
    """Return the token of the forms of ``page``."""
    return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
