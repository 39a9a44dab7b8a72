"""Spoken digits, made with the speech synthesiser espeak-ng, as small log-mel spectrograms. Used by ``rebuild.py``."""

import subprocess

import numpy as np

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
ACCENTS = ["en-gb", "en-us", "en-gb-scotland", "en-029", "en-gb-x-gbclan"]
VOICES = [
    "Alex", "Alicia", "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene", "Henrique", "Hugo",
    "Jacky", "Lee", "adam", "antonio", "aunty", "belinda", "benjamin", "boris", "caleb", "croak",
    "david", "ed", "edward", "f1", "f2", "f3", "f4", "f5", "grandpa", "john",
    "klatt2", "klatt4", "linda", "m2", "m3", "m4", "m5", "m6", "m7", "m8",
]  # fmt: skip
RATE = 22050  # samples a second, as espeak-ng writes them
BANDS, FRAMES = 20, 24
HOP, WINDOW = 660, 1024  # samples: a frame of 46 ms every 30 ms, 0.72 s in all
NOISE = 0.1  # the standard deviation of the noise over that of the speech
DEPTH = 6.0  # powers of ten below the loudest place of a recording that become the values 0 to 255


def spoken_digits(_):
    """Every voice says every digit once in each accent, each time at another speed and pitch.

    Of the voices, in a random order, 0–23 are for training, 24–31 for validation, 32–39 for the test.
    """
    random = np.random.default_rng(0)
    rows = []
    for voice, name in enumerate(random.permutation(VOICES)):
        said = []
        for accent in ACCENTS:
            for digit, word in enumerate(WORDS):
                speed, pitch = random.integers(110, 200), random.integers(20, 80)
                sound = speak(f"{accent}+{name}", speed, pitch, word)
                said.append((features(sound, random), digit, voice, name))
        rows += said
    order = np.concatenate(
        [
            random.permutation([i for i, row in enumerate(rows) if row[2] in voices])
            for voices in (range(24), range(24, 32), range(32, 40))
        ]
    )
    x, labels, voices, names = (list(column) for column in zip(*(rows[i] for i in order), strict=True))
    return {
        "features": np.array(x),
        "labels": np.array(labels, np.uint8),
        "voices": np.array(voices, np.uint8),
        "names": np.array(list(dict.fromkeys(row[3] for row in rows))),
    }


def speak(voice, speed, pitch, word):
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", word]
    wav = subprocess.run(command, check=True, capture_output=True).stdout
    start = wav.index(b"data") + 8
    return np.frombuffer(wav[start : start + (len(wav) - start) // 2 * 2], "<i2").astype(np.float64)


def mel(hertz):
    return 2595 * np.log10(1 + hertz / 700)


def filters():
    """Triangles of equal width on the mel scale from 100 to 8,000 Hz: (bands, frequencies)."""
    frequency = mel(np.fft.rfftfreq(WINDOW, 1 / RATE))
    edges = np.linspace(mel(100), mel(8000), BANDS + 2)
    rise = (frequency - edges[:-2, None]) / (edges[1] - edges[0])
    return np.clip(np.minimum(rise, 2 - rise), 0, None)


def features(sound, random):
    """The logarithm of the energy in each frame and band, frame by frame, (frames * bands,) in 0 to 255.

    The word starts anywhere in the 0.72 s, over a little noise: both make the task less easy than clean speech is.
    """
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    sound = sound[loud[0] : loud[-1] + 1]
    length = HOP * (FRAMES - 1) + WINDOW
    sound = sound[:length]
    heard = NOISE * sound.std() * random.normal(size=length)
    start = random.integers(length - len(sound) + 1)
    heard[start : start + len(sound)] += sound
    frames = np.lib.stride_tricks.sliding_window_view(heard, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW))) ** 2
    energy = np.log10(power @ filters().T + 1e-9)
    return np.round(255 * np.clip(1 + (energy - energy.max()) / DEPTH, 0, 1)).astype(np.uint8).ravel()
