"""Tidewater: a moon rises over a bay, and the tide comes in over the sand until all the water is lit."""

import numpy as np

from canvas import Noise, grid, mix, paint, ramp, rgb, shine, smooth, stars
from sound import Mix, bell, hush, pad, seconds_of

VIDEO_KBITS = 220
POSTER_AT = 31.0
HORIZON = 0.5


class Film:
    def __init__(self, width, height, seconds):
        self.x, self.y = grid(width, height)
        self.aspect = width / height
        self.seconds = seconds
        self.stars = stars(width, height, 3) * smooth(HORIZON, 0.1, self.y)
        self.night = ramp(self.y, [(0, "#071421"), (0.3, "#0f2c3c"), (HORIZON, "#2b5862")])
        self.moonlit = ramp(self.y, [(0, "#0d2233"), (0.3, "#1e4a5a"), (HORIZON, "#5f969b")])
        self.water = ramp(self.y, [(HORIZON, "#3d7078"), (0.62, "#1d4a56"), (1, "#0b222d")])
        self.clouds = Noise(5, roughness=1.6)
        self.waves = Noise(8, roughness=1.1, coarsest=4)
        self.craters = Noise(11, roughness=1.2, coarsest=3)
        below = np.maximum(self.y - HORIZON, 1e-4)
        self.depth = 1 / (below * 6 + 0.035)
        self.sea = smooth(HORIZON - 0.001, HORIZON + 0.001, self.y)

    def frame(self, t):
        x, y = self.x, self.y
        rise = smooth(-0.1, 0.85, t / self.seconds)
        moon = (self.aspect * 0.6, mix(0.56, 0.19, rise))
        away = np.hypot(x - moon[0], y - moon[1])

        picture = mix(self.night, self.moonlit, np.float32(rise))
        shine(picture, rgb("#ffffff"), self.stars * mix(1, 0.45, rise))
        shine(picture, rgb("#f3e6c4"), np.exp(-away * 7) * 0.55 + np.exp(-away * 22) * 0.35)
        disc = smooth(0.0745, 0.0725, away)
        face = self.craters.at((x - moon[0]) * 1.9 + 0.3, (y - moon[1]) * 1.9 + 0.3)
        paint(picture, ramp(face, [(-0.5, "#cdbf9d"), (0.1, "#f4ead0"), (0.6, "#fffaf0")]), disc)
        streaks = self.clouds.at(x * 0.22 + t * 0.0016, y * 1.3 + 0.1)
        band = smooth(0.0, 0.9, streaks) * smooth(0.08, 0.3, y) * smooth(HORIZON + 0.02, 0.36, y)
        paint(picture, mix(rgb("#16333f"), rgb("#8fb0ac"), np.exp(-away * 4)[..., None] * rise), band * 0.55)

        self.draw_sea(picture, t, rise, moon)
        self.draw_shore(picture, t, rise)
        return picture * smooth(0, 1.5, t) * smooth(self.seconds, self.seconds - 1.5, t)

    def draw_sea(self, picture, t, rise, moon):
        x, y, depth = self.x, self.y, self.depth
        across = (x - self.aspect / 2) * depth
        swell = self.waves.at(across * 0.10 + t * 0.006, depth * 0.36 + t * 0.030)
        swell += 0.7 * self.waves.at(across * 0.22 - t * 0.009, depth * 0.75 + t * 0.05 + 0.4)
        swell += 0.45 * self.waves.at(across * 0.41 + t * 0.012, depth * 1.3 + t * 0.07)
        water = self.water * (mix(0.65, 1.0, np.float32(rise)) + 0.22 * swell[..., None])
        paint(picture, np.clip(water, 0, 1), self.sea)
        width = 0.035 + (y - HORIZON) * mix(0.22, 0.75, rise)
        path = np.exp(-(((x - moon[0]) / width) ** 2))
        glint = smooth(0.25, 1.05, swell + path * 0.55 + 0.1 * rise)
        strength = rise * smooth(0.6, 0.42, moon[1])
        shine(picture, rgb("#f7ecd0"), self.sea * (glint * path * 1.1 + path * 0.16 + glint * 0.13) * strength)

    def draw_shore(self, picture, t, rise):
        """Sand at the viewer's feet; each wave reaches a little further over it."""
        x, y = self.x, self.y
        lap = 0.022 * np.sin(t * 0.95) + 0.012 * np.sin(t * 0.61 + 1)
        edge = mix(0.79, 1.12, smooth(0.05, 0.95, t / self.seconds)) + lap
        edge = edge + 0.02 * np.sin(x * 2.3 + 0.5) + 0.03 * self.waves.at(x * 0.09 + t * 0.004, t * 0.006)
        dry = smooth(-0.002, 0.004, y - edge)
        wet = np.exp(-np.maximum(y - edge, 0) * 22)
        grain = self.waves.at(x * 1.1, y * 2.3)[..., None] * 0.025
        sand = mix(rgb("#2a2c2c"), rgb("#4d4a43"), rise) + grain
        paint(picture, mix(sand, rgb("#3a6068") * mix(0.55, 1, rise), (wet * 0.75)[..., None]), dry)
        lace = self.waves.at(x * 0.8 + t * 0.01, (y - edge) * 2.5)
        foam = np.exp(-(((y - edge + 0.004) / 0.007) ** 2)) + 0.5 * smooth(0.3, 0.9, lace) * smooth(-0.07, -0.01, y - edge) * (
            1 - dry
        )
        shine(picture, rgb("#dfe9e2"), foam * mix(0.3, 0.65, rise))


def sound(seconds):
    mixed = Mix(seconds)
    t = seconds_of(seconds)
    for side, seed in ((-0.7, 1), (0.7, 2)):
        surf = hush(seconds, 180, 2600, seed) * (0.25 + 0.75 * (0.5 - 0.5 * np.sin(t * 0.95 + 0.6 + side * 0.4)) ** 2)
        mixed.add(surf, gain=0.42, pan=side, echo=0.1)
    chords = [(38, 57, 64, 66), (43, 57, 62, 71), (35, 54, 62, 69), (40, 55, 62, 66), (38, 57, 62, 69)]
    span = seconds / len(chords)
    for number, chord in enumerate(chords):
        for voice, note in enumerate(chord):
            mixed.add(pad(note, span + 4, 3, 4, 0.3), number * span, 0.20, (-0.4, 0.1, 0.4, -0.1)[voice], 0.8)
    for at, note in ((9, 78), (13.5, 81), (17, 76), (21, 74), (25.2, 78), (27, 83), (30, 81), (33.5, 76), (36, 74)):
        mixed.add(bell(note, 4, 0.6), at, 0.16, np.sin(at), 1.2)
    return mixed.master(room=3.5)
