"""Whether two names are those of one model: providers, dates, precisions and efforts leave a model what it is."""

import re

_QUANTISED = re.compile(
    r"(?<![a-z0-9])(i?q\d(_[01k])?(_[sml]|_xs|_xxs)?|w\d+a\d+(kv\d+)?|[bf]?fp?\d+|int\d+|\d+bit|\d+-bit|[mn]vfp\d|mxfp\d"
    r"|nf4|awq|gptq|gguf|ggml|mlx|bnb|exl2|quantized|dynamic)(?![a-z0-9])"
)
_DATE = re.compile(r"(?<!\d)(20\d\d-\d\d(-\d\d)?|20\d{6}|[01]\d-20\d\d|\d{4,6})(?!\d)|(?<=[a-z]-)\d\d-\d\d\Z")
_POINT = re.compile(r"(?<=\d)[.p](?=\d)")
_VERSION = re.compile(r"(?<![a-z0-9])v(\d+)([.:]\d+)?(?![a-z0-9])")
_SIZED_VERSION = re.compile(r"(?<![a-z0-9])v(?=\d+p\d)")
_NEUTRAL = {
    *("instruct", "chat", "it", "hf", "latest", "preview", "exp", "latency", "optimized", "turbo", "0"),
    *("anthropic", "meta", "amazon", "cohere", "ai21", "us", "eu", "apac", "global"),
    *("minimal", "low", "medium", "high", "xhigh", "effort"),
}
"""Parts of a name that leave a model what it is, or that only some lists have."""


def same_model(one: str, other: str) -> bool:
    """Whether two names, as price lists, benchmarks and evaluations have them, can be those of the same model.

    They are compared without what stands before the last slash, date, precision, effort, and words such as `instruct`.
    A version (`v2`) that only one of them has makes no difference. Names that nothing is left of are never told apart.
    """
    (words, version), (others, other_version) = _identity(one), _identity(other)
    if not words or not others:
        return True
    return words == others and (not version or not other_version or version == other_version)


def _identity(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words that identify a model, and its version."""
    last = name.lower().rstrip("/").replace("__", "/").replace("--", "/").rpartition("/")[2].removeprefix("mistral.")
    versions = frozenset(f"{found[1]}{found[2] or ''}".replace(":", ".") for found in _VERSION.finditer(last))
    plain = re.sub(r"[@:].*", "", _VERSION.sub("", _SIZED_VERSION.sub("", last)))
    plain = _POINT.sub("-", _DATE.sub("", _QUANTISED.sub("", plain)))
    words = frozenset(re.findall(r"[a-z]+|\d+[a-z]*", plain))
    return words - _NEUTRAL or words, versions
