"""Draws the shop's icons and the picture that is shown where somebody shares it: public/icons and public/share.jpg.

python media/marks.py

The mark is that of public/favicon.svg, and the films on the shelf are their own posters.
"""

import math
import tomllib

import numpy as np
from PIL import Image, ImageDraw

from canvas import Noise
from catalogue import CATALOGUE
from make import ROOT

CLOTH, DEEP, PAGE, THREAD = "#14505a", "#0e3f48", "#fbfaf4", "#e9b44c"
PUBLIC = ROOT / "public"
FINER = 4
"""Everything is drawn so many times larger, as edges are then finer."""


class Pen:
    """Draws in units of its own: `scale` pixels each, from a corner at x, y."""

    def __init__(self, picture, x=0, y=0, scale=1):
        self.draw = ImageDraw.Draw(picture)
        self.x, self.y, self.scale = x, y, scale

    def at(self, x, y):
        return self.x + x * self.scale, self.y + y * self.scale

    def stroke(self, points, colour, width, round_ends=False):
        half = width * self.scale / 2
        places = [self.at(*point) for point in points]
        self.draw.line(places, colour, round(2 * half), joint="curve")
        for x, y in places if round_ends else places[1:-1]:
            self.draw.ellipse((x - half, y - half, x + half, y + half), colour)

    def box(self, left, top, right, bottom, colour, radius=0):
        corners = (*self.at(left, top), *self.at(right, bottom))
        self.draw.rounded_rectangle(corners, radius * self.scale, colour)


def arc(x, y, radius, start, end):
    """Points along a circle; angles in degrees, from three o'clock, clockwise."""
    angles = np.radians(np.linspace(start, end, 40))
    return [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]


def draw_mark(pen):
    """The B whose spine is a row of stitches, in a box of 32 units."""
    pen.stroke([(11, 6.6), *arc(17.3, 11.2, 4.6, -90, 90), (11, 15.8)], PAGE, 2.4)
    pen.stroke([(11, 15.8), *arc(18.7, 20.6, 4.8, -90, 90), (11, 25.4)], PAGE, 2.4)
    for top in np.arange(4.2, 28.2, 4.9):
        pen.stroke([(11, top), (11, min(top + 3, 28.2))], THREAD, 2.6)


def icon(size, corner, room):
    """`room`: how much larger than the mark the cloth around it is."""
    big = size * FINER
    picture = Image.new("RGBA", (big, big))
    whole = Pen(picture, scale=big / 32)
    whole.box(0, 0, 32, 32, CLOTH, corner)
    edge = big * (1 - 1 / room) / 2
    draw_mark(Pen(picture, edge, edge, big / room / 32))
    return picture.resize((size, size), Image.Resampling.LANCZOS)


# The letters of the name, as strokes: the baseline is at 0, and a small letter is 1 high.
LETTERS = {
    "B": (1.05, [[(0, 0), (0, -1.6)],
                 [(0, -1.6), *arc(0.42, -1.22, 0.38, -90, 90), (0, -0.84)],
                 [(0, -0.84), *arc(0.5, -0.42, 0.42, -90, 90), (0, 0)]]),
    "i": (0.1, [[(0, 0), (0, -1)], [(0, -1.42), (0, -1.44)]]),
    "n": (0.8, [[(0, 0), (0, -1)], [*arc(0.4, -0.6, 0.4, 180, 360), (0.8, 0)]]),
    "d": (0.96, [arc(0.48, -0.5, 0.48, 0, 360), [(0.96, 0), (0.96, -1.6)]]),
    "e": (0.96, [[(0.02, -0.5), (0.96, -0.5), *arc(0.48, -0.5, 0.48, 0, -310)]]),
    "r": (0.5, [[(0, 0), (0, -1)], arc(0.42, -0.56, 0.42, 180, 285)]),
    "y": (0.84, [[(0, -1), (0.42, -0.04)], [(0.84, -1), (0.24, 0.5)]]),
}  # fmt: skip


