class DeviceError(Exception):
    """What a program is told when a request of it fails, and what its user reads.

    :param int status: of HTTP
    :param str code: for the program: one of those of `docs/device-api.md`
    :param str message: for its user, translated
    :param str field: which member of the request it is about
    :param int retry_after: in how many seconds to ask again
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
