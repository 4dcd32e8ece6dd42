"""Free text that trackers send, before it is stored: addresses of pages lose what may name a person, targets that read
like somebody's address or number are hashed.

Targets are `pointer.target`, `clicks.target` and every `item_id`, all by one rule, so that they still join. A landing has
millions of them: `may_name_people` asks of a beacon's targets together, and only beacons that fit are looked through.
"""

from __future__ import annotations

from jobs.config import Settings
from jobs.steps.marts import literal

#: Stands before the first 32 hex digits of the target's SHA-256.
HASHED = "hashed:"
#: Targets of each stream.
TARGETS = {"pointer": "target", "clicks": "target", "items": "item_id"}

_BETWEEN = "[ .()/-]"
_EMAIL = r"[^@\s](@|%40)[^@\s]+[.][^@\s]"
_DIGITS = rf"[0-9]({_BETWEEN}*[0-9])"
#: After + or tel:, 8 to 15 digits.
_DIALLED = rf"^([+]|tel:[+]?){_BETWEEN}*{_DIGITS}{{7,14}}{_BETWEEN}*\z"
_DATE = "(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
#: 9 to 15 digits in groups: one group is an id, and what begins with a date is a time.
_IN_GROUPS = rf"^(?!{_DATE}([^0-9]|\z))(?![(]?[0-9]+\z)[(]?{_DIGITS}{{8,14}}\z"
#: Superset of both, of any of the texts between \x01.
_NUMBERS = rf"(tel:|[+]|[(]?[0-9]+{_BETWEEN})[-+ .()/0-9]+(\x01|$)"
_USER_INFORMATION = "^([a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/]*@"


def unusual_targets(settings: Settings) -> str:
    """A regular expression for a text between two \x01: it may be a number to dial, or is too long."""
    return rf"{_NUMBERS}|[^\x01]{{{settings.max_target_chars + 1}}}"


def may_name_people(texts: str, line: str, unusual: str, settings: Settings) -> str:
    """SQL: a target among the joined `texts` may have to be hashed, and surely none if false. `unusual` is an SQL
    condition that holds wherever the expression of `unusual_targets` does."""
    by_shape = rf"({unusual} AND {texts} RLIKE r'(^|\x01)({unusual_targets(settings)})')"
    # A separator within a target would make two short ones of a long one: in JSON it can only be written so.
    return rf"({by_shape} OR contains({texts}, '@') OR contains({texts}, '%40') OR contains({line}, r'\u0001'))"


def names_people(target: str, settings: Settings) -> str:
    """SQL: the target is too long, or holds something like an e-mail address, or is a number to dial; NULL for NULL."""
    shapes = " OR ".join(f"{target} RLIKE r'{pattern}'" for pattern in (_EMAIL, _DIALLED, _IN_GROUPS))
    return f"(length({target}) > {settings.max_target_chars} OR {shapes})"


def stored_target(target: str, settings: Settings) -> str:
    """SQL: the target, hashed if it may name a person."""
    return f"IF({names_people(target, settings)}, concat('{HASHED}', substring(sha2({target}, 256), 1, 32)), {target})"


def stored_url(url: str, settings: Settings) -> str:
    """SQL: the address without fragment and user information, with allowed parameters of its query only, as sent."""
    whole = f"substring_index({url}, '#', 1)"
    page = f"substring_index({whole}, '?', 1)"
    kept = f"IF(contains({page}, '@'), regexp_replace({page}, r'{_USER_INFORMATION}', '$1//'), {page})"
    if not settings.url_query_allowed:
        return kept
    names = ", ".join(map(literal, settings.url_query_allowed))
    query = f"substring({whole}, length({page}) + 2)"
    allowed = f"filter(split({query}, '&'), part -> substring_index(part, '=', 1) IN ({names}))"
    return f"concat({kept}, IF(size({allowed}) > 0, concat('?', array_join({allowed}, '&')), ''))"
