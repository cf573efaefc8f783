"""What the films share for sound: a stereo mix, a few instruments, a room."""

import numpy as np

RATE = 48000


def seconds_of(length):
    return np.arange(int(length * RATE)) / RATE


def midi(note):
    """The frequency in hertz of a MIDI note number (69 is the A of 440 Hz)."""
    return 440.0 * 2 ** ((note - 69) / 12)


def swell(length, attack, release):
    """An envelope that rises for `attack` seconds and falls for `release`."""
    t = seconds_of(length)
    rise = np.clip(t / attack, 0, 1)
    fall = np.clip((length - t) / release, 0, 1)
    return np.sin(rise * np.pi / 2) ** 2 * np.sin(fall * np.pi / 2) ** 2


def pad(note, length, attack=2.0, release=3.0, bright=0.4):
    """A soft held tone: slightly detuned voices with few overtones."""
    t = seconds_of(length)
    tone = np.zeros_like(t)
    for cents, phase in ((-5, 0.0), (0, 1.7), (6, 3.9)):
        pitch = midi(note + cents / 100)
        for overtone in range(1, 6):
            tone += bright ** (overtone - 1) * np.sin(2 * np.pi * pitch * overtone * t + phase * overtone)
    return tone / 4 * swell(length, attack, release)


def bell(note, length=4.0, warmth=0.5):
    """A struck tone; `warmth` 1 is a felted piano, 0 a small bell."""
    t = seconds_of(length)
    pitch = midi(note)
    inharmonic = 2 + (1 - warmth) * 0.76
    tone = np.sin(2 * np.pi * pitch * t) * np.exp(-t * 1.4)
    tone += 0.35 * np.sin(2 * np.pi * pitch * inharmonic * t) * np.exp(-t * 3)
    tone += 0.12 * np.sin(2 * np.pi * pitch * inharmonic * 2 * t) * np.exp(-t * 7)
    return tone * np.clip(t / 0.006, 0, 1) * np.clip((length - t) / 0.3, 0, 1)


def pluck(note, length=1.2):
    """A short dry tone, as of a marimba."""
    t = seconds_of(length)
    pitch = midi(note)
    tone = np.sin(2 * np.pi * pitch * t) * np.exp(-t * 6) + 0.3 * np.sin(2 * np.pi * pitch * 4 * t) * np.exp(-t * 18)
    return tone * np.clip(t / 0.003, 0, 1) * np.clip((length - t) / 0.1, 0, 1)


def hush(length, low, high, seed):
    """Noise between two frequencies: wind, surf, a far street."""
    random = np.random.default_rng(seed)
    count = int(length * RATE)
    spectrum = np.fft.rfft(random.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    centre, width = np.log(np.sqrt(low * high)), np.log(high / low) / 2
    spectrum *= np.exp(-(((np.log(np.maximum(frequency, 1)) - centre) / width) ** 2)) / np.sqrt(np.maximum(frequency, 20))
    noise = np.fft.irfft(spectrum, count)
    return noise / (3 * noise.std())


class Mix:
    """A stereo mix of a given length in seconds."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.dry = np.zeros((int(seconds * RATE), 2))
        self.wet = np.zeros_like(self.dry)

    def add(self, sound, at=0.0, gain=1.0, pan=0.0, echo=0.4):
        """`pan` from -1 (left) to 1 (right); `echo`: how much of it the room answers."""
        start = int(at * RATE)
        sound = sound[: max(0, len(self.dry) - start)]
        angle = (pan + 1) * np.pi / 4
        both = np.stack([sound * np.cos(angle), sound * np.sin(angle)], axis=1) * gain
        self.dry[start : start + len(sound)] += both
        self.wet[start : start + len(sound)] += both * echo
        return self

    def master(self, seed=1, room=2.8, fade_in=1.5, fade_out=3.0):
        """The finished sound as int16: with its room, faded at both ends, its peak at -3 dB."""
        random = np.random.default_rng(seed)
        t = seconds_of(room)
        tail = random.standard_normal((len(t), 2)) * np.exp(-t * 5.5 / room)[:, None] * np.clip(t / 0.02, 0, 1)[:, None]
        spectrum = np.fft.rfft(tail, axis=0)
        frequency = np.fft.rfftfreq(len(t), 1 / RATE)
        tail = np.fft.irfft(spectrum / (1 + (frequency / 3000) ** 2)[:, None], len(t), axis=0)
        tail /= np.sqrt((tail**2).sum(axis=0))
        count = len(self.dry)
        size = 1 << (count + len(t)).bit_length()
        wet = np.fft.irfft(np.fft.rfft(self.wet, size, axis=0) * np.fft.rfft(tail, size, axis=0), size, axis=0)[:count]
        mixed = (self.dry + wet) * swell(self.seconds, fade_in, fade_out)[:, None]
        return np.round(mixed / np.abs(mixed).max() * 0.7 * 32767).astype(np.int16)
