"""What no schema can say of a request, for test_openapi_contract.py: a valid one is made to keep it.

Times that compare with now or with each other, bounds that compare with each other, lengths in bytes, what is the
folder of a model, what may be a version, and that an Idempotency-Key is of one request. What is wrong on purpose
stays as it is.
"""

import datetime
import itertools
import os

import schemathesis

PAST, LATER, FUTURE = "2001-02-03T04:05:06Z", "2002-02-03T04:05:06Z", "2999-01-01T00:00:00Z"
MAX_LABEL_BYTES = 256
numbers = itertools.count(1)
LABELS = {"speaker", "session_id", "project_id", "tags", "tags_any", "tags_all", "tags_none"}


def moment(text):
    """Its time, or None: years that Python does not know, and offsets that lead there."""
    try:
        return datetime.datetime.fromisoformat(text.upper().replace("Z", "+00:00")).astimezone(datetime.timezone.utc)
    except (ValueError, OverflowError, AttributeError):
        return None


def shorter(value):
    if isinstance(value, list):
        return [shorter(item) for item in value]
    if not isinstance(value, str):
        return value
    return value.encode()[:MAX_LABEL_BYTES].decode(errors="ignore")


def repair(fields):
    """In place, an object of fields and those in it."""
    now = datetime.datetime.now(datetime.timezone.utc)
    for name, value in list(fields.items()):
        if name in LABELS:
            fields[name] = shorter(value)
        elif name in ("occurred_at", "as_of") and value is not None and not (moment(value) and moment(value) < now):
            fields[name] = PAST
        elif name == "expires_at" and value is not None and not (moment(value) and moment(value) > now):
            fields[name] = FUTURE
        elif name in ("occurred_from", "occurred_before") and value is not None and not moment(value):
            fields[name] = PAST if name == "occurred_from" else LATER
        elif name == "source" and value is not None:
            fields[name] = os.environ["NEXUS_TEST_MODEL"]
        elif name in ("filter", "episodes"):
            for inner in value if isinstance(value, list) else [value]:
                if isinstance(inner, dict):
                    repair(inner)
    begin, end = (moment(fields.get(name)) for name in ("occurred_from", "occurred_before"))
    if begin and end and begin >= end:
        fields["occurred_from"], fields["occurred_before"] = PAST, LATER
    low, high = fields.get("min_importance"), fields.get("max_importance")
    if low is not None and high is not None and float(low) > float(high):
        fields["min_importance"], fields["max_importance"] = high, low


@schemathesis.hook
def before_call(context, case, kwargs):
    if not case.meta or not case.meta.generation.mode.is_positive:
        return
    for fields in (case.body, case.query):
        if isinstance(fields, dict):
            repair(fields)
    if "If-Match" in (case.headers or {}):
        case.headers["If-Match"] = ['"1"', '"2"', "*"][len(case.headers["If-Match"]) % 3]
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = f"write {next(numbers)}"
