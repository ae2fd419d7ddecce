"""``weights``: the weight stream of another model for a core that loads its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwgen import model as models
from hwgen.cli.files import STDOUT, write_json, write_whole
from hwgen.cli.options import Json, ModelFile
from hwgen.cli.tables import print_facts
from hwgen.emit.reload import stream_for
from hwgen.flow.folder import CoreFolder
from hwgen.plan.weight_stream import BEAT_BITS


def weights(
    model: ModelFile,
    core: Annotated[Path, typer.Option("--for", metavar="DIR", help="The core's folder.", show_default=False)],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="Where the stream goes.", show_default=False)
    ],
    json: Json = None,
) -> None:
    """Write a weight stream for a core.

    It makes a core that was built with --weights load compute another model of the same shape.
    """
    description = models.load(model)
    folder = CoreFolder.open(core)
    stream = stream_for(folder.manifest, models.load(folder.model), description)
    write_whole(out, lambda file: file.write(stream))
    beats = len(stream) * 8 // BEAT_BITS
    if json != STDOUT:
        print_facts([("stream", out), ("beats", f"{beats:,} of {BEAT_BITS} bits, the CRC-32 last")])
    write_json(json, {"file": str(out), "beats": beats, "bytes": len(stream)})
