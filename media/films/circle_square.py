"""Circle, Square: a ballet for simple shapes, printed in four inks on warm paper. Two steps to the second."""

import cv2
import numpy as np

from canvas import Noise, grid, mix, rgb, smooth
from sound import Mix, pad, pluck, seconds_of

VIDEO_KBITS = 300
POSTER_AT = 28.4
PAPER, RED, BLUE, YELLOW, BLACK = (rgb(code) for code in ("#f2e6cf", "#cf3f2c", "#27508f", "#eeb12f", "#1e1c1f"))
BEAT = 0.5


def ease(t):
    """0 to 1 with a little overshoot, as a dancer lands."""
    t = np.clip(t, 0, 1) - 1
    return 1 + t * t * (2.2 * t + 1.2)


def turned(points, angle, centre):
    cos, sin = np.cos(angle), np.sin(angle)
    points = np.asarray(points, float)
    return np.stack(
        [points[:, 0] * cos - points[:, 1] * sin + centre[0], points[:, 0] * sin + points[:, 1] * cos + centre[1]], axis=1
    )


class Film:
    def __init__(self, width, height, seconds):
        self.width, self.height = width, height
        self.aspect = width / height
        self.seconds = seconds
        self.middle = (self.aspect / 2, 0.5)
        # In a tall frame the dancers are as large as the width allows.
        self.unit = min(1.0, self.aspect * 0.95)
        x, y = grid(width, height)
        self.grain = Noise(101, roughness=0.1, coarsest=50).at(x * 0.8, y * 0.8)[..., None] * 0.007
        random = np.random.default_rng(102)
        self.tiles = random.integers(0, 4, (64, 64)), random.integers(0, 12, (64, 64))

    def frame(self, t):
        self.picture = np.empty((self.height, self.width, 3), np.float32)
        self.picture[:] = PAPER
        scenes = [(0, self.meeting), (8, self.tiling), (16, self.turning), (24, self.bow)]
        scene_start, scene = [entry for entry in scenes if entry[0] <= t][-1]
        scene(t - scene_start)
        self.curtain(t)
        return np.clip(self.picture + self.grain, 0, 1) * smooth(0, 0.6, t) * smooth(self.seconds, self.seconds - 1, t)

    def ink(self, colour, points=None, circle=None, over=False):
        """Prints a polygon or a (x, y, radius) circle. Inks multiply where they overlap, unless one is laid `over` the rest."""
        mask = np.zeros((self.height, self.width), np.uint8)
        if circle is not None:
            x, y, radius = (np.array(circle) * self.height * 16).round().astype(int)
            cv2.circle(mask, (int(x), int(y)), max(int(radius), 0), 255, -1, cv2.LINE_AA, 4)
        else:
            cv2.fillPoly(mask, [(np.asarray(points) * self.height * 16).round().astype(np.int32)], 255, cv2.LINE_AA, 4)
        left, top, wide, tall = cv2.boundingRect(mask)
        if wide == 0:
            return
        part = np.s_[top : top + tall, left : left + wide]
        cover = mask[part][..., None].astype(np.float32) / 255
        below = self.picture[part]
        printed = colour if over else colour * mix(below / PAPER, 1.0, 0.12)
        self.picture[part] = below + (printed - below) * cover

    def square(self, colour, centre, size, angle=0.0, squash=1.0, over=False):
        half = size / 2
        corners = [(-half, half - size * squash), (half, half - size * squash), (half, half), (-half, half)]
        self.ink(colour, turned(corners, angle, centre), over=over)

    def pie(self, colour, centre, radius, start, sweep, over=False):
        angles = np.linspace(start, start + sweep, 64)
        arc = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius
        self.ink(colour, np.concatenate([arc, [(0, 0)]]) + centre, over=over)

    def meeting(self, t):
        """The circle rolls in, meets the square, jumps it, and they try it together."""
        unit, (mx, _) = self.unit, self.middle
        floor = 0.70
        self.ink(BLACK, [(0, floor), (self.aspect, floor), (self.aspect, floor + 0.008), (0, floor + 0.008)])
        size, radius = 0.26 * unit, 0.13 * unit
        arrive = ease(t / 2.2)
        jump = np.clip((t - 3.0) / 1.1, 0, 1)
        again = np.clip((t - 4.5) / 0.8, 0, 1)
        x = mix(-0.3, mx - 0.20 * unit, arrive) + 0.40 * unit * smooth(0, 1, jump)
        hop = 1.5 * jump * (1 - jump) * unit + 0.5 * again * (1 - again) * unit
        slide = mix(self.aspect + 0.3, mx + 0.16 * unit, ease((t - 0.8) / 1.8)) - 0.33 * unit * smooth(3.0, 4.1, t)
        press = 1 - 0.14 * np.exp(-(((t - 4.2) / 0.16) ** 2)) + 0.10 * np.sin(np.pi * again)
        tilt = 0.25 * np.exp(-(((t - 2.4) / 0.2) ** 2)) - 0.2 * np.sin(np.pi * again)
        if t > 5.0:
            grow = ease((t - 5.0) / 0.9)
            base = 0.46 * unit * grow
            self.ink(YELLOW, [(mx - base, floor), (mx + base, floor), (mx, floor - base * 1.05)])
        for number in range(5):
            show = ease((t - 5.8 - number * 0.25) / 0.5)
            self.ink(BLACK, circle=(mx + (number - 2) * 0.13 * unit, floor + 0.11, 0.022 * unit * show))
        self.square(BLUE, (slide, floor - size / 2), size, tilt, press)
        self.ink(RED, circle=(x, floor - radius - hop, radius))
        spoke = turned(
            [(-radius * 0.72, -0.006), (radius * 0.72, -0.006), (radius * 0.72, 0.006), (-radius * 0.72, 0.006)],
            x / radius,
            (x, floor - radius - hop),
        )
        self.ink(PAPER, spoke, over=True)

    def tiling(self, t):
        """A floor of quarter circles; each beat a wave of them turns."""
        size = 0.2
        turns, inks = self.tiles
        columns, rows = int(np.ceil(self.aspect / size)) + 1, int(np.ceil(1 / size)) + 1
        left, top = (self.aspect - (columns - 1) * size) / 2, (1 - (rows - 1) * size) / 2
        for row in range(rows - 1):
            for column in range(columns - 1):
                centre = (left + (column + 0.5) * size, top + (row + 0.5) * size)
                ahead = (column + row) * 0.09
                appear = ease((t - ahead * 0.8) / 0.6)
                beats = max(0.0, (t - 1.5 - ahead) / (3 * BEAT))
                angle = (turns[row, column] + np.floor(beats) + ease((beats % 1) * 2.2)) * np.pi / 2
                kind = inks[row, column]
                # A hair smaller than its field, or neighbours would print a dark line where they meet.
                half = (size / 2 - 0.0012) * appear
                colour = (RED, BLUE, YELLOW, BLACK)[kind % 4]
                if kind < 6:
                    self.pie(colour, turned([(-half, -half)], angle, centre)[0], half * 2, angle, np.pi / 2)
                elif kind < 9:
                    self.pie(colour, turned([(0, -half)], angle, centre)[0], half, angle, np.pi)
                    self.pie(colour, turned([(0, 0)], angle, centre)[0], half, angle, np.pi)
                else:
                    self.ink(colour, turned([(-half, -half), (half, -half), (-half, half)], angle, centre))

    def turning(self, t):
        """Rings, half circles and satellites, faster and faster."""
        unit, (mx, my) = self.unit, self.middle
        spin = 0.5 * t + 0.09 * t * t
        for number, radius in enumerate((0.44, 0.35, 0.26, 0.17)):
            grow = ease((t - number * 0.3) / 0.8)
            way = -1 if number % 2 else 1
            colour = (BLUE, YELLOW, RED, BLACK)[number]
            self.ink(PAPER, circle=(mx, my, (radius + 0.012) * unit * grow), over=True)
            self.pie(colour, (mx, my), radius * unit * grow, way * spin * (0.6 + 0.25 * number), np.pi, over=True)
        pulse = 0.06 + 0.014 * np.cos(2 * np.pi * t / BEAT) ** 3
        self.ink(RED, circle=(mx, my, pulse * unit * ease((t - 1) / 0.5)), over=True)
        for number in range(8):
            show = ease((t - 2.2 - number * 0.2) / 0.5)
            angle = spin * 0.7 + number * np.pi / 4
            away = 0.485 * unit
            place = (mx + np.cos(angle) * away, my + np.sin(angle) * away)
            if number % 2:
                self.square((YELLOW, BLUE)[number // 2 % 2], place, 0.055 * unit * show, angle * 2)
            else:
                self.ink((RED, BLACK)[number // 2 % 2], circle=(*place, 0.026 * unit * show))
        for side in (-1, 1):
            for number in range(6):
                show = ease((t - 3.5 - number * BEAT / 2) / 0.4)
                swing = 0.5 + 0.5 * np.sin(2 * np.pi * t / (4 * BEAT) + number * 0.9)
                x = mx + side * (0.60 + number * 0.055) * unit
                tall = (0.08 + 0.5 * swing) * show * unit
                self.ink(
                    (BLACK, RED, BLUE)[number % 3],
                    [
                        (x - 0.013, my - tall / 2),
                        (x + 0.013, my - tall / 2),
                        (x + 0.013, my + tall / 2),
                        (x - 0.013, my + tall / 2),
                    ],
                )

    def bow(self, t):
        """Everyone takes a place in one picture; circle and square bow; the stage empties."""
        unit, (mx, my) = self.unit, self.middle
        leave = 1 - smooth(6.2, 7.4, t)

        def come(delay):
            return ease((t - delay) / 0.8) * leave

        nod = 0.22 * (np.exp(-(((t - 4.9) / 0.22) ** 2)) + np.exp(-(((t - 5.6) / 0.22) ** 2)))
        for number in range(9):
            wide = self.aspect * come(0.1 + number * 0.06)
            y = 0.10 + number * 0.018
            self.ink(BLACK, [(0, y), (wide, y), (wide, y + 0.005), (0, y + 0.005)])
        self.pie(YELLOW, (mx - 0.42 * unit, my + 0.40), 0.62 * unit * come(0.4), -np.pi / 2, np.pi / 2)
        self.pie(BLACK, (mx + 0.44 * unit, my + 0.40), 0.30 * unit * come(0.8), np.pi, np.pi / 2)
        self.square(BLUE, (mx + 0.13 * unit, my + 0.10 + nod * 0.08), 0.40 * unit * come(1.2), -0.21 + nod)
        self.ink(RED, circle=(mx - 0.12 * unit, my - 0.10 + nod * 0.25, 0.23 * unit * come(1.6)))
        self.ink(PAPER, circle=(mx - 0.12 * unit, my - 0.10 + nod * 0.25, 0.075 * unit * come(2.0)), over=True)
        for number in range(4):
            show = come(2.3 + number * 0.2)
            self.square(
                RED if number % 2 else BLACK,
                (mx + (0.10 + number * 0.085) * unit, my - 0.33 + 0.02 * np.sin(np.pi * t / BEAT / 2 + number)),
                0.05 * unit * show,
                np.pi / 4,
            )
        long = 0.95 * unit * come(2.8)
        self.ink(
            BLACK,
            turned([(-long / 2, -0.004), (long / 2, -0.004), (long / 2, 0.004), (-long / 2, 0.004)], -0.66, (mx, my + 0.02)),
        )
        self.pie(YELLOW, (mx + 0.36 * unit, my - 0.12), 0.085 * unit * come(3.1), np.pi * 0.84, np.pi)

    def curtain(self, t):
        """Between the scenes a coloured disc crosses the whole stage."""
        reach = np.hypot(self.aspect, 1)
        for at, colour in ((8, BLUE), (16, YELLOW), (24, RED)):
            for number, tint in enumerate((colour, PAPER)):
                grown = smooth(at - 0.55 + number * 0.28, at + number * 0.02, t)
                if 0 < grown and t < at:
                    self.ink(tint, circle=(self.aspect * (0.2 + 0.1 * number), 0.8, reach * grown), over=True)


def sound(seconds):
    mixed = Mix(seconds)
    roots = [48, 53, 45, 50, 48, 53, 43, 48]
    for bar in range(int(seconds / (4 * BEAT)) - 1):
        root, start = roots[bar % 8], bar * 4 * BEAT
        busy = bar * 4 * BEAT / seconds
        mixed.add(pad(root, 2.6, 0.3, 1.0, 0.5), start, 0.5, 0, 0.5)
        mixed.add(pluck(root - 12, 1.0), start, 0.5, -0.1, 0.3)
        mixed.add(pluck(root - 5, 1.0), start + 2 * BEAT, 0.38, 0.1, 0.3)
        tune = (12, 16, 19, 24, 21, 19, 16, 14) if bar % 2 == 0 else (24, 19, 21, 16, 19, 14, 16, 12)
        for number, step in enumerate(tune):
            if number % 2 == 0 or busy > 0.2:
                mixed.add(pluck(root + step, 1.2), start + number * BEAT / 2, 0.26, 0.6 * np.sin(number + bar), 0.8)
            if busy > 0.45:
                mixed.add(pluck(root + step + 12, 0.6), start + (number + 0.5) * BEAT / 2, 0.11, -0.6 * np.sin(number + bar), 0.9)
        for beat in range(4):
            t = seconds_of(0.05)
            tick = np.random.default_rng(beat).standard_normal(len(t)) * np.exp(-t * 120)
            mixed.add(tick, start + (beat + 0.5) * BEAT, 0.05 + 0.06 * busy, 0.3, 0.2)
    for note in (48, 55, 64, 72):
        mixed.add(pluck(note, 2.5), seconds - 4 * BEAT, 0.4, 0, 1)
    return mixed.master(room=1.4, fade_in=0.05, fade_out=1.5)
