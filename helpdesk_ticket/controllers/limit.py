from ..exceptions import TooManyRequestsError

# In how many seconds to ask again
RETRY_AFTER = "60"


def say_too_many(response):
    """Make an answer say that somebody asked too often (rel-H4).

    :param response: of HTTP
    :return: the same response
    """
    response.status_code = TooManyRequestsError.http_status
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def say_error(response, error):
    """Make the page of a form say what kind of error it shows.

    :param response: of HTTP
    :param error: what was raised, or None
    :return: the same response
    """
    if isinstance(error, TooManyRequestsError):
        return say_too_many(response)
    return response
