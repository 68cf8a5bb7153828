"""Text on disk: atomic writes, JSON, YAML and logs; the part of `fullfield.io` that a plan of the workflow needs."""

import contextlib
import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import safetensors
import yaml

PathLike = str | os.PathLike
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@contextlib.contextmanager
def atomic(path: PathLike) -> Iterator[Path]:
    """Yield a temporary name beside `path`, renamed to `path` when the block succeeds and removed when it fails."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class DamagedFileError(ValueError):
    """An intermediate file that cannot be read; the message says how to have it made anew."""


@contextlib.contextmanager
def intact(path: PathLike) -> Iterator[None]:
    """Turn whatever a reader raises on a truncated or overwritten file into one sentence.

    Raises
    ------
    DamagedFileError
        Naming the file.
    FileNotFoundError
        As it is.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, safetensors.SafetensorError) as error:
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise DamagedFileError(
            f"{path} is damaged and cannot be read ({reason}); delete it, and the next run makes it anew"
        ) from error


def report_failures() -> None:
    """Log why a job stops, in one sentence; the traceback follows only where no sentence was written for it."""

    def log(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if isinstance(error, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        last = traceback.extract_tb(trace)[-1]
        where = Path(last.filename)
        ours = not {"site-packages", "lib"} & set(where.parts)
        logger = logging.getLogger("fullfield")
        logger.error("%s (%s in %s, line %s)", error or "no message", kind.__name__, where.name, last.lineno)
        if not (ours and isinstance(error, ValueError | RuntimeError | FileNotFoundError)):
            logger.error("%s", "".join(traceback.format_exception(kind, error, trace)))

    sys.excepthook = log


def configure_log(path: PathLike) -> None:
    """Send the library's log lines, and why a job stops, to the file `path` and to standard error."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handlers = [logging.FileHandler(path, mode="a"), logging.StreamHandler(sys.stderr)]
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", handlers=handlers)
    logging.getLogger("fullfield").setLevel(logging.INFO)
    report_failures()


def read_json(path: PathLike) -> Any:
    """Read a JSON file."""
    with intact(path):
        return json.loads(Path(path).read_text())


def write_json(path: PathLike, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def read_yaml(path: PathLike) -> Any:
    """Read a YAML file."""
    return yaml.load(Path(path).read_text(), _YAML_LOADER)


def read_text(path: PathLike) -> str:
    """Read a text file."""
    return Path(path).read_text()


def write_text(path: PathLike, text: str) -> None:
    """Write a text file."""
    with atomic(path) as temporary:
        temporary.write_text(text)


def fail(message: str) -> None:
    """Log one message and stop the script with exit code 1, without a traceback."""
    logging.getLogger("fullfield").error(message)
    sys.exit(1)
