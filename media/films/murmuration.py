"""Murmuration: starlings gather over the reeds at sunset, think out loud, and come down with the light."""

import cv2
import numpy as np

from canvas import Noise, blur, grid, mix, paint, ramp, rgb, shine, smooth
from sound import Mix, bell, hush, pad, seconds_of

VIDEO_KBITS = 220
POSTER_AT = 14.5
BIRDS = 2000
WATER = 0.865


class Film:
    def __init__(self, width, height, seconds):
        self.x, self.y = grid(width, height)
        self.aspect = width / height
        self.width, self.height = width, height
        self.seconds = seconds
        self.sunset = ramp(self.y, [(0, "#5d6a8c"), (0.3, "#b98a86"), (0.6, "#eda667"), (WATER, "#ffd08a")])
        self.dusk = ramp(self.y, [(0, "#1b2340"), (0.35, "#46405f"), (0.65, "#8d5560"), (WATER, "#c9744f")])
        self.clouds = Noise(81, roughness=1.7, coarsest=2)
        self.ripples = Noise(82, roughness=1.0, coarsest=5)
        random = np.random.default_rng(83)
        direction = random.standard_normal((BIRDS, 3))
        direction /= np.linalg.norm(direction, axis=1)[:, None]
        self.place = direction * random.uniform(0, 1, (BIRDS, 1)) ** 0.45
        self.phase = random.uniform(0, 2 * np.pi, BIRDS)
        self.late = random.uniform(0, 1, BIRDS)
        self.landing = np.stack([random.uniform(-0.05, 1.05, BIRDS) * self.aspect, random.uniform(0.86, 0.93, BIRDS)], axis=1)
        self.arrival = np.stack([random.choice([-0.3, 1.3], BIRDS) * self.aspect, random.uniform(0.1, 0.7, BIRDS)], axis=1)
        count = int(170 * self.aspect)
        self.reeds = [
            (random.uniform(-0.02, self.aspect + 0.02), random.uniform(0.05, 0.17), random.normal(0, 0.018), random.random())
            for _ in range(count)
        ]

    def flock(self, t):
        """Where every bird is at time t: a ball of birds, stretched, turned and folded by slow waves that run through it."""
        p = self.place
        turn = 0.42 * t + 0.6 * np.sin(t * 0.23)
        cos, sin = np.cos(turn), np.sin(turn)
        x, y, z = p[:, 0] * cos - p[:, 2] * sin, p[:, 1], p[:, 0] * sin + p[:, 2] * cos
        stretch = 1.15 + 0.45 * np.sin(t * 0.52)
        bend = 0.55 * np.sin(x * 2.6 + t * 0.83) + 0.30 * np.sin(x * 4.7 - t * 1.21 + z * 2.0)
        pinch = 0.42 + 0.40 * np.sin(x * 2.1 - t * 0.71 + 0.8) ** 2
        lean = 0.55 * np.sin(y * 2.4 + t * 0.64 + z * 1.4)
        middle_x = self.aspect * (0.5 + 0.13 * np.sin(t * 0.29 + 0.4))
        middle_y = 0.40 + 0.07 * np.sin(t * 0.47)
        spread = min(self.aspect, 1.5) * 0.245
        px = middle_x + (x * stretch + lean * 0.5) * spread
        py = middle_y + (y * pinch + bend * 0.55 + z * 0.12) * 0.19
        px += 0.006 * np.sin(t * 2.3 + self.phase)
        py += 0.006 * np.sin(t * 2.9 + self.phase * 3)
        gather = smooth(0.0, 0.25, t / self.seconds + 0.13 - self.late * 0.16)
        down = smooth(0, 0.17, t / self.seconds - 0.70 - self.late * 0.09) ** 1.5
        px = mix(mix(self.arrival[:, 0], px, gather), self.landing[:, 0] * 0.55 + middle_x * 0.45, down)
        py = mix(mix(self.arrival[:, 1], py, gather), self.landing[:, 1], down)
        return px, py, z, down

    def frame(self, t):
        fall = smooth(0.25, 0.97, t / self.seconds)
        picture = mix(self.sunset, self.dusk, np.float32(fall))
        x, y = self.x, self.y
        sun = (self.aspect * 0.34, mix(0.66, 0.93, smooth(0, 0.85, t / self.seconds)))
        away = np.hypot(x - sun[0], y - sun[1])
        shine(picture, rgb("#ffdf9f"), (np.exp(-away * 4.2) * 0.6 + smooth(0.056, 0.053, away) * 0.8) * mix(1, 0.55, fall))
        streak = smooth(0.05, 0.95, self.clouds.at(x * 0.16 + t * 0.0013, y * 1.1 + 0.2)) * smooth(WATER, 0.5, y)
        paint(picture, mix(rgb("#8f6274"), rgb("#3a2c48"), fall), streak * 0.5)
        hills = 0.835 - 0.022 * self.clouds.at(x[:1] * 0.23 + 0.1, 0.77)
        paint(picture, mix(rgb("#8a5a55"), rgb("#2c2236"), fall), np.clip((y - hills) * self.height, 0, 1))
        self.draw_birds(picture, t, fall)
        self.draw_water(picture, t)
        self.draw_reeds(picture, t, fall)
        return picture * smooth(0, 1.2, t) * smooth(self.seconds, self.seconds - 2, t)

    def draw_birds(self, picture, t, fall):
        px, py, z, down = self.flock(t)
        ahead_x, ahead_y, _, _ = self.flock(t + 0.08)
        heading = np.arctan2(ahead_y - py, ahead_x - px)
        size = (0.0044 + 0.0015 * z) * self.height
        beat = np.sin(t * 11 + self.phase)
        cover = np.zeros((self.height, self.width), np.uint8)
        tips = []
        for side in (-1, 1):
            angle = heading + side * (1.75 + 0.35 * beat)
            tips.append((px * self.height + np.cos(angle) * size, py * self.height + np.sin(angle) * size * (0.75 + 0.25 * beat)))
        nose = (px * self.height + np.cos(heading) * size * 0.75, py * self.height + np.sin(heading) * size * 0.75)
        wings = np.stack(
            [np.stack(tips[0], 1), np.stack(nose, 1), np.stack(tips[1], 1), np.stack([px, py], 1) * self.height], axis=1
        )
        for wing in (wings[(down < 0.98) & (py < WATER + 0.05)] * 16).astype(np.int32):
            cv2.fillConvexPoly(cover, wing, 255, cv2.LINE_AA, 4)
        paint(picture, mix(rgb("#2b1d2c"), rgb("#120d1c"), fall), cover.astype(np.float32) / 255 * 0.92)

    def draw_water(self, picture, t):
        row = int(WATER * self.height)
        x, y = self.x[row:], self.y[row:]
        wobble = self.ripples.at(x * 0.25 / (0.4 + 5 * (y - WATER)), (y - WATER) * 4 + t * 0.008)
        source = np.clip(row - 1 - (y - WATER) * self.height * 3.2 + wobble * self.height * 0.015, 0, row - 1).astype(np.int32)
        mirror = np.take_along_axis(picture[:row], np.broadcast_to(source[..., None], (*source.shape, 3)), axis=0)
        picture[row:] = blur(mirror, self.height * 0.003) * (0.80 + 0.10 * wobble[..., None])

    def draw_reeds(self, picture, t, fall):
        cover = np.zeros((self.height, self.width), np.uint8)
        for at, tall, lean, kind in self.reeds:
            sway = lean + 0.010 * np.sin(t * 0.9 + at * 5) * (tall / 0.15) + 0.004 * np.sin(t * 2.1 + kind * 6)
            s = np.linspace(0, 1, 7)[:, None]
            stem = np.concatenate([at + sway * s**2, 1.01 - tall * s], axis=1) * self.height
            thick = max(1, round(self.height * (0.0022 + 0.0012 * kind)))
            cv2.polylines(cover, [(stem * 16).astype(np.int32)], False, 255, thick, cv2.LINE_AA, 4)
            if kind > 0.68:
                head = (stem[-2:] * 16).astype(np.int32)
                cv2.line(cover, head[0], head[1], 255, max(2, round(self.height * 0.009)), cv2.LINE_AA, 4)
        cover = cover.astype(np.float32) / 255
        paint(picture, mix(rgb("#3a2430"), rgb("#0c0a14"), fall), cover)


