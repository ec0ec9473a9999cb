"""TEST DOUBLE of the `conda` command: answers the calls that Snakemake makes, with py-rattler for parsing, solving, installing.

It takes `conda-forge` from the folder that CONDA_CHANNEL_ALIAS names (see channel_double.py). It shows that the environment
files parse, that their pins can be met by what the tests run with, and that rules run in their environments. It does not show
that a real channel has these builds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

import yaml
from rattler import Channel, ChannelConfig, VirtualPackage, install, solve

PLATFORM = "linux-64"


async def create(file: Path, prefix: Path) -> None:
    """Make the environment of a file."""
    env = yaml.safe_load(file.read_text(encoding="utf-8"))
    alias = ChannelConfig(channel_alias=os.environ["CONDA_CHANNEL_ALIAS"].rstrip("/") + "/")
    records = await solve(
        sources=[Channel(name, alias) for name in env["channels"] if name != "nodefaults"],
        specs=[line for line in env["dependencies"] if isinstance(line, str)],
        platforms=[PLATFORM, "noarch"],
        virtual_packages=VirtualPackage.detect(),
    )
    await install(records=records, target_prefix=prefix, show_progress=False, cache_dir=os.environ["CONDA_PKGS_DIRS"])


def main(arguments: list[str]) -> None:
    if arguments == ["--version"]:
        print("conda 26.9.4")
    elif arguments == ["info", "--json"]:
        print(json.dumps({"conda_prefix": str(Path(sys.argv[0]).resolve().parents[1]), "platform": PLATFORM}))
    elif arguments[:3] == ["config", "--get", "channel_priority"]:
        print(json.dumps({"get": {"channel_priority": "strict"}}))
    elif arguments[:2] == ["env", "create"]:
        parser = argparse.ArgumentParser()
        parser.add_argument("--file", type=Path)
        parser.add_argument("--prefix", type=Path)
        given, _ = parser.parse_known_args(arguments[2:])
        asyncio.run(create(given.file, given.prefix))
        os._exit(0)  # rattler's threads do not survive an orderly end of the interpreter every time
    elif arguments[:1] != ["clean"]:
        sys.exit(f"the double of conda knows nothing of: {arguments}")


if __name__ == "__main__":
    main(sys.argv[1:])
