"""Publishes a release's static files beside those of the releases before it.

A page that was loaded before a cutover goes on asking for its own files, and whichever frontend
container answers must have them. So each starting backend copies its files into a volume that all
containers share, and takes away only what none of the last releases lists.
"""

import json
import os
import shutil
from pathlib import Path

KEPT_RELEASES = 5


def publish(source: Path, shared: Path, kept_releases: int = KEPT_RELEASES) -> None:
    """Copies `source` into `shared`; prunes files of releases older than the `kept_releases` last."""
    listings = shared / ".releases"
    listings.mkdir(parents=True, exist_ok=True)
    own = sorted(str(path.relative_to(source)) for path in source.rglob("*") if path.is_file())
    for name in own:
        place(source / name, shared / name)

    listing = json.dumps(own)
    for old in listings.iterdir():
        if old.read_text() == listing:
            old.unlink()
    newest = max((int(path.stem) for path in listings.iterdir()), default=0) + 1
    (listings / f"{newest}.json").write_text(listing)
    prune(shared, listings, kept_releases)


def place(source: Path, target: Path) -> None:
    """A visitor sees the old file or the new one, never half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(source, aside)
    aside.replace(target)


def prune(shared: Path, listings: Path, kept_releases: int) -> None:
    by_age = sorted(listings.iterdir(), key=lambda path: int(path.stem))
    for listing in by_age[:-kept_releases]:
        listing.unlink()
    kept = {name for path in by_age[-kept_releases:] for name in json.loads(path.read_text())}
    for path in shared.rglob("*"):
        name = path.relative_to(shared)
        # A name with a dot is a listing, or a file that another starting container is just placing.
        hidden = any(part.startswith(".") for part in name.parts)
        if path.is_file() and not hidden and str(name) not in kept:
            path.unlink(missing_ok=True)
