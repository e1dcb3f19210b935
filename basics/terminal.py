"""Text that others wrote, made fit for a terminal: names, reasons and errors may hold what a terminal obeys."""


def printable(text: str) -> str:
    """The text without anything that a terminal would obey."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def printable_lines(text: str) -> str:
    """The same of text that has several lines."""
    return "\n".join(map(printable, text.split("\n")))
