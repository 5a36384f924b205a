"""Routes of tests, as they are written."""


def hooks(*names: str) -> str:
    """Return the tables of channels that are programs of one's own; more of the last one may follow."""
    return "".join(
        f'[channels.{name}]\ntype = "webhook"\nurl = "https://example.com/{name}"\n' for name in names
    )
