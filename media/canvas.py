"""What the films share for drawing: coordinates, colours, noise.

A picture is a float32 array of shape (height, width, 3), 0 to 1. Coordinates are resolution-free: y runs from 0 (top) to 1,
x from 0 to the aspect ratio, so that one film draws both its wide frames and its tall poster.
"""

import cv2
import numpy as np


def grid(width, height):
    """x and y of every pixel's centre."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return (x + 0.5) / height, (y + 0.5) / height


def rgb(code):
    """A colour written as #rrggbb."""
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255


def smooth(low, high, value):
    """0 below `low`, 1 above `high`, an S-curve between them."""
    s = np.clip((value - low) / (high - low), 0, 1)
    return s * s * (3 - 2 * s)


def mix(a, b, amount):
    return a + (b - a) * amount


def ramp(value, stops):
    """The colour of each value on a gradient: `stops` are (position, "#rrggbb")."""
    # A table of 2048 colours is many times faster than interpolating every pixel, and finer than the eye or the codec.
    places = [place for place, _ in stops]
    colours = np.array([rgb(code) for _, code in stops])
    first, last = places[0], places[-1]
    steps = np.linspace(first, last, 2048)
    table = np.stack([np.interp(steps, places, colours[:, c]) for c in range(3)], axis=-1).astype(np.float32)
    return table[np.clip((value - first) * (2047 / (last - first)) + 0.5, 0, 2047).astype(np.int32)]


def paint(picture, colour, cover):
    """Lays a colour over the picture, in place; `cover` is the paint's opacity at each pixel."""
    picture += (colour - picture) * cover[..., None]


def shine(picture, colour, light):
    """Adds light to the picture, in place, as on a screen: it never burns past white."""
    picture += (1 - picture) * np.clip(light[..., None] * colour, 0, 1)


def blur(picture, radius):
    return cv2.GaussianBlur(picture, (0, 0), float(radius))


class Noise:
    """A smooth random field that repeats seamlessly after one unit in x and y, from about -1 to 1."""

    def __init__(self, seed, size=512, roughness=2.0, coarsest=2):
        """`roughness`: the exponent of the spectrum, higher is smoother. `coarsest`: waves per unit of the largest shapes."""
        random = np.random.default_rng(seed)
        frequency = np.fft.fftfreq(size) * size
        radius = np.hypot(frequency[:, None], frequency[None, :])
        strength = np.where(radius < coarsest, 0, np.maximum(radius, 1) ** -(roughness + 1))
        field = np.fft.ifft2(np.fft.fft2(random.standard_normal((size, size))) * strength).real
        self.size = size
        self.field = (field / (2.5 * field.std())).astype(np.float32)

    def at(self, x, y):
        x, y = np.broadcast_arrays(np.asarray(x, np.float32), np.asarray(y, np.float32))
        shape = x.shape
        x, y = (np.atleast_2d(v) % 1 * self.size for v in (x, y))
        return cv2.remap(self.field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP).reshape(shape)


def stars(width, height, seed, per_area=420):
    """A still field of stars, as light."""
    random = np.random.default_rng(seed)
    field = np.zeros((height, width), np.float32)
    for _ in range(int(per_area * width / height)):
        place = (random.uniform(0, width), random.uniform(0, height))
        radius = height * random.uniform(0.0007, 0.0017)
        centre = tuple(int(v * 16) for v in place)
        cv2.circle(field, centre, int(radius * 16), float(random.uniform(0.15, 1) ** 2), -1, cv2.LINE_AA, 4)
    return blur(field, height * 0.0011) * 1.6
