# Nobody learns the address of such a page from a page that it leads to, keeps it in a
# cache, finds it in a search engine, or shows it in a frame of its own.
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def protect(response):
    """Keep the address of a page to whoever opened it.

    :param response: of HTTP
    :return: the same response
    """
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response
