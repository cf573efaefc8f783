"""What Schemathesis cannot guess: an authenticator, values of the right shape, tokens that open.

A part of the calls gets them, so that more than the first check of each is reached.
"""

import os
import random
import urllib.parse
import urllib.request

import schemathesis

AUTHENTICATOR = os.environ["FUZZ_AUTHENTICATOR"]
URL = os.environ["FUZZ_URL"]

KID = "00112233445566778899aabbccddeeff"
KEY = "000102030405060708090a0b0c0d0e0f"
RIGHT = {
    "errorFormat": ["json", "html"],
    "kid": [KID, "^reel"],
    "contentKey": [KEY],
    "contentId": ["urn:marlin:kid:" + KID, "cid:example"],
    "kek": ["11111111111111111111111111111111"],
    "ek": ["61A9D3B082AAB5A918EBB86461DA475BD80CA4A83CEA16B6"],
    "cookie": ["fuzz"],
    "deviceId": ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
    "deviceid": ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
    "expirationTime": ["+60", "2100-01-01T00:00:00Z"],
    "generalFlags": ["00000000", "00000001"],
    "rightsType": ["BuyToOwn", "Rental"],
    "rental.periodEndTime": ["+60"],
    "iv": [KEY],
    "actionTokenType": ["0", "1", "2"],
    "startTime": ["2020-01-01T00:00:00Z"],
    "endTime": ["2100-01-01T00:00:00Z"],
    "start": ["0", "31"],
    "length": ["0", "1000"],
    "analogVideoOPL": ["100"],
    "compressedDigitalAudioOPL": ["100"],
    "compressedDigitalVideoOPL": ["100"],
    "uncompressedDigitalAudioOPL": ["100"],
    "uncompressedDigitalVideoOPL": ["100"],
}
# A wait in the journal is a wait in the run.
LONGEST_WAIT_MS = 20


def make_tokens():
    """One token for each DRM that has the same parameters as Widevine's, none where there is no API."""
    query = {"customerAuthenticator": AUTHENTICATOR, "kid": KID, "contentKey": KEY}
    tokens = []
    for path in ["/hms/wv/token", "/hms/ms3/token"]:
        url = f"{URL}{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url) as answer:
            tokens.append(answer.read().decode().split("=", 1)[1])
    return tokens


TOKENS = make_tokens()


@schemathesis.hook
def before_call(context, case, kwargs):
    for part in (case.query, case.body):
        if not isinstance(part, dict):
            continue
        if random.random() < 0.95 and case.path.startswith(("/hms", "/cmiapi", "/keystore")):
            if "/rights/" not in case.path:
                part["customerAuthenticator"] = AUTHENTICATOR
        for name in part:
            if name in RIGHT and random.random() < 0.7:
                part[name] = random.choice(RIGHT[name])
        if part.get("wait") is not None:
            part["wait"] = random.randrange(LONGEST_WAIT_MS)
    if "/rights/" in case.path or case.path.endswith(".asmx"):
        query = dict(case.query or {})
        if random.random() < 0.8:
            query["b" if "ms3" in case.path else "ExpressPlayToken"] = random.choice(TOKENS)
        case.query = query
        if isinstance(case.body, dict) and random.random() < 0.7:
            case.body["kids"] = ["ABEiM0RVZneImaq7zN3u_w"]
    if case.path_parameters and random.random() < 0.6:
        if "sandbox" in case.path_parameters:
            case.path_parameters["sandbox"] = "default"
        if "kid" in case.path_parameters:
            case.path_parameters["kid"] = KID
