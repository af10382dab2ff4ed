"""What a form held that came without a session: carried through the sign-in as hidden fields."""

from collections.abc import Iterable
from dataclasses import dataclass

PREFIX = "kept:"
PATH = "kept-path"


@dataclass(frozen=True)
class Kept:
    """Fields and the path they were sent to."""

    path: str
    fields: tuple[tuple[str, str], ...]

    @classmethod
    def of_refused(cls, path: str, items: Iterable[tuple[str, str]]) -> "Kept":
        """The fields of a refused request, without its token and without anything secret."""
        return cls(path, tuple((name, value) for name, value in items if _may_be_kept(name)))

    @classmethod
    def of_sign_in(cls, items: Iterable[tuple[str, str]]) -> "Kept | None":
        """What the sign-in form carried, None when it carried nothing."""
        pairs = list(items)
        path = dict(pairs).get(PATH)
        if not path:
            return None
        return cls(path, tuple((name.removeprefix(PREFIX), value) for name, value in pairs if name.startswith(PREFIX)))

    def hidden(self) -> list[tuple[str, str]]:
        """The hidden fields of the sign-in form."""
        return [(PATH, self.path), *((PREFIX + name, value) for name, value in self.fields)]


def _may_be_kept(name: str) -> bool:
    return name not in ("csrf_token", "code") and "password" not in name
