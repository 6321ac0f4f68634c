"""Names of files for ids that anybody may have chosen: no paths, no clashes, nothing that a system reserves."""

import re
from hashlib import sha256

SUFFIX = ".yaml"
_LONGEST = 80
_HASH = 8
_TAME = re.compile(r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*")
_WILD = re.compile(r"[^a-z0-9_-]+")
_DEVICES = frozenset(("con", "prn", "aux", "nul", "conin$", "conout$"))
_NUMBERED_DEVICE = re.compile(r"(?:com|lpt)[0-9]")
_OURS = frozenset(("profiles", "groups"))


def file_name(key: str, *, own: bool = False) -> str:
    """A file name for an external id: itself where it is tame, else what is tame of it, and a hash that tells it apart.

    Only lower-case ASCII is used, so that no two names are one on a file system that ignores case or
    normalises letters. The names that exports use themselves (``own``) are given to no group.
    """
    stem = key.partition(".")[0]
    reserved = stem in _DEVICES or _NUMBERED_DEVICE.fullmatch(stem) or (key in _OURS and not own)
    if len(key) <= _LONGEST and _TAME.fullmatch(key) and not reserved:
        return key + SUFFIX
    tame = _WILD.sub("-", key.lower().encode("ascii", "replace").decode())[: _LONGEST - _HASH].strip("-_") or "group"
    digest = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    return f"{tame}-{digest}{SUFFIX}"
