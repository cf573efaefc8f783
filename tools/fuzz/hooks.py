"""What Schemathesis cannot guess: an authenticator, values of the right shape, tokens that open.

A part of the calls gets them, so that more than the first check of each is reached.
"""

import json
import os
import random
import re
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


# What the tokens of each DRM take beside an authenticator, and where they are redeemed.
OPL = {name: "100" for name in RIGHT if name.endswith("OPL")}
MARLIN = {"contentId": "urn:marlin:kid:" + KID, "contentKey": KEY}
TOKENS_OF = {
    "/hms/wv/rights/": ("/hms/wv/token", {"kid": KID, "contentKey": KEY}),
    "/playready/RightsManager.asmx": (
        "/hms/pr/token",
        {"kid": KID, "contentKey": KEY, "rightsType": "BuyToOwn", **OPL},
    ),
    "/hms/fp/rights/": ("/hms/fp/token", {"kid": KID, "contentKey": KEY, "iv": KEY}),
    "/hms/ms3/rights/": ("/hms/ms3/token", MARLIN),
    "/hms/bb/rights/": ("/hms/bb/token", {**MARLIN, "rightsType": "BuyToOwn"}),
}


def token_in(answer, path):
    """The token in an answer of a DRM's: a URL, PlayReady's JSON, or Broadband's XML."""
    if path == "/hms/pr/token":
        return json.loads(answer)["token"]
    if path == "/hms/bb/token":
        # There in plain base64; a URL takes it in base64url.
        text = re.search(r"BusinessToken[^>]*>\s*([\w+/=-]+)", answer).group(1)
        return text.translate(str.maketrans("+/", "-_")).rstrip("=")
    return re.search(r"[?&](?:ExpressPlayToken|b)=([\w-]+)", answer).group(1)


def make_tokens():
    """A token for each place where one is redeemed. What is wrong here ends the run."""
    tokens = {}
    for place, (path, parameters) in TOKENS_OF.items():
        query = {"customerAuthenticator": AUTHENTICATOR, **parameters}
        with urllib.request.urlopen(f"{URL}{path}?{urllib.parse.urlencode(query)}") as answer:
            tokens[place] = token_in(answer.read().decode(), path)
    return tokens


def name_at(place):
    """What a token is called in a URL."""
    return "b" if "ms3" in place else "ExpressPlayToken"


def check_tokens():
    """Each of them opens: a licence comes for it."""
    body = json.dumps({"kids": ["ABEiM0RVZneImaq7zN3u_w"], "type": "temporary"}).encode()
    for place, token in TOKENS.items():
        call = urllib.request.Request(
            f"{URL}{place}?{name_at(place)}={token}",
            data=body,
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(call) as answer:
            assert json.load(answer)["keys"], place


TOKENS = make_tokens()
check_tokens()


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
    if case.path in TOKENS:
        query = dict(case.query or {})
        if random.random() < 0.8:
            # Now and then it is one of another DRM.
            place = case.path if random.random() < 0.8 else random.choice(list(TOKENS))
            query[name_at(case.path)] = TOKENS[place]
        case.query = query
        if isinstance(case.body, dict) and random.random() < 0.7:
            case.body["kids"] = ["ABEiM0RVZneImaq7zN3u_w"]
    if case.path_parameters and random.random() < 0.6:
        if "sandbox" in case.path_parameters:
            case.path_parameters["sandbox"] = "default"
        if "kid" in case.path_parameters:
            case.path_parameters["kid"] = KID
