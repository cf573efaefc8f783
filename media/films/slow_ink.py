"""Slow Ink: drops of ink fall into clear water and take their time. The water is a real (if small) fluid simulation."""

import cv2
import numpy as np

from canvas import Noise, grid, rgb, smooth
from sound import Mix, bell, hush, pad

VIDEO_KBITS = 320
POSTER_AT = 12.5
FPS = 24
ROWS = 192
PAPER = "#f6efe0"
# What each ink takes out of the light that crosses it: red, green, blue.
INKS = np.array([[2.3, 1.75, 0.62], [0.42, 2.1, 1.75], [0.25, 0.75, 2.3]], np.float32)
# Each drop: when, where across (0 to 1), where down, ink, size, and how hard it falls.
DROPS = [
    (0.8, 0.42, 0.06, 0, 0.075, 0.20),
    (3.6, 0.66, 0.04, 1, 0.060, 0.24),
    (7.0, 0.30, 0.02, 0, 0.055, 0.26),
    (10.2, 0.52, 0.02, 2, 0.062, 0.30),
    (13.0, 0.78, 0.00, 0, 0.065, 0.24),
    (16.0, 0.20, 0.00, 1, 0.070, 0.26),
    (19.5, 0.58, 0.00, 0, 0.075, 0.30),
    (23.0, 0.40, 0.00, 2, 0.060, 0.28),
    (26.5, 0.72, 0.00, 0, 0.070, 0.26),
]


class Film:
    def __init__(self, width, height, seconds):
        self.width, self.height = width, height
        self.aspect = width / height
        self.seconds = seconds
        self.columns = round(ROWS * self.aspect / 2) * 2
        self.speed = np.zeros((ROWS, self.columns, 2), np.float32)
        self.dye_rows = min(height, 720)
        self.dye_columns = round(self.dye_rows * self.aspect)
        self.dye = np.zeros((self.dye_rows, self.dye_columns, 3), np.float32)
        self.coarse = grid(self.columns, ROWS)
        self.fine = grid(self.dye_columns, self.dye_rows)
        self.ragged = Noise(93, roughness=0.9, coarsest=3)
        self.steps = 0
        kx = np.fft.rfftfreq(self.columns)[None, :] * self.columns / self.aspect
        ky = np.fft.fftfreq(ROWS)[:, None] * ROWS
        length = np.hypot(kx, ky)
        length[0, 0] = 1
        self.wave = np.stack([kx / length, ky / length], axis=-1).astype(np.float32)
        self.calm = np.exp(-((length / 45) ** 2) * 0.045).astype(np.float32)
        vignette = np.hypot((self.fine[0] / self.aspect - 0.5) * 1.1, self.fine[1] - 0.5)
        self.paper = rgb(PAPER) * (1 - 0.16 * vignette[..., None] ** 2)

    def step(self):
        t = self.steps / FPS
        self.steps += 1
        for number, (at, x, y, ink, size, fall) in enumerate(DROPS):
            if at <= t < at + 0.9:
                self.pour(number, x * self.aspect, y, ink, size, fall)
        weight = cv2.resize(self.dye, (self.columns, ROWS), interpolation=cv2.INTER_AREA).sum(axis=2)
        self.speed[..., 1] += np.minimum(weight, 2.5) * 0.0026
        self.speed[..., 0] += 0.0007 * np.sin(t * 0.6 + self.coarse[1] * 5 + np.sin(self.coarse[0] * 3))
        self.carry_speed()
        self.keep_volume()
        self.carry_dye()

    def pour(self, number, x, y, ink, size, fall):
        def drop(place, wide):
            edge = 1 + 0.45 * self.ragged.at(place[0] * 1.1 + number * 0.31, place[1] * 1.1 + self.steps * 0.01)
            return np.exp(-(((place[0] - x) ** 2 + (place[1] - y) ** 2) / (size * wide * edge) ** 2))

        self.dye[..., ink] += 0.13 * drop(self.fine, 1.0)
        self.speed[..., 1] += fall * 0.045 * drop(self.coarse, 0.8)

    def carry_speed(self):
        scale = ROWS / FPS
        row, column = np.mgrid[0:ROWS, 0 : self.columns].astype(np.float32)
        back_x = (column - self.speed[..., 0] * scale) % self.columns
        back_y = (row - self.speed[..., 1] * scale) % ROWS
        self.speed = cv2.remap(self.speed, back_x, back_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)

    def keep_volume(self):
        """Takes out whatever flow would squeeze the water, and lets the finest eddies tire."""
        spectrum = np.fft.rfft2(self.speed, axes=(0, 1))
        spectrum -= self.wave * (spectrum * self.wave).sum(axis=-1, keepdims=True)
        self.speed = (
            np.fft.irfft2(spectrum * self.calm[..., None], s=self.speed.shape[:2], axes=(0, 1)).astype(np.float32) * 0.997
        )

    def carry_dye(self):
        rows, columns = self.dye_rows, self.dye_columns
        flow = cv2.resize(self.speed, (columns, rows), interpolation=cv2.INTER_CUBIC) * (rows / FPS)
        row, column = np.mgrid[0:rows, 0:columns].astype(np.float32)
        moved = cv2.remap(self.dye, column - flow[..., 0], row - flow[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
        self.dye = np.maximum(moved, 0) * 0.9993

    def frame(self, t):
        while self.steps < t * FPS:
            self.step()
        picture = self.paper * np.exp(-self.dye @ INKS)
        if self.dye_rows != self.height:
            picture = cv2.resize(picture, (self.width, self.height), interpolation=cv2.INTER_CUBIC)
        lit = smooth(0, 1.0, t) * smooth(self.seconds, self.seconds - 2, t)
        return picture * lit


def sound(seconds):
    mixed = Mix(seconds)
    for side, seed in ((-0.6, 1), (0.6, 2)):
        mixed.add(hush(seconds, 120, 480, seed), gain=0.12, pan=side, echo=0.3)
    chords = [(40, 55, 59, 66), (36, 55, 64, 66), (33, 52, 60, 67), (35, 54, 62, 69), (40, 55, 59, 66)]
    span = seconds / len(chords)
    for number, chord in enumerate(chords):
        for voice, note in enumerate(chord):
            mixed.add(pad(note, span + 5, 3.5, 4.5, 0.35), number * span, 0.18, (0, -0.5, 0.5, 0.1)[voice], 1.0)
    scale = (71, 74, 78, 76, 83, 81, 78, 86, 83)
    for (at, x, _, _, size, _), note in zip(DROPS, scale):
        mixed.add(bell(note, 5, 0.35), at, size * 3.2, x * 2 - 1, 1.6)
        mixed.add(bell(note - 12, 5, 0.9), at + 0.45, size * 2.8, 1 - x * 2, 1.4)
        mixed.add(bell(note + 7, 4, 0.6), at + 1.5, size * 1.6, 0, 1.8)
    return mixed.master(room=5.0)
