"""What a verb may refuse with. The edges turn these into answers; nothing else catches them."""


class DomainError(Exception):
    """A rule says no. `message` is a sentence for the person; `field` names the input it belongs to, if any."""

    status = 422
    code = "refused"

    def __init__(self, message: str, field: str | None = None):
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(DomainError):
    """No such row in this organization, or not for this person."""

    status = 404
    code = "not_found"

    def __init__(self, message: str = "We could not find that."):
        super().__init__(message)


class Forbidden(DomainError):
    """The person's role does not allow it."""

    status = 403
    code = "forbidden"


class Conflict(DomainError):
    """The row changed since the person looked at it."""

    status = 409
    code = "conflict"
