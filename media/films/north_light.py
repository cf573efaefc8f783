"""North Light: the aurora over two hills and a frozen lake, from a thread to a curtain."""

import numpy as np

from canvas import Noise, blur, grid, mix, paint, ramp, rgb, shine, smooth, stars
from sound import Mix, bell, hush, pad

VIDEO_KBITS = 220
POSTER_AT = 25.0
SHORE = 0.79


class Film:
    def __init__(self, width, height, seconds):
        self.x, self.y = grid(width, height)
        self.column = self.x[:1]
        self.aspect = width / height
        self.height = height
        self.seconds = seconds
        self.sky = ramp(self.y, [(0, "#050b1c"), (0.45, "#0c1c36"), (SHORE, "#1c3b4c")])
        self.stars = stars(width, height, 21, 430)
        self.folds = Noise(31, roughness=2.2, coarsest=1)
        self.rays = Noise(33, roughness=0.9, coarsest=6)
        self.ridges = Noise(38, roughness=1.5, coarsest=2)
        self.ice = Noise(40, roughness=1.3, coarsest=3)
        self.far = self.hill(0.69, 0.13, 0.1, 0.000)
        self.near = self.hill(0.765, 0.07, 0.62, 0.03)
        self.shore_row = int(SHORE * height)

    def hill(self, level, swell, place, trees):
        """How much each pixel is hill: a soft ridge, its edge set with firs of up to `trees` in height."""
        ridge = level - swell * self.ridges.at((self.column - self.aspect / 2) * 0.3 + 0.42, place)
        random = np.random.default_rng(int(place * 100))
        for _ in range(int(150 * self.aspect) if trees else 0):
            at, tall = random.uniform(0, self.aspect), trees * random.uniform(0.35, 1)
            foot = ridge[0, min(int(at * self.height), ridge.shape[1] - 1)]
            ridge = np.minimum(
                ridge, foot - tall + np.abs(self.column - at) * 4.5 + np.abs(np.sin((self.column - at) * 900)) * 0.003
            )
        return np.clip((self.y - ridge) * self.height + 0.5, 0, 1)

    def frame(self, t):
        wake = smooth(0.02, 0.72, t / self.seconds)
        picture = self.sky.copy()
        shine(picture, rgb("#e8f0ff"), self.stars * mix(1.0, 0.4, wake) * smooth(SHORE, 0.5, self.y))
        light = self.aurora(t, wake)
        picture += (1 - picture) * np.clip(light, 0, 0.96)
        # The glow that the curtains throw on the air in front of the hills.
        haze = light[: self.shore_row].mean(axis=(0, 1))
        paint(picture, rgb("#0a1a26") + haze * 0.2, self.far)
        paint(picture, rgb("#03080d") + haze * 0.05, self.near)
        self.draw_lake(picture, t)
        return picture * smooth(0, 1.5, t) * smooth(self.seconds, self.seconds - 2, t)

    def aurora(self, t, wake):
        x, y, column = self.x, self.y, self.column
        total = np.zeros((*x.shape, 3), np.float32)
        for number, (foot, tall, start) in enumerate([(0.52, 0.17, 0.0), (0.43, 0.26, 0.28), (0.58, 0.12, 0.5)]):
            here = smooth(start, start + 0.45, wake)
            if here == 0:
                continue
            lane = 0.21 * number + 0.05
            curve = (
                foot
                - 0.16 * self.folds.at(column * 0.16 + t * 0.0022, lane + t * 0.0035)
                - 0.05 * self.folds.at(column * 0.4 - t * 0.004, lane + 0.5)
            )
            along = column + 0.13 * self.folds.at(column * 0.35 + t * 0.004, lane + t * 0.007 + 0.3)
            rays = 0.55 + 0.65 * self.rays.at(along * 0.22 + t * 0.0016, lane + t * 0.006)
            rays *= 0.55 + 0.6 * smooth(-0.6, 0.7, self.folds.at(along * 0.3 - t * 0.008, lane + 0.7 + t * 0.006))
            reach = tall * (0.35 + 0.65 * here) * (0.8 + 0.6 * rays)
            above = curve - y
            body = smooth(-0.012, 0.022, above) * np.exp(-np.maximum(above, 0) / reach)
            hem = np.exp(-((above / 0.014) ** 2)) * 0.35
            glow = (body * 1.05 + hem) * np.maximum(rays, 0) * here
            hue = np.clip(above / (reach * 2.0), 0, 1)
            total += (
                ramp(hue, [(0, "#7dffbd"), (0.22, "#35dd92"), (0.55, "#2a8f9c"), (0.8, "#6a4fb5"), (1, "#a04aa0")])
                * glow[..., None]
            )
        return total

    def draw_lake(self, picture, t):
        """The ice: everything above, upside down, dimmer, and broken by the wind."""
        row, height = self.shore_row, self.height
        x, y = self.x[row:], self.y[row:]
        above = picture[:row]
        wobble = self.ice.at(x * 0.15 + t * 0.001, (y - SHORE) * 3.1 + t * 0.002)
        source = np.clip(row - 1 - (y - SHORE) * height * 3.0 + wobble * height * 0.012, 0, row - 1).astype(np.int32)
        mirror = np.take_along_axis(above, np.broadcast_to(source[..., None], (*source.shape, 3)), axis=0)
        mirror = blur(mirror, height * 0.0035) * rgb("#b9d3dc") * 0.62
        frost = smooth(0.15, 0.9, self.ice.at(x * 0.6 / (0.3 + 4 * (y - SHORE)), (y - SHORE) * 5)) * 0.07
        picture[row:] = np.clip(mirror + frost[..., None] * (0.4 + mirror * 4), 0, 1)
        picture[row:] *= (0.55 + 0.45 * smooth(SHORE, SHORE + 0.02, y))[..., None]


def sound(seconds):
    mixed = Mix(seconds)
    mixed.add(hush(seconds, 220, 700, 4), gain=0.16, pan=-0.5, echo=0.3).add(
        hush(seconds, 260, 900, 5), gain=0.14, pan=0.5, echo=0.3
    )
    chords = [(33, 57, 60, 64), (29, 53, 60, 67), (36, 55, 64, 71), (31, 55, 62, 69), (33, 57, 64, 72)]
    span = seconds / len(chords)
    for number, chord in enumerate(chords):
        for voice, note in enumerate(chord):
            mixed.add(pad(note, span + 5, 3.5, 4.5, 0.42), number * span, 0.16 + 0.02 * number, (0, -0.5, 0.5, 0.1)[voice], 1.0)
    random = np.random.default_rng(7)
    for at in np.sort(random.uniform(6, seconds - 5, 19)):
        mixed.add(
            bell(int(random.choice([81, 84, 86, 88, 91, 93, 96])), 3, 0.0),
            at,
            random.uniform(0.04, 0.10),
            random.uniform(-0.8, 0.8),
            1.6,
        )
    return mixed.master(room=4.5)
