from ..exceptions import TooManyRequestsError

# Seconds to wait before the next request
RETRY_AFTER = "60"


def say_too_many(response):
    """Turn a response into one about too many requests (rel-H4).

    :param response: of HTTP
    :return: the same response
    """
    response.status_code = TooManyRequestsError.http_status
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def say_error(response, error):
    """Set the status of a form's page to that of its error.

    :param response: of HTTP
    :param error: the exception, or None
    :return: the same response
    """
    if isinstance(error, TooManyRequestsError):
        return say_too_many(response)
    return response
