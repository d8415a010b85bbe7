"""What goes wrong in a way that the user is told of."""


class Trouble(Exception):
    """Something that the user is told in one sentence: the text of the exception."""


class ApiError(Trouble):
    """The helpdesk refused a request, or could not be asked.

    :param str message: the sentence for the user
    :param str code: of the helpdesk, empty where it did not answer
    :param int retry_after: seconds that it asks to wait
    """

    # Repeating the same request leads to the same answer.
    FINAL = {"not_json", "not_json_type", "missing", "invalid", "refused"}
    SCREENSHOT = {"too_large", "screenshot_too_large", "screenshot_invalid"}

    def __init__(self, message, code="", retry_after=0):
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after

    @property
    def is_final(self):
        """Whether only the user can do something about it."""
        return self.code in self.FINAL | self.SCREENSHOT

    @property
    def is_about_screenshot(self):
        """Whether the request is good without its screenshot."""
        return self.code in self.SCREENSHOT
