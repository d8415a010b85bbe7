class DeviceError(Exception):
    """An error response to a program.

    :param int status: of HTTP
    :param str code: for the program, see `docs/device-api.md`
    :param str message: for its user, translated
    :param str field: name of the member of the request that is wrong
    :param int retry_after: seconds to wait before the next request
    """

    def __init__(self, status, code, message, field="", retry_after=0):
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.retry_after = retry_after

    def as_json(self):
        """Return the body of the answer.

        :rtype: dict
        """
        error = {"code": self.code, "message": self.message}
        return {"error": {**error, **({"field": self.field} if self.field else {})}}
