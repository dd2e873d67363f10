"""What Schemathesis cannot read from the descriptions."""

import itertools

import schemathesis

numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """A key that was used for another request is refused with 422, as the contract says. Which keys
    were used is not in a description, so that valid ones are made new; the stories test repeated
    ones."""
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    if key and case.meta and case.meta.generation.mode.is_positive:
        headers["Idempotency-Key"] = f"{next(numbers)}-{key}"[:255]
