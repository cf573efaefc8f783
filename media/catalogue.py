"""The shop's catalogue as the scripts need it: which titles there are, how long, and with which keys."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

CATALOGUE = Path(__file__).with_name("catalogue.toml")


@dataclass(frozen=True)
class Key:
    kid: str
    content_key: str


@dataclass(frozen=True)
class Title:
    slug: str
    seconds: int
    keys: dict[str, Key]
    """By track, "video" and "audio"; a title with one key has it under both."""


def title_of(slug, entry):
    keys = {}
    for key in entry["key"]:
        tracks = ("video", "audio") if key["track"] == "all" else (key["track"],)
        keys.update({track: Key(key["kid"], key["content_key"]) for track in tracks})
    return Title(slug, entry["seconds"], keys)


def read_titles():
    """Every title by slug, the dummy clip among them."""
    with CATALOGUE.open("rb") as file:
        catalogue = tomllib.load(file)
    titles = [title_of("dummy", catalogue["dummy"])]
    titles += [title_of(entry["slug"], entry) for entry in catalogue["title"]]
    return {title.slug: title for title in titles}
