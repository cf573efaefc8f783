"""Koi in September: five koi under lily pads, seen from above. Leaves fall, and the afternoon turns to gold."""

import cv2
import numpy as np

from canvas import Noise, blur, grid, mix, paint, rgb, shine, smooth
from sound import Mix, bell, hush, pad, pluck, seconds_of

VIDEO_KBITS = 220
POSTER_AT = 21.0
# Each leaf: when it touches the water, where (across, down), its colour, its turn.
LEAVES = [(13.0, 0.56, 0.47, "#d8902f", 0.4), (19.5, 0.26, 0.64, "#c4532a", 2.0), (26.0, 0.74, 0.30, "#dba63a", 4.1)]
# Each koi: speed, phase, body colour, patch colour, length, how far it roams.
KOI = [
    (0.170, 0.0, "#f4efe6", "#dd5a22", 0.34, 0.80),
    (0.150, 2.2, "#e8752c", "#f3e3cf", 0.30, 0.95),
    (0.190, 3.9, "#f6f1ea", "#c93a25", 0.27, 0.62),
    (0.135, 5.1, "#eda43c", "#f7ecd2", 0.32, 1.00),
    (0.210, 1.2, "#efe9df", "#2b2a30", 0.25, 0.72),
]


class Film:
    def __init__(self, width, height, seconds):
        self.x, self.y = grid(width, height)
        self.width, self.height = width, height
        self.aspect = width / height
        self.seconds = seconds
        self.light = Noise(111, roughness=1.3, coarsest=3)
        depth = self.light.at(self.x * 0.3, self.y * 0.3 + 0.2)
        edge = np.hypot(self.x / self.aspect - 0.5, self.y - 0.5)
        tone = np.clip(0.55 + 0.25 * depth - 0.55 * edge, 0, 1)[..., None]
        self.water = mix(rgb("#06211f"), rgb("#1f5a4c"), tone).astype(np.float32)
        random = np.random.default_rng(112)
        self.patches = [
            [(random.uniform(0.05, 0.85), random.uniform(-0.6, 0.6), random.uniform(0.06, 0.13)) for _ in range(6)] for _ in KOI
        ]
        self.pads = self.place_pads(random)

    def place_pads(self, random):
        """Pads gather at the corners and leave the middle open."""
        pads = []
        for corner_x, corner_y, count in ((0.06, 0.12, 5), (0.95, 0.88, 6), (0.90, 0.08, 3), (0.08, 0.95, 3)):
            for _ in range(60):
                if count == 0:
                    break
                size = random.uniform(0.06, 0.125)
                x = corner_x * self.aspect + random.normal(0, 0.20)
                y = corner_y + random.normal(0, 0.13)
                if all(np.hypot(x - px, y - py) > (size + ps) * 0.93 for px, py, ps, *_ in pads):
                    pads.append((x, y, size, random.uniform(0, 2 * np.pi), random.random()))
                    count -= 1
        return pads

    def fill(self, layer, points, colour):
        cv2.fillPoly(layer, [(np.asarray(points) * self.height * 16).round().astype(np.int32)], colour, cv2.LINE_AA, 4)

    def frame(self, t):
        gold = smooth(0.25, 0.95, t / self.seconds)
        picture = self.water.copy()
        shimmer = self.light.at(self.x * 0.55 + t * 0.006, self.y * 0.55 + 0.004 * t) + self.light.at(
            self.x * 0.6 - t * 0.007, self.y * 0.6 + 0.5
        )
        caustic = np.exp(-((shimmer / 0.16) ** 2))
        shine(picture, rgb("#9fd6a8"), caustic * 0.085)
        self.draw_koi(picture, t)
        picture = self.ripple(picture, t)
        shine(picture, rgb("#e9f6ea"), smooth(0.45, 1.5, shimmer) * 0.07)
        self.draw_pads(picture, t)
        self.draw_leaves(picture, t)
        picture *= mix(rgb("#eef6ff"), rgb("#ffd9a0") * 1.04, gold)
        slant = np.exp(-(((self.x - self.aspect * mix(0.1, 0.7, gold)) * 0.8 + (self.y - 0.5) * 0.7) ** 2) / 0.09)
        shine(picture, rgb("#ffcf87"), slant * 0.17 * gold)
        return np.clip(picture, 0, 1) * smooth(0, 1.3, t) * smooth(self.seconds, self.seconds - 2, t)

    def path(self, koi, t):
        """Where a koi's head is at the times t."""
        speed, phase, _, _, _, roam = koi
        wide, tall = self.aspect * 0.37 * roam, 0.35 * roam
        way = 1 if roam < 0.9 else -1
        a = way * speed * t * 1.7 + phase
        x = self.aspect * (0.5 + 0.09 * np.cos(phase * 5)) + wide * np.sin(a) + 0.035 * self.aspect * np.sin(2 * a + phase)
        y = 0.5 + 0.07 * np.sin(phase * 7) + tall * np.cos(a + 0.7 * np.sin(phase * 3)) + 0.03 * np.sin(2 * a)
        return np.stack([x, y], axis=-1)

    def spine(self, koi, t):
        """Points along the body from nose to tail: the way the head has come, with a wave that grows towards the tail."""
        length = koi[4]
        trail = self.path(koi, t - np.linspace(0, 9, 240))
        steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(trail, axis=0), axis=1))])
        along = np.linspace(0, 1, 40) ** 1.3
        body = np.stack([np.interp(along * length, steps, trail[:, axis]) for axis in (0, 1)], axis=1)
        ahead = np.gradient(body, axis=0)
        ahead /= np.linalg.norm(ahead, axis=1)[:, None] + 1e-9
        side = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
        wave = np.sin(along * 5.5 - t * 4.2 - koi[1] * 3) * along**1.6 * 0.055 * length / 0.3
        return along, body + side * wave[:, None], side

    def draw_koi(self, picture, t):
        shadow = np.zeros((self.height, self.width), np.uint8)
        bodies = [self.spine(koi, t) for koi in KOI]
        for koi, (along, body, side) in zip(KOI, bodies):
            self.fill(shadow, self.outline(koi, along, body + (0.022, 0.034), side, 1.0), 255)
        paint(picture, rgb("#03110f"), blur(shadow.astype(np.float32) / 255, self.height * 0.016) * 0.55)
        for number, (koi, (along, body, side)) in enumerate(zip(KOI, bodies)):
            self.draw_one(picture, number, koi, along, body, side, t)

    def outline(self, koi, along, body, side, share):
        width = (
            koi[4] * 0.128 * share * np.sqrt(np.sin(np.pi * np.clip(along * 0.80 + 0.045, 0, 1)) + 0.01) * (1 - along**3 * 0.85)
        )
        width *= (
            np.sqrt(np.clip(1 - (1 - np.minimum(along / 0.13, 1)) ** 2, 0.02, 1)) * 0.25
            + 0.75 * smooth(-0.04, 0.10, along) ** 0.5
        )
        return np.concatenate([body + side * width[:, None], (body - side * width[:, None])[::-1]])

    def draw_one(self, picture, number, koi, along, body, side, t):
        _, phase, base, patch, length, _ = koi
        cover = np.zeros((self.height, self.width), np.uint8)
        ahead = np.stack([side[:, 1], -side[:, 0]], axis=1)
        for sign in (-1, 1):
            # Tail lobes and the two pairs of fins, thin enough to see the water through.
            flick = 0.35 * np.sin(t * 4.2 + phase * 3 + 1.2)
            tip = body[-1] + ahead[-1] * length * 0.24 + side[-1] * length * (0.11 * sign + 0.10 * flick)
            self.fill(
                cover, [body[-4] + side[-4] * length * 0.022 * sign, tip, body[-1] + ahead[-1] * length * 0.10, body[-2]], 150
            )
            for at, reach in ((13, 0.17), (25, 0.10)):
                root, sweep = body[at], 0.55 + 0.30 * np.sin(t * 2.1 + phase + at)
                edge = root + side[at] * sign * length * 0.11
                tip = edge + (side[at] * sign * (1 - sweep * 0.5) + ahead[at] * sweep) * length * reach
                back = root + ahead[at] * length * 0.13 + side[at] * sign * length * 0.09
                self.fill(cover, [root, edge, tip, (tip + back) / 2 + ahead[at] * length * 0.02, back], 150)
        paint(picture, rgb(base) * 0.95, blur(cover.astype(np.float32) / 255, self.height * 0.0012))

        flesh = np.zeros((self.height, self.width, 3), np.uint8)
        cover[:] = 0
        for share in np.linspace(1, 0.15, 7):
            outline = self.outline(koi, along, body, side, share)
            if share == 1:
                self.fill(cover, outline, 255)
            self.fill(flesh, outline, tuple(float(c) for c in rgb(base) * 255 * (0.66 + 0.34 * (1 - share) ** 0.5)))
        marks = np.zeros((self.height, self.width), np.uint8)
        for place, offset, size in self.patches[number]:
            at = int(place * 39)
            centre = body[at] + side[at] * offset * length * 0.11
            angle = np.linspace(0, 2 * np.pi, 28)
            radius = size * length * (1 + 0.22 * np.sin(angle * 3 + place * 9) + 0.12 * np.sin(angle * 5 + offset * 7))
            self.fill(
                marks,
                centre
                + ahead[at] * (np.cos(angle) * radius * 1.35)[:, None]
                + side[at] * (np.sin(angle) * radius * 0.9)[:, None],
                255,
            )
        flesh = flesh.astype(np.float32) / 255
        shading = flesh / np.maximum(rgb(base), 0.05)
        paint(flesh, rgb(patch) * shading, blur(marks.astype(np.float32) / 255, self.height * 0.0015))
        for sign in (-1, 1):
            eye = ((body[6] + side[6] * sign * length * 0.052) * self.height * 16).astype(int)
            cv2.circle(
                flesh, (int(eye[0]), int(eye[1])), int(length * 0.013 * self.height * 16), (0.06, 0.06, 0.07), -1, cv2.LINE_8, 4
            )
        flesh = mix(flesh, rgb("#1d5548"), 0.13)
        paint(picture, flesh, blur(cover.astype(np.float32) / 255, self.height * 0.0010))

    def ripple(self, picture, t):
        """Rings from where each leaf has touched; the picture beneath bends with them."""
        bend_x, bend_y = np.zeros_like(self.x), np.zeros_like(self.x)
        glint = np.zeros_like(self.x)
        for at, x, y, *_ in LEAVES:
            age = t - at
            if not 0 < age < 9:
                continue
            dx, dy = self.x - x * self.aspect, self.y - y
            away = np.hypot(dx, dy) + 1e-4
            front = age * 0.13
            ring = (
                np.sin((away - front) * 95)
                * np.exp(-(((away - front * 0.8) / (0.05 + front * 0.28)) ** 2))
                * np.exp(-age * 0.42)
                * smooth(0, 0.4, age)
            )
            bend_x += ring * dx / away
            bend_y += ring * dy / away
            glint += ring * (0.6 + 0.4 * (dx - dy) / away)
        if not glint.any():
            return picture
        scale = self.height * 0.009
        bent = cv2.remap(
            picture,
            self.x * self.height - 0.5 + bend_x * scale,
            self.y * self.height - 0.5 + bend_y * scale,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        shine(bent, rgb("#f4f7df"), np.maximum(glint, 0) * 0.30)
        return bent

    def draw_pads(self, picture, t):
        shadow = np.zeros((self.height, self.width), np.uint8)
        shapes = []
        for x, y, size, turn, kind in self.pads:
            x, y = x + 0.004 * np.sin(t * 0.5 + turn), y + 0.004 * np.sin(t * 0.43 + turn * 2)
            turn = turn + 0.03 * np.sin(t * 0.31 + kind * 6)
            angle = np.linspace(turn + 0.16, turn + 2 * np.pi - 0.16, 90)
            rim = np.stack([np.cos(angle), np.sin(angle)], 1) * (size * (1 + 0.014 * np.sin(angle * 9 + kind * 9)))[:, None]
            shapes.append((np.array([x, y]), rim, size, turn, kind))
            self.fill(shadow, np.concatenate([rim, [(0, 0)]]) + (x + 0.012, y + 0.02), 255)
        paint(picture, rgb("#020d0b"), blur(shadow.astype(np.float32) / 255, self.height * 0.011) * 0.6)
        for centre, rim, size, turn, kind in shapes:
            layer = np.zeros((self.height, self.width, 3), np.uint8)
            cover = np.zeros((self.height, self.width), np.uint8)
            green = mix(rgb("#3e7a3a"), rgb("#7da045"), kind)
            for share, tone in ((1.0, 0.72), (0.965, 0.95), (0.7, 1.02), (0.4, 1.09)):
                self.fill(
                    layer,
                    np.concatenate([rim * share, [(0, 0)]]) + centre,
                    tuple(float(c) for c in np.clip(green * tone * 255, 0, 255)),
                )
            for vein in np.linspace(turn + 0.4, turn + 2 * np.pi - 0.4, 11):
                ends = np.array([centre, centre + np.array([np.cos(vein), np.sin(vein)]) * size * 0.9]) * self.height * 16
                cv2.line(
                    layer,
                    ends[0].astype(int).tolist(),
                    ends[1].astype(int).tolist(),
                    tuple(float(c) for c in green * 0.80 * 255),
                    max(1, round(self.height * 0.0022)),
                    cv2.LINE_AA,
                    4,
                )
            self.fill(cover, np.concatenate([rim, [(0, 0)]]) + centre, 255)
            left, top, wide, tall = cv2.boundingRect(cover)
            part = np.s_[top : top + tall, left : left + wide]
            paint(picture[part], layer[part].astype(np.float32) / 255, cover[part].astype(np.float32) / 255)
        self.draw_lotus(picture, shapes)

    def draw_lotus(self, picture, shapes):
        """One water lily, on the largest pad of those well inside the frame."""
        inside = [shape for shape in shapes if 0.08 < shape[0][0] < self.aspect - 0.08 and 0.08 < shape[0][1] < 0.92]
        centre = max(inside or shapes, key=lambda shape: shape[2])[0]
        layer = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
        for ring, (count, reach, colour) in enumerate(
            ((9, 0.072, "#e58fae"), (8, 0.056, "#f2b3c8"), (7, 0.039, "#fad6e0"), (6, 0.022, "#fff0f0"))
        ):
            for petal in range(count):
                angle = 2 * np.pi * (petal + ring * 0.5) / count
                ahead, side = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
                s = np.linspace(0, 1, 12)
                width = reach * 0.26 * np.sin(np.pi * s**0.8)
                shape = (
                    np.concatenate(
                        [
                            ahead * (s * reach)[:, None] + side * width[:, None],
                            (ahead * (s * reach)[:, None] - side * width[:, None])[::-1],
                        ]
                    )
                    + centre
                )
                tone = rgb(colour) * 255
                self.fill(layer, shape + (0, 0.0015), tuple(float(c) for c in tone * 0.72))
                self.fill(layer, shape, tuple(float(c) for c in tone * (0.93 + 0.07 * (petal % 2))))
        x, y = (int(v * self.height * 16) for v in centre)
        cv2.circle(layer, (x, y), int(0.010 * self.height * 16), (242.0, 190.0, 70.0), -1, cv2.LINE_AA, 4)
        picture[:] = layer.astype(np.float32) / 255

    def draw_leaves(self, picture, t):
        for at, x, y, colour, turn in LEAVES:
            age = t - at
            if age < -4:
                continue
            high = smooth(0, -4, age)
            x, y = (
                x * self.aspect + 0.16 * high * np.sin(age * 2.2) + 0.010 * max(age, 0) ** 0.8,
                y - 0.30 * high + 0.006 * max(age, 0) ** 0.8,
            )
            turn = turn + (age * 0.9 if age < 0 else 0.05 * np.sin(age * 0.5) + age * 0.02)
            size = 0.048 * (1 + 0.9 * high)
            s = np.linspace(0, 1, 24)
            width = (
                size
                * 0.42
                * np.sin(np.pi * s**0.85)
                * (1 + 0.13 * np.sin(s * 24))
                * (0.55 + 0.45 * np.cos(age * 2.2) ** 2 if age < 0 else 1)
            )
            upper, lower = np.stack([(s - 0.5) * 2 * size, width], 1), np.stack([(s - 0.5) * 2 * size, -width], 1)
            spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
            half = np.concatenate([upper, [(size, 0), (-size, 0)]]) @ spin + (x, y)
            whole = np.concatenate([upper, lower[::-1]]) @ spin + (x, y)
            mask = np.zeros((self.height, self.width), np.uint8)
            self.fill(mask, whole + (0.006 + 0.08 * high, 0.010 + 0.11 * high), 255)
            paint(picture, rgb("#020d0b"), blur(mask.astype(np.float32) / 255, self.height * (0.004 + 0.02 * high)) * 0.5)
            seen = smooth(-4, -3.4, age)
            for shape, tone in ((whole, 1.0), (half, 0.84)):
                mask[:] = 0
                self.fill(mask, shape, 255)
                paint(picture, rgb(colour) * tone, mask.astype(np.float32) / 255 * seen)


def sound(seconds):
    mixed = Mix(seconds)
    t = seconds_of(seconds)
    for side, seed in ((-0.7, 1), (0.7, 2)):
        trickle = hush(seconds, 700, 2400, seed) * (0.6 + 0.4 * np.sin(t * 1.9 + side) * np.sin(t * 0.7))
        mixed.add(trickle, gain=0.10, pan=side, echo=0.3)
    chords = [(43, 55, 62, 69), (40, 55, 59, 67), (45, 57, 60, 67), (38, 54, 60, 69), (43, 59, 62, 69)]
    span = seconds / len(chords)
    for number, chord in enumerate(chords):
        for voice, note in enumerate(chord):
            mixed.add(pad(note, span + 4, 3, 4, 0.25), number * span, 0.14, (0, -0.5, 0.5, 0.1)[voice], 0.8)
    random = np.random.default_rng(9)
    scale = (67, 69, 71, 74, 76, 79, 81)
    at, place = 1.5, 2
    while at < seconds - 4:
        place = int(np.clip(place + random.integers(-2, 3), 0, 6))
        mixed.add(pluck(scale[place], 1.8), at, 0.26, 0.6 * np.sin(at), 1.1)
        if random.random() < 0.35:
            mixed.add(pluck(scale[place] + 12, 1.2), at + 0.22, 0.12, -0.5 * np.sin(at), 1.2)
        at += float(random.choice([0.66, 0.99, 1.32, 1.98]))
    for leaf, note in zip(LEAVES, (86, 83, 79)):
        mixed.add(bell(note, 4, 0.4), leaf[0], 0.22, leaf[1] * 2 - 1, 1.6)
    return mixed.master(room=3.0)
