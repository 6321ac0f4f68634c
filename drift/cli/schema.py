"""``drift schema desired|report``."""

import json

import click

from drift.cli.console import write_result


@click.command()
@click.argument("of", metavar="desired|report", type=click.Choice(["desired", "report"]))
def command(of: str) -> int:
    """Print the JSON Schema of desired files (for editors) or of the JSON report."""
    if of == "desired":
        from drift.desired import desired_json_schema  # noqa: PLC0415 - as slow to import as what it needs

        document = desired_json_schema()
    else:
        from drift.render.json import schema  # noqa: PLC0415

        document = schema()
    write_result(json.dumps(document, indent=2) + "\n")
    return 0
