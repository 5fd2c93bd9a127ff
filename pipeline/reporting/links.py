"""Links from what a report shows to where it says what made it, on the same page."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Link:
    """A text that leads to a place of the same page.

    Attributes:
        text: what is shown.
        href: "#" and the place's id.
        source: the place's short name, printed on paper.
        title: what is there, in words.
    """

    text: str
    href: str
    source: str
    title: str

    def showing(self, text: str) -> "Link":
        """Return the link with another text."""
        return replace(self, text=text)