def sound(seconds):
    mixed = Mix(seconds)
    t = seconds_of(seconds)
    gathering = np.clip(np.interp(t / seconds, [0, 0.25, 0.7, 0.9, 1], [0.1, 1, 1, 0.15, 0]), 0, 1)
    for side, seed in ((-1, 1), (1, 2)):
        wings = hush(seconds, 900, 3800, seed) * gathering * (0.55 + 0.45 * np.sin(t * 0.83 + side) * np.sin(t * 0.52))
        mixed.add(wings, gain=0.24, pan=side * 0.7, echo=0.5)
        mixed.add(hush(seconds, 150, 600, seed + 5), gain=0.14, pan=-side * 0.6, echo=0.2)
    chords = [(38, 50, 57, 65), (34, 50, 58, 65), (41, 53, 60, 69), (36, 52, 60, 67), (38, 57, 62, 65)]
    span = seconds / len(chords)
    for number, chord in enumerate(chords):
        for voice, note in enumerate(chord):
            mixed.add(pad(note, span + 4, 2.5, 3.5, 0.45), number * span, 0.19, (0, -0.4, 0.4, 0.1)[voice], 0.8)
    for at, note in ((5, 77), (7.5, 81), (11, 79), (14, 84), (16.5, 82), (20, 81), (23, 77), (27, 74), (29.5, 69)):
        mixed.add(bell(note, 4, 0.8), at, 0.17, 0.5 * np.sin(at), 1.1)
    return mixed.master(room=3.2)
