"""The dummy clip that a device plays to register: the shop's mark, two linked rings, breathing once."""

import numpy as np

from canvas import grid, mix, paint, rgb, shine, smooth
from sound import Mix, bell, pad

VIDEO_KBITS = 220


class Film:
    def __init__(self, width, height, seconds):
        self.x, self.y = grid(width, height)
        self.aspect = width / height
        self.height = height
        self.seconds = seconds

    def frame(self, t):
        breath = np.sin(np.pi * t / self.seconds) ** 2
        mx, my = self.aspect / 2, 0.5
        away = np.hypot(self.x - mx, self.y - my)
        picture = mix(rgb("#16252b"), rgb("#0b1418"), smooth(0, 0.9, away)[..., None]).astype(np.float32)
        radius, thick, apart = 0.12 + 0.006 * breath, 0.021, 0.078
        left, right = (np.hypot(self.x - mx - side * apart, self.y - my) - radius for side in (-1, 1))
        shine(picture, rgb("#8fd3c8"), np.exp(-np.minimum(np.abs(left), np.abs(right)) * 26) * 0.30 * breath)
        self.ring(picture, left, "#e9d8b4", thick)
        self.ring(picture, right, "#6fb7ad", thick)
        # The first ring passes over the second at the lower crossing: that is what links them.
        self.ring(picture, left, "#e9d8b4", thick, where=smooth(0.0, 0.004, self.y - my))
        return picture

    def ring(self, picture, edge, colour, thick, where=1.0):
        pixel = 1 / self.height
        band = smooth(thick / 2 + pixel, thick / 2 - pixel, np.abs(edge)) * where
        gap = smooth(thick / 2 + 0.008 + pixel, thick / 2 + 0.008, np.abs(edge)) * where
        paint(picture, rgb("#101c21"), gap * 0.8 * (np.abs(edge) > thick / 2))
        paint(picture, rgb(colour), band)


def sound(seconds):
    mixed = Mix(seconds)
    for note, pan in ((57, -0.4), (64, 0.4), (69, 0)):
        mixed.add(pad(note, seconds, 0.5, 0.9, 0.25), 0, 0.2, pan, 0.5)
    mixed.add(bell(81, 1.8, 0.7), 0.15, 0.12, 0, 0.8)
    return mixed.master(room=1.2, fade_in=0.2, fade_out=0.6)
