"""``python -m hwgen VERB``: the verbs, and what becomes of an error.

Exit status: 0 done; 1 the check failed; 2 the input or the usage was wrong; 130 interrupted. An error is one message on
stderr, without a traceback; a traceback is a defect of hwgen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from hwgen import __version__
from hwgen.cli.bench import bench
from hwgen.cli.build import build
from hwgen.cli.compress import compress_
from hwgen.cli.importing import import_
from hwgen.cli.infer import infer
from hwgen.cli.show import show
from hwgen.cli.simulate import simulate
from hwgen.cli.synth import synth
from hwgen.cli.verify import verify
from hwgen.cli.weights import weights
from hwgen.errors import HwgenError

USAGE_STATUS = 2
INTERRUPTED_STATUS = 130
STDOUT_FILE = 1

# Typer exports BadParameter of the Click it runs on (its own copy since 0.26), whose bases are that Click's.
UsageFault: type[Exception] = typer.BadParameter.__mro__[1]
ClickFault: type[Exception] = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name="hwgen",
    help="Compressed neural networks to verified FPGA and ASIC cores, with open tools only.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hwgen {__version__}")
        raise typer.Exit


@app.callback()
def _hwgen(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Version, and exit.")
    ] = False,
) -> None:
    """Compressed neural networks to verified FPGA and ASIC cores, with open tools only."""


app.command("import")(import_)
app.command("compress")(compress_)
for verb in (build, weights, infer, simulate, verify, synth, show, bench):
    app.command()(verb)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a verb and leave the process with its exit status."""
    try:
        status = app(args=arguments, prog_name="hwgen", standalone_mode=False)
        sys.stdout.flush()
    except HwgenError as error:
        status = _fail(str(error), error.exit_status)
    except UsageFault as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "hwgen"
        status = _fail(f"{_text(error)} (see `{path} --help`)", USAGE_STATUS)
    except ClickFault as error:
        status = _fail(_text(error), USAGE_STATUS)
    except (KeyboardInterrupt, typer.Abort):
        status = _fail("interrupted", INTERRUPTED_STATUS)
    except (BrokenPipeError, SystemExit):
        # Who reads the output has closed it (Click turns that into an exit): the interpreter must not fail once more
        # when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT_FILE)
        status = 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        status = _fail(f"{where}{error.strerror or error}", USAGE_STATUS)
    sys.exit(status or 0)


def _text(error: Exception) -> str:
    """Click's own words, on one line and without a full stop."""
    words = error.format_message() if hasattr(error, "format_message") else str(error)
    return " ".join(words.split()).removesuffix(".")


def _fail(message: str, status: int) -> int:
    print(f"hwgen: error: {message}", file=sys.stderr)  # noqa: T201
    return status