def draw_name(picture, x, baseline, size):
    for letter in "Bindery":
        width, strokes = LETTERS[letter]
        for points in strokes:
            Pen(picture, x, baseline, size).stroke(points, PAGE, 0.17, round_ends=True)
        x += (width + 0.38) * size


def draw_cloth(width, height):
    """Buckram: a plain weave, a little uneven."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    weave = np.sin(x * 0.9) * np.sin(y * 0.9) * 0.012
    uneven = Noise(7, roughness=1.4).at(x / width, y / width) * 0.022
    glow = 0.06 * np.exp(-((x / width - 0.5) ** 2 + (y / height - 0.45) ** 2) * 5)
    colour = np.array([int(CLOTH[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255
    picture = colour + (weave + uneven + glow)[..., None]
    return Image.fromarray(np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8))


def draw_volume(picture, title, x, y, width):
    """A film's poster as style/volume.css binds it, with its shadow."""
    height = width * 3 // 2
    shadow = Image.new("L", picture.size)
    Pen(shadow).box(x + 6, y + 14, x + width + 6, y + height + 8, 120, 6)
    shadow = shadow.reduce(8).resize(picture.size, Image.Resampling.BICUBIC)
    picture.paste(Image.new("RGB", picture.size, "#04181c"), mask=shadow)
    spine = round(width * 0.08)
    volume = Image.new("RGB", (width, height), title["accent"])
    poster = Image.open(PUBLIC / title["poster"].lstrip("/")).convert("RGB")
    volume.paste(poster.resize((width - spine, height), Image.Resampling.LANCZOS), (spine, 0))
    pen = Pen(volume)
    for top in range(8, height, 30):
        pen.box(spine * 0.45, top, spine * 0.45 + 4, top + 17, "#ffffff")
    hinge = np.interp(np.arange(width), [0, spine, spine + 1, spine * 1.4, spine * 1.7], [0.25, 0, 0.45, 0, 0])
    dark = Image.fromarray(np.tile(np.round(hinge * 255).astype(np.uint8), (height, 1)))
    volume.paste(Image.new("RGB", volume.size, "#000000"), mask=dark)
    picture.paste(volume, (x, y))


def draw_headband(picture, height):
    pen = Pen(picture)
    for number, x in enumerate(range(-height, picture.width + height, 36)):
        colour = THREAD if number % 2 == 0 else "#1d6470"
        pen.draw.polygon([(x, 0), (x + 28, 0), (x + 28 - height // 4, height), (x - height // 4, height)], colour)


def share():
    width, height = 1200 * 2, 630 * 2
    picture = draw_cloth(width, height)
    draw_headband(picture, 36)
    with CATALOGUE.open("rb") as file:
        titles = {title["slug"]: title for title in tomllib.load(file)["title"]}
    shelf = ["tidewater", "paper-morning", "north-light", "circle-square", "koi-in-september"]
    wide, gap = 412, 44
    left = (width - len(shelf) * wide - (len(shelf) - 1) * gap) // 2
    for number, slug in enumerate(shelf):
        draw_volume(picture, titles[slug], left + number * (wide + gap), 450, wide)
    ground = Pen(picture)
    ground.box(0, 1068, width, 1080, "#0b343c")
    ground.box(0, 1080, width, height, DEEP)
    mark = Pen(picture, left, 140, 200 / 32)
    mark.box(0, 0, 32, 32, DEEP, 6)
    draw_mark(mark)
    draw_name(picture, left + 260, 308, 84)
    return picture.resize((1200, 630), Image.Resampling.LANCZOS)


def main():
    icons = PUBLIC / "icons"
    icons.mkdir(exist_ok=True)
    # A telephone rounds the corners of the first and the last itself.
    for name, size, corner, room in (("180", 180, 0, 1.2), ("192", 192, 6, 1), ("512", 512, 6, 1), ("512-maskable", 512, 0, 1.35)):
        icon(size, corner, room).quantize(64).save(icons / f"{name}.png", optimize=True)
    share().save(PUBLIC / "share.jpg", quality=86, optimize=True, progressive=True)


if __name__ == "__main__":
    main()
