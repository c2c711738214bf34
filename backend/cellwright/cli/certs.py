"""`cellwright certs`: the certificate that Excel wants before it loads an add-in from this machine."""

from __future__ import annotations

import json

import click

from cellwright.cli.display import console, messages
from cellwright.config import settings
from cellwright.server.tls import DEFAULT_NAMES, ensure_certificates, fingerprint, trust_instructions


@click.command("certs")
@click.option("--name", "names", multiple=True, help="A further host name or address of this machine.")
@click.option("--renew", is_flag=True, help="Make a new authority; it has to be trusted again.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def certs_command(names: tuple[str, ...], renew: bool, as_json: bool) -> None:
    """Make a certificate authority for this machine, and say how each system comes to trust it.

    Nothing is installed: you run the command for your system yourself.
    """
    files = ensure_certificates(settings().home / "certs", (*DEFAULT_NAMES, *names), renew=renew)
    steps = trust_instructions(files.authority)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "authority": str(files.authority),
                    "chain": str(files.chain),
                    "key": str(files.key),
                    "sha256": fingerprint(files.authority),
                    "trust": steps,
                },
                indent=1,
            )
        )
        return
    console.print(f"Authority: [cyan]{files.authority}[/]", soft_wrap=True)
    console.print(f"SHA-256:   {fingerprint(files.authority)}", soft_wrap=True)
    console.print("It can vouch for no other names than those of this machine. To trust it:\n")
    for system, step in steps.items():
        console.print(f"[bold]{system}[/]")
        click.echo(f"{step}\n")
    messages.print("Then: cellwright serve --tls")
