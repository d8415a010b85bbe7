# The URL of such a page is not sent to linked pages, the page is not kept in a
# cache, not indexed by search engines, and not shown in frames of others.
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def protect(response):
    """Keep the URL of a page secret.

    :param response: of HTTP
    :return: the same response
    """
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response
