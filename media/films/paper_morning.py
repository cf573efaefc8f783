"""Paper Morning: seven ridges of cut paper, a slow walk sideways, and one sunrise."""

import cv2
import numpy as np

from canvas import Noise, grid, mix, paint, ramp, rgb, shine, smooth
from sound import Mix, bell, hush, pad, pluck

VIDEO_KBITS = 220
POSTER_AT = 25.0
LAYERS = 7
NIGHT = [(0, "#47416b"), (0.5, "#3a3257"), (1, "#191632")]
DAY = [(0, "#f3bfa5"), (0.3, "#e2907d"), (0.6, "#b0566a"), (1, "#4b2a4f")]


class Film:
    def __init__(self, width, height, seconds):
        self.x, self.y = grid(width, height)
        self.column = self.x[:1]
        self.aspect = width / height
        self.width, self.height = width, height
        self.seconds = seconds
        self.night, self.day = (ramp(np.linspace(0, 1, LAYERS), stops) for stops in (NIGHT, DAY))
        self.folds = Noise(51, size=1024, roughness=1.25, coarsest=3)
        grain = Noise(54, roughness=0.1, coarsest=60)
        self.grain = grain.at(self.x * 0.9, self.y * 0.9)[..., None] * 0.009
        self.skies = [
            ramp(self.y, [(0, "#1d1b3d"), (0.5, "#3f3766"), (0.75, "#6a4f7c")]),
            ramp(self.y, [(0, "#8f6f93"), (0.35, "#e39a8c"), (0.7, "#fbd3a4")]),
            ramp(self.y, [(0, "#e9b7a2"), (0.35, "#f9d2ac"), (0.7, "#fdeccb")]),
        ]
        random = np.random.default_rng(52)
        self.firs = [(random.uniform(0, 4), random.uniform(0.3, 1)) for _ in range(150)]

    def frame(self, t):
        day = smooth(0.04, 0.9, t / self.seconds)
        dark, dawn, light = self.skies
        picture = mix(dark, dawn, smooth(0, 0.6, day)) if day < 0.6 else mix(dawn, light, smooth(0.6, 1, day))
        picture = picture.astype(np.float32)
        self.draw_sun(picture, day)
        self.draw_clouds(picture, t, day)
        for layer in range(LAYERS):
            if layer == 3:
                self.draw_birds(picture, t, day)
            self.draw_ridge(picture, layer, t, day)
        picture += self.grain
        return picture * smooth(0, 1.2, t) * smooth(self.seconds, self.seconds - 1.8, t)

    def draw_sun(self, picture, day):
        """Rings of paper, each a little lighter than the one beneath."""
        away = np.hypot(self.x - self.aspect * 0.6, self.y - mix(0.74, 0.27, day))
        for radius, colour, strength in (
            (0.27, "#f9c79a", 0.35),
            (0.2, "#fbd3a3", 0.5),
            (0.145, "#fde0b1", 0.7),
            (0.1, "#fff3d6", 1.0),
        ):
            cover = smooth(radius + 1.2 / self.height, radius - 1.2 / self.height, away)
            shadow = smooth(radius + 0.016, radius, away) * (1 - cover)
            picture *= (1 - 0.10 * strength * shadow * day)[..., None]
            paint(picture, rgb(colour), cover * strength * mix(0.55, 1, day))

    def draw_clouds(self, picture, t, day):
        for place, level, size in ((0.25, 0.16, 0.055), (1.45, 0.23, 0.07), (0.95, 0.09, 0.04), (2.1, 0.13, 0.05)):
            middle = (place - t * 0.006 * size * 18) % 2.6 - 0.3
            shape = np.full_like(self.x, 9.0)
            for offset, rise, radius in ((-1.5, 0, 0.55), (-0.5, 0.25, 0.85), (0.55, 0.1, 0.7), (1.4, 0, 0.45)):
                shape = np.minimum(shape, np.hypot(self.x - middle - offset * size, self.y - level + rise * size) - radius * size)
            shape = np.maximum(shape, self.y - level - 0.25 * size)
            picture *= (1 - 0.12 * smooth(0.014, -0.004, shape - 0.004))[..., None]
            paint(picture, mix(rgb("#57497a"), rgb("#fff1e0"), day), smooth(0.001, -0.001, shape) * 0.92)

    def draw_ridge(self, picture, layer, t, day):
        near = layer / (LAYERS - 1)
        walk = t * 0.0065 * (1 + near * 6)
        level = mix(0.47, 0.96, near**1.1)
        along = (self.column - self.aspect / 2 + walk) * mix(0.20, 0.13, near) + layer * 0.137
        ridge = level - mix(0.17, 0.10, near) * self.folds.at(along, layer * 0.131 + 0.05)
        first = max(0, int((ridge.min() - 0.13) * self.height))
        picture, y, grain = picture[first:], self.y[first:], self.grain[first:]
        picture *= (1 - 0.34 * smooth(-0.05, 0.02, y - ridge))[..., None]
        if layer >= 4:
            ridge = self.plant(ridge, layer, walk, near)
        inside = (y - ridge) * self.height
        stops = mix(self.night[layer], self.day[layer], day)
        depth = smooth(0, 0.4, y - ridge)[..., None]
        colour = mix(stops * 1.06, stops * 0.86, depth) + grain * 1.3
        paint(picture, colour, np.clip(inside + 0.5, 0, 1))
        # The cut edge catches the light.
        edge = np.exp(-(((inside - 1.5) / (0.0025 * self.height)) ** 2))
        shine(picture, rgb("#ffe2bd"), edge * 0.28 * day)

    def plant(self, ridge, layer, walk, near):
        ground = ridge
        for place, size in self.firs:
            at = (place * (1 + near) - walk) % (4 * (1 + near)) - 0.4 - layer * 0.05
            if not -0.1 < at < self.aspect + 0.1:
                continue
            tall = size * mix(0.03, 0.1, (layer - 4) / 2)
            ridge = np.minimum(ridge, ground + 0.008 - tall + np.abs(self.column - at) * 2.7)
        return ridge

    def draw_birds(self, picture, t, day):
        """Three folded birds cross once the sun is up."""
        cover = np.zeros((self.height, self.width), np.float32)
        for number, (delay, level, size) in enumerate(((0, 0.30, 0.044), (1.3, 0.345, 0.036), (2.1, 0.265, 0.032))):
            x = -0.1 + (t - self.seconds * 0.5 - delay) * 0.125 * self.aspect / 1.78
            y = level + 0.015 * np.sin(t * 1.1 + number)
            flap = np.sin(t * 5.2 + number * 2) * 0.55
            body = [(0.6, 0), (0, -0.09), (-0.55, 0.03), (0, 0.1)]
            near_wing = [(0.22, 0), (-0.22, 0), (-0.28, -0.75 * (0.35 + flap))]
            far_wing = [(0.3, -0.02), (-0.05, -0.02), (0.12, -0.6 * (0.45 + flap))]
            for shape in (body, near_wing, far_wing):
                points = ((np.array(shape) * size + (x, y)) * self.height * 16).astype(np.int32)
                cv2.fillPoly(cover, [points], 1.0, cv2.LINE_AA, 4)
        paint(picture, mix(rgb("#6b5a8a"), rgb("#fff6ea"), day), cover)


