"""Makes the shop's titles: films, sound, posters and encrypted DASH, from nothing but this folder.

python media/make.py                      everything
python media/make.py tidewater dummy      some titles
python media/make.py --posters tidewater  posters alone
python media/make.py --encrypt            the kept encodings again, after a change of keys
"""

import argparse
import importlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import package
from catalogue import read_titles

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "media"
POSTERS = {"": (480, 720), "-wide": (1280, 720)}
POSTER_BYTES = 60_000


def film_of(slug):
    return importlib.import_module(f"films.{slug.replace('-', '_')}")


def draw_poster(film, title, width, height):
    """One frame of the film, composed for this shape: drawn at twice the size, as edges are then finer."""
    picture = film.Film(width * 2, height * 2, title.seconds).frame(film.POSTER_AT)
    small = cv2.resize(np.clip(picture, 0, 1), (width, height), interpolation=cv2.INTER_AREA)
    return Image.fromarray(np.round(small * 255).astype(np.uint8))


def make_posters(title):
    film = film_of(title.slug)
    for suffix, (width, height) in POSTERS.items():
        poster = draw_poster(film, title, width, height)
        path = ROOT / "public" / "posters" / f"{title.slug}{suffix}.webp"
        path.parent.mkdir(parents=True, exist_ok=True)
        for quality in range(88, 30, -6):
            poster.save(path, quality=quality, method=6)
            if path.stat().st_size <= POSTER_BYTES:
                break


def draw_and_encode(title, work):
    film = film_of(title.slug)
    work.mkdir(parents=True, exist_ok=True)
    drawing = film.Film(package.WIDTH, package.HEIGHT, title.seconds)
    frames = (drawing.frame(number / package.FPS) for number in range(title.seconds * package.FPS))
    package.write_picture(frames, work / "picture.mkv")
    package.write_sound(film.sound(title.seconds), work / "sound.wav")
    package.encode(work, film.VIDEO_KBITS)


def main():
    titles = read_titles()
    parser = argparse.ArgumentParser(description="Makes the shop's titles.")
    parser.add_argument("slug", nargs="*", help=f"which titles (default: all): {', '.join(titles)}")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--posters", action="store_true", help="make the posters alone")
    only.add_argument("--encrypt", action="store_true", help="encrypt what an earlier run has encoded")
    options = parser.parse_args()
    if unknown := set(options.slug) - set(titles):
        parser.error(f"no such title in the catalogue: {', '.join(sorted(unknown))}")
    for slug in options.slug or titles:
        print(slug, flush=True)
        title, work = titles[slug], WORK / slug
        if slug != "dummy" and not options.encrypt:
            make_posters(title)
        if options.posters:
            continue
        if not options.encrypt:
            draw_and_encode(title, work)
        package.encrypt(title, work, ROOT / "public" / "titles" / slug)


if __name__ == "__main__":
    main()
