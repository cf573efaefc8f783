"""Lit Windows: a city goes to bed, lamp by lamp, until one reader is left."""

import cv2
import numpy as np

from canvas import Noise, blur, grid, mix, paint, ramp, rgb, shine, smooth, stars
from sound import Mix, bell, hush, pad, seconds_of

VIDEO_KBITS = 220
POSTER_AT = 9.0
LAMPS = ["#ffb454", "#ffc873", "#ff9d45", "#ffd89a", "#ffb870", "#f7c98b", "#9fd0e8"]
AT_DUSK = ["#5d466f", "#33294f", "#171531"]
AT_NIGHT = ["#141d36", "#0c1326", "#060914"]


class Film:
    def __init__(self, width, height, seconds):
        self.x, self.y = grid(width, height)
        self.aspect = width / height
        self.width, self.height = width, height
        self.seconds = seconds
        self.stars = stars(width, height, 71, 300) * smooth(0.75, 0.15, self.y)
        self.clouds = Noise(72, roughness=1.7, coarsest=2)
        self.dusk = ramp(self.y, [(0, "#1c2550"), (0.4, "#4a3f70"), (0.7, "#b0637a"), (0.95, "#f0a06c")])
        self.night = ramp(self.y, [(0, "#060a1a"), (0.5, "#0e1730"), (0.95, "#1c2a47")])
        self.random = np.random.default_rng(73)
        self.houses = np.zeros((height, width), np.float32)
        self.houses_at_dusk = np.zeros((height, width, 3), np.float32)
        self.houses_at_night = np.zeros((height, width, 3), np.float32)
        self.lamp_of = np.zeros((height, width), np.int32)
        self.lamps = [(rgb("#000000"), -1.0, -1.0, 0.0)]
        for layer, (low, high, widths, window) in enumerate(
            ((0.30, 0.52, (0.07, 0.13), 0.0062), (0.34, 0.66, (0.12, 0.2), 0.0095), (0.52, 0.80, (0.19, 0.30), 0.0135))
        ):
            self.build(layer, low, high, widths, window)
        self.colours = np.array([lamp[0] for lamp in self.lamps], np.float32)
        self.off_at = np.array([lamp[1] for lamp in self.lamps], np.float32)
        self.on_at = np.array([lamp[2] for lamp in self.lamps], np.float32)
        self.flicker = np.array([lamp[3] for lamp in self.lamps], np.float32)
        self.choose_reader()

    def build(self, layer, low, high, widths, window):
        """A row of houses from left to right; a nearer row hides the windows of the one behind."""
        cover = np.zeros((self.height, self.width), np.float32)
        shade = np.ones((self.height, self.width), np.float32)
        left = -self.random.uniform(0, 0.1)
        while left < self.aspect:
            right, top = left + self.random.uniform(*widths), self.random.uniform(low, high)
            self.raise_house(layer, left, right, top, window, cover, shade)
            left = right + self.random.choice([0.0, 0.0, 0.02, 0.05])
        self.houses = np.maximum(self.houses, cover)
        paint(self.houses_at_dusk, rgb(AT_DUSK[layer]) * shade[..., None], cover)
        paint(self.houses_at_night, rgb(AT_NIGHT[layer]) * shade[..., None], cover)

    def raise_house(self, layer, left, right, top, window, cover, shade):
        def rows(value):
            return int(np.clip(round(value * self.height), 0, self.height))

        def columns(value):
            return int(np.clip(round(value * self.height), 0, self.width))

        body = np.s_[rows(top) :, columns(left) : columns(right)]
        cover[body], self.lamp_of[body] = 1, 0
        shade[body] = self.random.uniform(0.8, 1.2)
        style = self.random.random()
        if style < 0.35:
            middle, tip = (left + right) / 2, top - self.random.uniform(0.03, 0.08)
            cover[rows(tip) : rows(top), columns(middle - 0.0016) : columns(middle + 0.0016)] = 1
        elif style < 0.6:
            inset = (right - left) * 0.22
            roof = np.s_[rows(top - 0.03) : rows(top), columns(left + inset) : columns(right - inset)]
            cover[roof], self.lamp_of[roof] = 1, 0
            shade[roof] = shade[rows(top), columns((left + right) / 2) - 1]
        pitch_x, pitch_y = window * 2.15, window * 2.7
        count = int((right - left - window) / pitch_x)
        margin = (right - left - count * pitch_x + (pitch_x - window)) / 2
        floor = top + window * 1.6
        while floor < 1.02:
            for number in range(count):
                start = left + margin + number * pitch_x
                frame = np.s_[rows(floor) : rows(floor + window * 1.45), columns(start) : columns(start + window)]
                if self.random.random() < 0.52:
                    self.lamp_of[frame] = len(self.lamps)
                    self.lamps.append(self.new_lamp(layer))
            floor += pitch_y

    def new_lamp(self, layer):
        choice = int(self.random.integers(len(LAMPS)))
        bright = (0.42, 0.7, 1.0)[layer] * self.random.uniform(0.6, 1)
        goes_off = self.seconds * self.random.uniform(0.28, 0.86) ** 0.9
        comes_on = self.seconds * self.random.uniform(-0.15, 0.14)
        return rgb(LAMPS[choice]) * bright, goes_off, comes_on, float(choice == len(LAMPS) - 1)

    def choose_reader(self):
        """The lamp that stays: a large window right of the middle, in the nearest houses."""
        wanted = np.hypot(self.x - self.aspect * 0.62, self.y - 0.76)
        wanted[self.lamp_of == 0] = 9
        reader = self.lamp_of.flat[int(wanted.argmin())]
        self.colours[reader], self.off_at[reader], self.on_at[reader], self.flicker[reader] = rgb("#ffc46b"), 1e6, 0, 0

    def frame(self, t):
        x, y = self.x, self.y
        late = smooth(0.0, 0.62, t / self.seconds)
        picture = mix(self.dusk, self.night, np.float32(late))
        shine(picture, rgb("#dfe6ff"), self.stars * late)
        cloud = smooth(0.0, 0.9, self.clouds.at(x * 0.22 + t * 0.002, y * 0.9)) * smooth(0.75, 0.3, y)
        paint(picture, mix(rgb("#e58f86"), rgb("#1b2440"), late), cloud * 0.45)
        away = np.hypot(x - self.aspect * mix(0.30, 0.36, late), y - mix(0.30, 0.14, late))
        bite = np.hypot(x - self.aspect * mix(0.30, 0.36, late) - 0.017, y - mix(0.30, 0.14, late) + 0.008)
        shine(
            picture,
            rgb("#fdf3d8"),
            smooth(0.0395, 0.0375, away) * smooth(0.034, 0.036, bite) * mix(0.5, 0.95, late) + np.exp(-away * 12) * 0.12,
        )
        paint(picture, mix(self.houses_at_dusk, self.houses_at_night, np.float32(late)), self.houses)
        self.draw_lamps(picture, t)
        self.draw_train(picture, t, late)
        return picture * smooth(0, 1.2, t) * smooth(self.seconds, self.seconds - 2.2, t)

    def draw_lamps(self, picture, t):
        lit = smooth(0, 0.35, t - self.on_at) * smooth(0.25, 0, t - self.off_at)
        lit *= 1 - self.flicker * 0.35 * (0.5 + 0.5 * np.sin(t * 3.1 + self.off_at * 7) * np.sin(t * 1.7 + self.off_at))
        light = (self.colours * lit[:, None])[self.lamp_of]
        np.maximum(picture, light, out=picture)
        small = cv2.resize(light, (self.width // 4, self.height // 4), interpolation=cv2.INTER_AREA)
        halo = blur(small, self.height * 0.002) * 0.5 + blur(small, self.height * 0.009) * 0.7
        halo = cv2.resize(halo, (self.width, self.height), interpolation=cv2.INTER_LINEAR)
        picture += (1 - picture) * np.clip(halo, 0, 0.8)

    def draw_train(self, picture, t, late):
        """The last train, on its viaduct in front of everything."""
        deck = 0.925
        iron = rgb("#04060d")
        rail = smooth(deck - 0.001, deck + 0.001, self.y) * smooth(deck + 0.021, deck + 0.019, self.y)
        arch = (self.x % 0.16 - 0.08) / 0.07
        below = smooth(deck + 0.018, deck + 0.020, self.y) * smooth(0, 0.03, arch**2 + ((1.01 - self.y) / 0.062) ** 2 - 1)
        paint(picture, iron, np.maximum(rail, below))
        nose = (t / self.seconds - 0.36) * self.aspect * 6.5
        along = nose - self.x
        car = along % 0.26
        inside = smooth(0.9 * self.aspect + 0.002, 0.9 * self.aspect, np.abs(along - 0.9 * self.aspect)) * (car < 0.252)
        body = inside * smooth(deck - 0.047, deck - 0.045, self.y) * smooth(deck + 0.001, deck - 0.001, self.y)
        paint(picture, mix(rgb("#1d2038"), rgb("#0a0e1a"), late), body)
        panes = (
            body
            * smooth(0.002, 0.004, (car % 0.042) - 0.006)
            * (self.y > deck - 0.038)
            * (self.y < deck - 0.017)
            * (car > 0.012)
            * (car < 0.245)
        )
        paint(picture, rgb("#ffd592"), panes)
        if panes.any():
            shine(picture, rgb("#ffb765"), blur(panes, self.height * 0.022) * 0.5)


def sound(seconds):
    mixed = Mix(seconds)
    t = seconds_of(seconds)
    mixed.add(hush(seconds, 90, 420, 6), gain=0.22, pan=-0.4, echo=0.2).add(
        hush(seconds, 90, 500, 7), gain=0.22, pan=0.4, echo=0.2
    )
    passing = np.exp(-(((t / seconds - 0.57) / 0.10) ** 2))
    clack = 0.6 + 0.4 * np.sin(2 * np.pi * 2.6 * t) ** 8
    train = hush(seconds, 140, 1100, 8) * passing * clack
    for side in (-1, 1):
        mixed.add(train * np.clip(0.5 + side * (t / seconds - 0.57) * 4, 0.05, 1), gain=0.32, pan=side * 0.8, echo=0.5)
    chords = [(41, 56, 60, 63, 67), (37, 53, 56, 60, 65), (34, 53, 58, 61, 65), (36, 52, 58, 62, 65), (41, 56, 60, 63, 67)]
    span = seconds / len(chords)
    random = np.random.default_rng(11)
    for number, chord in enumerate(chords):
        for voice, note in enumerate(chord):
            mixed.add(pad(note, span + 2, 1.5, 2.5, 0.25), number * span, 0.10, (0, -0.5, 0.5, -0.2, 0.2)[voice], 0.6)
            mixed.add(bell(note + 12, 4, 1.0), number * span + voice * 0.32 + 0.2, 0.2, 0.3 * (voice - 2), 0.8)
        for at in np.sort(random.uniform(2.4, span - 0.5, 4 - number // 2)):
            mixed.add(bell(int(random.choice(chord[1:])) + 24, 3, 0.9), number * span + at, 0.14, random.uniform(-0.6, 0.6), 1.0)
    return mixed.master(room=2.4)
