"""A fault of our own, told in one line."""

import traceback
from types import FrameType

REMEDY = "please report this line"


def told(fault: BaseException) -> str:
    """Say what a fault is and where it arose: `TypeError: ... (file:line, function)`."""
    what = f"{type(fault).__name__}: {fault}".removesuffix(": ")
    places = traceback.extract_tb(fault.__traceback__)
    if not places:
        return what
    return f"{what} ({places[-1].filename}:{places[-1].lineno}, {places[-1].name})"


def place(frame: FrameType) -> str:
    """Say where a thread is: `file:line, function`."""
    return f"{frame.f_code.co_filename}:{frame.f_lineno}, {frame.f_code.co_name}"