def sound(seconds):
    mixed = Mix(seconds)
    mixed.add(hush(seconds, 300, 1500, 3), gain=0.07, pan=-0.3).add(hush(seconds, 300, 1800, 9), gain=0.07, pan=0.3)
    chords = [(45, 57, 61, 64), (42, 57, 61, 66), (38, 54, 57, 62), (40, 56, 59, 64), (45, 57, 64, 69)]
    span = seconds / len(chords)
    for number, chord in enumerate(chords):
        for voice, note in enumerate(chord):
            mixed.add(pad(note, span + 3, 2.5, 3, 0.3), number * span, 0.13 + 0.015 * number, (0, -0.4, 0.4, 0.1)[voice], 0.7)
        pattern = (0, 2, 1, 3, 2, 1)
        beats = int(span / 0.55)
        for beat in range(beats):
            at = number * span + beat * 0.55
            note = chord[pattern[beat % 6]] + (24 if beat % 6 in (0,) else 12)
            mixed.add(pluck(note, 1.4), at, 0.12 + 0.13 * number / 4, 0.5 * np.sin(beat * 0.9), 0.9)
    for at, note in ((8, 81), (10.2, 85), (14, 88), (19, 86), (21.2, 90), (25, 93), (28, 88)):
        mixed.add(bell(note, 3.5, 0.7), at, 0.12, np.sin(at * 2) * 0.6, 1.2)
    return mixed.master(room=2.6)
