//! Every error code that a request can cause, in html and in json.

use std::collections::BTreeSet;

use expressplay::{
    Drm, ErrorCode, RefusalBody, TokenUrl,
    parameter::{self, Parameter},
};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::help::{
    Bench, CONTENT_ID, COOKIE, EK, KEK, KEY, KID, OTHER_KID, Who, account, authenticator,
    base_form, device,
};

use ErrorCode as E;

/// Codes that no request causes here; the fidelity page lists them too, with the reasons.
pub(crate) const NOT_CAUSED: [ErrorCode; 7] = [
    E::IpAddress,
    E::AdminError,
    E::FairPlayTokenType,
    E::CkcGeneration,
    E::FairPlayKeyData,
    E::FairPlayNotAuthorised,
    E::LicenseGeneration,
];

/// Authenticators that no account has.
const AUTHENTICATION_CASES: [(ErrorCode, Option<&str>); 4] = [
    (E::AuthenticatorMissing, None),
    (E::AuthenticatorMissing, Some("")),
    (E::AuthenticatorInvalid, Some("nonsense")),
    (
        E::AuthenticatorInvalid,
        Some("1,00000000000000000000000000000000"),
    ),
];

/// What no format but html can say.
const IN_HTML_ALONE: ErrorCode = E::ErrorFormat;

/// What is refused in its right form: the account or the device is another, or may not. To be told
/// what the parameter takes would send one the wrong way.
const OF_WELL_FORMED: [ErrorCode; 8] = [
    E::AccountDisabled,
    E::WidevineDisabled,
    E::PlayReadyDisabled,
    E::FairPlayDisabled,
    E::WidevineDeviceBinding,
    E::FairPlayDeviceBinding,
    E::DeviceNotAuthenticated,
    E::InsufficientTokens,
];

/// What a redemption can be refused with.
const REDEMPTION_CODES: [ErrorCode; 5] = [
    E::DeviceNotAuthenticated,
    E::InvalidToken,
    E::KidInvalid,
    E::InsufficientTokens,
    E::AccountDisabled,
];

/// What record retrieval refuses.
const RECORD_CASES: &[&[(&str, &str)]] = &[
    &[("cookie", "")],
    &[("cookie", COOKIE), ("id", "1")],
    &[("id", "1"), ("start", "0"), ("length", "1")],
    &[("start", "-1"), ("length", "1")],
    &[("start", "0"), ("length", "all")],
    &[("start", "0")],
    &[("length", "1")],
];

/// What retrieval by time refuses.
const RECORD_TIME_CASES: &[&[(&str, &str)]] = &[
    &[("endTime", "2030-01-01T00:00:00Z")],
    &[("startTime", "2030-01-01T00:00:00Z")],
];

/// What key storage refuses: a `kek`, and the key.
fn key_cases() -> [(Option<&'static str>, Value); 11] {
    [
        (Some("abc"), json!({ "kid": KID, "ek": EK })),
        (Some(KEK), json!({ "k": KEY })),
        (Some(KEK), json!({ "kid": "abc", "k": KEY })),
        (Some(KEK), json!({ "kid": LONG_NAME, "k": KEY })),
        (Some(KEK), json!({ "kid": "^", "k": KEY })),
        (Some(KEK), json!({ "kid": KID })),
        (Some(KEK), json!({ "kid": KID, "k": "abc" })),
        (Some(KEK), json!({ "kid": KID, "k": KEY, "ek": EK })),
        (None, json!({ "kid": KID, "k": KEY })),
        (None, json!({ "kid": KID, "ek": "abc" })),
        (None, json!([1, 2])),
    ]
}

/// A token request, the least of its DRM but for these changes, and the code it earns.
struct Case {
    code: ErrorCode,
    who: Who,
    drm: Drm,
    set: &'static [(&'static str, &'static str)],
    unset: &'static [&'static str],
}

const fn case(code: ErrorCode, drm: Drm, set: &'static [(&'static str, &'static str)]) -> Case {
    Case {
        code,
        who: Who::Test,
        drm,
        set,
        unset: &[],
    }
}

const fn without(code: ErrorCode, drm: Drm, unset: &'static [&'static str]) -> Case {
    Case {
        code,
        who: Who::Test,
        drm,
        set: &[],
        unset,
    }
}

const fn as_who(who: Who, case: Case) -> Case {
    Case { who, ..case }
}

const WV: Drm = Drm::Widevine;
const PR: Drm = Drm::PlayReady;
const FP: Drm = Drm::FairPlay;
const MS3: Drm = Drm::Ms3;
const BB: Drm = Drm::Broadband;

const ZERO_DEVICE: &str = "00000000000000000000000000000000";
const LONG_COOKIE: &str = "a cookie has 32 characters at most";
const LONG_NAME: &str = "^aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

const TOKEN_CASES: &[Case] = &[
    case(E::ExpirationTime, WV, &[("expirationTime", "soon")]),
    case(
        E::ExpirationTime,
        WV,
        &[("expirationTime", "2001-01-01T00:00:00Z")],
    ),
    case(E::ExpirationTime, FP, &[("expirationTime", "+2592001")]),
    without(E::ContentKey, WV, &["contentKey"]),
    case(E::ContentKey, PR, &[("contentKey", "")]),
    case(E::OutputControlFlags, PR, &[("outputControlFlags", "zz")]),
    case(E::RightsTypeInvalid, PR, &[("rightsType", "Borrow")]),
    without(E::RightsTypeMissing, PR, &["rightsType"]),
    case(
        E::RentalEndMissing,
        PR,
        &[("rightsType", "Rental"), ("generalFlags", "00000001")],
    ),
    case(
        E::PlayDurationMissing,
        PR,
        &[
            ("rightsType", "Rental"),
            ("generalFlags", "00000001"),
            ("rental.periodEndTime", "+60"),
            ("rental.playDuration", ""),
        ],
    ),
    case(
        E::PlayDurationInvalid,
        PR,
        &[
            ("rightsType", "Rental"),
            ("generalFlags", "00000001"),
            ("rental.periodEndTime", "+60"),
            ("rental.playDuration", "a while"),
        ],
    ),
    case(E::ContentKeyLength, WV, &[("contentKey", "abc")]),
    case(E::Cookie, WV, &[("cookie", LONG_COOKIE)]),
    case(E::OutputControlRange, WV, &[("hdcpOutputControl", "6")]),
    case(E::OutputControlRange, PR, &[("analogVideoOPL", "1000")]),
    case(E::NoCorrespondingValue, PR, &[("extensionType", "abcd")]),
    case(
        E::ExtensionType,
        PR,
        &[("extensionType", "abc"), ("extensionPayload", "AAAA")],
    ),
    case(E::ExtensionType, WV, &[("wvExtension", "abc,AAAA")]),
    case(
        E::ExtensionPayload,
        PR,
        &[("extensionType", "abcd"), ("extensionPayload", "!")],
    ),
    case(E::ExtensionPayload, WV, &[("wvExtension", "abcd,!")]),
    case(
        E::OutputControlFlagLength,
        PR,
        &[("outputControlFlags", "0000")],
    ),
    without(E::KidMissing, WV, &["kid"]),
    Case {
        code: E::KeyStorage,
        who: Who::Test,
        drm: WV,
        set: &[("kek", KEK)],
        unset: &["contentKey"],
    },
    case(E::KidLength, WV, &[("kid", "abc")]),
    case(E::KidTooLong, PR, &[("kid", LONG_NAME)]),
    case(E::KidInvalid, WV, &[("kid", "^")]),
    case(E::KidInvalid, WV, &[("kid.1", OTHER_KID)]),
    case(E::KidInvalid, WV, &[("kid.1", KID), ("contentKey.1", KEY)]),
    Case {
        code: E::EncryptedKey,
        who: Who::Test,
        drm: WV,
        set: &[("kek", KEY), ("ek", EK)],
        unset: &["contentKey"],
    },
    case(
        E::UnknownOutput,
        PR,
        &[("unknownOutputBehavior", "Perhaps")],
    ),
    case(E::GeneralFlags, WV, &[("generalFlags", "2")]),
    case(E::GeneralFlags, FP, &[("generalFlags", "00000001")]),
    case(E::DeviceIdLength, WV, &[("deviceId", "abc")]),
    case(E::DeviceIdLength, WV, &[("deviceid", "abc")]),
    case(E::DeviceIdInvalid, PR, &[("deviceId", ZERO_DEVICE)]),
    without(E::OplMissing, PR, &["analogVideoOPL"]),
    case(E::KekAndContentKey, WV, &[("kek", KEK)]),
    case(E::FairPlayExtension, FP, &[("fpExtension", "abcd")]),
    without(E::FairPlayIv, FP, &["iv"]),
    case(E::FairPlayIv, FP, &[("iv", "abc")]),
    case(
        E::FairPlayRentalDuration,
        FP,
        &[("rentalDuration", "a while")],
    ),
    as_who(
        Who::Unbound,
        case(E::FairPlayDeviceBinding, FP, &[("deviceId", KID)]),
    ),
    as_who(
        Who::Unbound,
        case(E::WidevineDeviceBinding, WV, &[("deviceId", KID)]),
    ),
    as_who(Who::Strict, case(E::SecurityLevelMissing, WV, &[])),
    case(E::SecurityLevelInvalid, WV, &[("securityLevel", "6")]),
    as_who(
        Who::Strict,
        case(E::HdcpMissing, WV, &[("securityLevel", "1")]),
    ),
    case(E::LicenseDuration, WV, &[("licenseDuration", "a while")]),
    case(E::WidevineExtension, WV, &[("wvExtension", "abcd")]),
    without(E::KidMissing, MS3, &["contentId"]),
    case(E::KidMissing, BB, &[("contentId", "")]),
    case(E::KidLength, MS3, &[("contentId", "urn:marlin:kid:abc")]),
    case(
        E::KidInvalid,
        MS3,
        &[("contentId.1", CONTENT_ID), ("contentKey.1", KEY)],
    ),
    without(E::ContentKey, MS3, &["contentKey"]),
    case(E::ContentKeyLength, BB, &[("contentKey", "abc")]),
    case(
        E::OutputControlRange,
        MS3,
        &[("outputControlOverride", "urn:a,b")],
    ),
    case(
        E::OutputControlRange,
        BB,
        &[
            ("outputControlFlags", "00000001"),
            ("outputControlValue", "x"),
        ],
    ),
    case(
        E::OutputControlFlags,
        MS3,
        &[
            ("outputControlFlags", "zz"),
            ("outputControlValue", "00000001"),
        ],
    ),
    case(
        E::OutputControlFlagLength,
        BB,
        &[
            ("outputControlFlags", "01"),
            ("outputControlValue", "00000001"),
        ],
    ),
    case(
        E::NoCorrespondingValue,
        MS3,
        &[("outputControlFlags", "00000001")],
    ),
    case(
        E::NoCorrespondingValue,
        MS3,
        &[("outputControlValue", "00000001")],
    ),
    case(E::NoCorrespondingValue, MS3, &[("extensionType", "wudo")]),
    case(
        E::NoCorrespondingValue,
        MS3,
        &[("extensionCriticalFlag", "true")],
    ),
    case(E::NoCorrespondingValue, MS3, &[("ms3Extension", "wudo")]),
    case(E::NoCorrespondingValue, MS3, &[("ms3SchemeType", "ftp")]),
    case(E::ExtensionType, MS3, &[("ms3Extension", "wu,true,AAAA")]),
    case(
        E::ExtensionPayload,
        MS3,
        &[("extensionType", "wudo"), ("extensionPayload", "!")],
    ),
    case(E::GeneralFlags, MS3, &[("generalFlags", "00000001")]),
    case(E::NoCorrespondingValue, BB, &[("actionTokenType", "3")]),
    case(E::NoCorrespondingValue, BB, &[("userKey", "abc")]),
    without(E::RightsTypeMissing, BB, &["rightsType"]),
    case(E::RightsTypeInvalid, BB, &[("rightsType", "Borrow")]),
    case(E::RentalEndMissing, BB, &[("rightsType", "Rental")]),
    case(
        E::RentalEndMissing,
        BB,
        &[
            ("rightsType", "Rental"),
            ("rental.periodEndTime", "2001-01-01T00:00:00Z"),
        ],
    ),
    case(E::OutputControlRange, PR, &[("algId", "rot13")]),
    case(E::OutputControlRange, PR, &[("minCertSecurityLevel", "1")]),
    case(
        E::OutputControlRange,
        PR,
        &[("compressedDigitalAudioOPL", "-1")],
    ),
    case(
        E::OutputControlRange,
        PR,
        &[("compressedDigitalVideoOPL", "a")],
    ),
    case(
        E::OutputControlRange,
        PR,
        &[("uncompressedDigitalAudioOPL", "")],
    ),
    case(
        E::OutputControlRange,
        PR,
        &[("uncompressedDigitalVideoOPL", "1e3")],
    ),
    without(E::OplMissing, PR, &["compressedDigitalAudioOPL"]),
    without(E::OplMissing, PR, &["compressedDigitalVideoOPL"]),
    without(E::OplMissing, PR, &["uncompressedDigitalAudioOPL"]),
    without(E::OplMissing, PR, &["uncompressedDigitalVideoOPL"]),
    case(E::OutputControlRange, WV, &[("trackType", "5")]),
    case(E::LicenseDuration, WV, &[("playbackDuration", "-1")]),
    case(E::DeviceIdInvalid, WV, &[("deviceid", ZERO_DEVICE)]),
    case(
        E::NoCorrespondingValue,
        MS3,
        &[
            ("extensionType", "wudo"),
            ("extensionPayload", "AAAA"),
            ("extensionCriticalFlag", "maybe"),
        ],
    ),
    case(E::ExtensionPayload, MS3, &[("ms3Extension", "wudo,true,!")]),
    Case {
        code: E::EncryptedKey,
        who: Who::Test,
        drm: WV,
        set: &[("kek", "abc"), ("ek", EK)],
        unset: &["contentKey"],
    },
    case(E::NoCorrespondingValue, PR, &[("extensionPayload", "AAAA")]),
    case(
        E::OutputControlFlagLength,
        MS3,
        &[
            ("outputControlFlags", "01"),
            ("outputControlValue", "00000001"),
        ],
    ),
    case(
        E::OutputControlRange,
        MS3,
        &[
            ("outputControlFlags", "00000001"),
            ("outputControlValue", "x"),
        ],
    ),
    case(
        E::ExtensionType,
        MS3,
        &[("extensionType", "wu"), ("extensionPayload", "AAAA")],
    ),
    case(E::KidLength, BB, &[("contentId", "urn:marlin:kid:abc")]),
    case(
        E::KidInvalid,
        BB,
        &[("contentId.1", CONTENT_ID), ("contentKey.1", KEY)],
    ),
    case(
        E::OutputControlRange,
        BB,
        &[("outputControlOverride", "urn:a,b")],
    ),
    case(
        E::OutputControlFlags,
        BB,
        &[
            ("outputControlFlags", "zz"),
            ("outputControlValue", "00000001"),
        ],
    ),
    case(
        E::NoCorrespondingValue,
        BB,
        &[("outputControlFlags", "00000001")],
    ),
    case(
        E::NoCorrespondingValue,
        BB,
        &[("outputControlValue", "00000001")],
    ),
    case(
        E::PlayDurationMissing,
        BB,
        &[
            ("rightsType", "Rental"),
            ("rental.periodEndTime", "+60"),
            ("rental.playDuration", ""),
        ],
    ),
    case(
        E::PlayDurationInvalid,
        BB,
        &[
            ("rightsType", "Rental"),
            ("rental.periodEndTime", "+60"),
            ("rental.playDuration", "a while"),
        ],
    ),
    as_who(Who::Disabled, case(E::AccountDisabled, WV, &[])),
    as_who(Who::WithoutDrms, case(E::WidevineDisabled, WV, &[])),
    as_who(Who::WithoutDrms, case(E::PlayReadyDisabled, PR, &[])),
    as_who(Who::WithoutDrms, case(E::FairPlayDisabled, FP, &[])),
];

impl Case {
    fn pairs(&self) -> Vec<(&'static str, &'static str)> {
        let mut pairs = base_form(self.drm);
        pairs.retain(|(name, _)| {
            !self.unset.contains(name) && !self.set.iter().any(|(other, _)| name == other)
        });
        pairs.extend_from_slice(self.set);
        pairs
    }
}

async fn assert_json(response: Response, status: StatusCode, code: ErrorCode) {
    assert_eq!(response.status(), status, "{code}");
    assert_eq!(
        response.headers()["content-type"],
        "application/json",
        "{code}"
    );
    let body: RefusalBody = response.json().await.unwrap();
    assert_eq!(body.error_code, code.number());
    assert!(
        body.error_message.starts_with(code.text()),
        "{}",
        body.error_message
    );
    assert_eq!(
        body.documentation,
        Some(format!("/errors#{code}")),
        "{code}"
    );
    assert!(body.parameter.is_some(), "{body:?}");
    assert_eq!(
        body.wants.is_some(),
        !OF_WELL_FORMED.contains(&code),
        "{body:?}"
    );
}

async fn assert_html(response: Response, status: StatusCode, code: ErrorCode) {
    assert_eq!(response.status(), status, "{code}");
    assert!(
        response.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    let body = response.text().await.unwrap();
    assert!(body.contains(&format!("<h1>Error {code}</h1>")), "{body}");
    assert!(body.contains(code.text()), "{body}");
    assert!(body.contains("<dt>Parameter</dt>"), "{body}");
    let says_what_it_takes = body.contains("<dt>It takes</dt>");
    assert_eq!(
        says_what_it_takes,
        !OF_WELL_FORMED.contains(&code),
        "{body}"
    );
    assert!(
        body.contains(&format!("<a href=\"/errors#{code}\">")),
        "{body}"
    );
}

#[tokio::test]
async fn each_code_of_token_generation_is_caused_in_html_and_json() {
    let bench = Bench::start().await;
    for case in TOKEN_CASES {
        let mut pairs = case.pairs();
        let html = bench.token_call(case.who, case.drm, &pairs).await;
        assert_html(html, StatusCode::BAD_REQUEST, case.code).await;
        pairs.push(("errorFormat", "json"));
        let json = bench.token_call(case.who, case.drm, &pairs).await;
        assert_json(json, StatusCode::BAD_REQUEST, case.code).await;
    }
}

#[tokio::test]
async fn each_refused_parameter_is_named_with_what_it_got_and_may_earn_that_code() {
    let bench = Bench::start().await;
    for case in TOKEN_CASES {
        let mut pairs = case.pairs();
        pairs.push(("errorFormat", "json"));
        let response = bench.token_call(case.who, case.drm, &pairs).await;
        let body: RefusalBody = response.json().await.unwrap();
        let name = body.parameter.clone().unwrap();
        let known = parameter::of_token(case.drm)
            .find(|known| known.name == parameter::base_of(&name))
            .unwrap_or_else(|| panic!("{name} is no parameter of {}", case.drm));
        let settled_by_the_account = ["customerAuthenticator"].contains(&known.name);
        assert!(
            settled_by_the_account || known.codes.contains(&case.code),
            "{name} does not say that it may earn {}",
            case.code
        );
        let sent = case.pairs().into_iter().find(|(sent, _)| *sent == name);
        match (sent, &body.got) {
            (Some((_, value)), Some(got)) if !parameter::is_secret(&name) && !value.is_empty() => {
                let start = got.split('…').next().unwrap();
                let withheld = start.starts_with("[redacted]");
                assert_eq!(withheld, !parameter::may_be_shown(&name, value), "{body:?}");
                assert!(withheld || value.starts_with(start), "{body:?}");
            }
            (None, Some(got)) => assert_eq!(got, "nothing", "{body:?}"),
            _ => {}
        }
        for secret in [KEY, KEK, EK] {
            let said = format!("{body:?}").to_lowercase();
            assert!(!said.contains(&secret.to_lowercase()), "{body:?}");
        }
    }
}

/// What was refused: in which call, for which parameter, with which code.
#[derive(Default)]
struct Caused(BTreeSet<(String, String, i32)>);

impl Caused {
    async fn add(&mut self, call: &str, response: Response) {
        let body: RefusalBody = response.json().await.unwrap();
        let name = body.parameter.unwrap();
        let name = parameter::base_of(&name).to_owned();
        self.0.insert((call.to_owned(), name, body.error_code));
    }

    /// What the tables say that these calls' parameter earns, and none of them has caused.
    fn missing(&self, calls: &[&str], known: &Parameter) -> BTreeSet<(&'static str, i32)> {
        let caused = |code: i32| {
            calls.iter().any(|call| {
                let found = ((*call).to_owned(), known.name.to_owned(), code);
                self.0.contains(&found)
            })
        };
        let codes = known.codes.iter().filter(|code| **code != IN_HTML_ALONE);
        codes
            .map(|code| (known.name, code.number()))
            .filter(|(_, code)| !caused(*code))
            .collect()
    }
}

#[tokio::test]
async fn every_code_that_a_parameter_may_earn_is_caused_by_it() {
    let bench = Bench::start().await;
    let mut caused = Caused::default();
    for case in TOKEN_CASES {
        let mut pairs = case.pairs();
        pairs.push(("errorFormat", "json"));
        let refused = bench.token_call(case.who, case.drm, &pairs).await;
        caused.add(case.drm.token_path(), refused).await;
    }
    for (_, authenticator) in AUTHENTICATION_CASES {
        let mut form = vec![("errorFormat", "json")];
        form.extend(authenticator.map(|text| ("customerAuthenticator", text)));
        let call = bench.http.post(bench.url(WV.token_path())).form(&form);
        caused
            .add(WV.token_path(), call.send().await.unwrap())
            .await;
    }
    for (_, url, kid) in redemption_cases(&bench).await {
        let refused = bench.redeem(&url, &device(), &[kid]).await;
        caused.add("redemption", refused).await;
    }
    let forged = format!("{}?b=sQAAAA", bench.url(MS3.license_path()));
    let refused = bench.http.post(forged).send().await.unwrap();
    caused.add("redemption", refused).await;
    let own = [("customerAuthenticator", authenticator(Who::Test))];
    for (path, cases) in [
        ("/cmiapi/getrecord/", RECORD_CASES),
        ("/cmiapi/getrecordbytime/", RECORD_TIME_CASES),
        ("/cmiapi/getarchivedrecord/", RECORD_TIME_CASES),
    ] {
        for case in cases {
            let call = bench.http.get(bench.url(path)).query(&own).query(case);
            caused.add(path, call.send().await.unwrap()).await;
        }
    }
    for (kek, key) in key_cases() {
        let call = bench.http.post(bench.url("/keystore/keys")).query(&own);
        let call = call.query(kek.map(|kek| ("kek", kek)).as_slice());
        caused
            .add("keys", call.json(&key).send().await.unwrap())
            .await;
    }

    let mut missing = vec![];
    let mut expect = |calls: &[&str], known: &Parameter| {
        let these = caused.missing(calls, known);
        missing.extend(these.into_iter().map(|it| (calls.join(", "), it)));
    };
    let every = Drm::ALL.map(Drm::token_path);
    for drm in Drm::ALL {
        for known in parameter::of_token(drm) {
            // What is the same for every DRM need be caused for one alone.
            let shared =
                (Drm::ALL.iter()).all(|other| parameter::of_token(*other).any(|it| it == known));
            if shared {
                expect(&every, known);
            } else {
                expect(&[drm.token_path()], known);
            }
        }
    }
    for (call, all) in [
        ("redemption", parameter::REDEMPTION),
        ("/cmiapi/getrecord/", parameter::RECORDS),
        ("/cmiapi/getrecordbytime/", parameter::RECORDS_BY_TIME),
        ("/cmiapi/getarchivedrecord/", parameter::RECORDS_BY_TIME),
        ("keys", parameter::KEY_STORAGE),
    ] {
        for known in all {
            expect(&[call], known);
        }
    }
    assert!(missing.is_empty(), "no case causes {missing:?}");
}

#[tokio::test]
async fn every_code_is_explained_on_one_page() {
    let bench = Bench::start().await;
    let page = bench.http.get(bench.url("/errors")).send().await.unwrap();
    let page = page.text().await.unwrap();
    for code in ErrorCode::ALL {
        assert!(page.contains(&format!("<section id=\"{code}\">")), "{code}");
        assert!(page.contains(code.text()), "{code}");
    }
    assert!(page.contains("<code>contentKey</code> takes 32 hexadecimal digits"));
}

#[tokio::test]
async fn authentication_is_checked_before_anything_else() {
    let bench = Bench::start().await;
    let url = bench.url("/hms/wv/token");
    for (code, authenticator) in AUTHENTICATION_CASES {
        for format in ["html", "json"] {
            let mut form = vec![("deviceId", "wrong too"), ("errorFormat", format)];
            form.extend(authenticator.map(|text| ("customerAuthenticator", text)));
            let response = bench.http.post(&url).form(&form).send().await.unwrap();
            if format == "json" {
                assert_json(response, StatusCode::UNAUTHORIZED, code).await;
            } else {
                assert_html(response, StatusCode::UNAUTHORIZED, code).await;
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_error_format_is_refused_in_html() {
    let bench = Bench::start().await;
    let mut pairs = base_form(WV);
    pairs.push(("errorFormat", "xml"));
    let response = bench.token_call(Who::Test, WV, &pairs).await;
    assert_html(response, StatusCode::BAD_REQUEST, IN_HTML_ALONE).await;
}

/// A token for each of [`REDEMPTION_CODES`], with the kid to ask for.
async fn redemption_cases(bench: &Bench) -> Vec<(ErrorCode, TokenUrl, &'static str)> {
    let bound_to = device().device_id().to_string();
    let bound = bench.token(Who::Test, WV, &[("deviceId", &bound_to)]).await;
    let unbound = bench.token(Who::Test, WV, &[]).await;
    let forged = format!("{}?ExpressPlayToken=sQAAAA", bound.endpoint());
    let unpaid = bench.token(Who::WithoutCredits, WV, &[]).await;
    // Its account is disabled once it has it.
    let disabled = bench.token(Who::Unbound, WV, &[]).await;
    let number = account(Who::Unbound).authenticator.number();
    let account = bench.url(&format!("/__sim/sandboxes/default/accounts/test/{number}"));
    let patch = bench.http.patch(account).json(&json!({ "disabled": true }));
    assert_eq!(patch.send().await.unwrap().status(), StatusCode::OK);
    let urls = [bound, forged.parse().unwrap(), unbound, unpaid, disabled];
    let kids = [KID, KID, OTHER_KID, KID, KID];
    let cases = REDEMPTION_CODES.into_iter().zip(urls).zip(kids);
    cases.map(|((code, url), kid)| (code, url, kid)).collect()
}

#[tokio::test]
async fn each_code_of_redemption_is_caused_in_html_and_json() {
    let bench = Bench::start().await;
    for (code, url, kid) in redemption_cases(&bench).await {
        let json = bench.redeem(&url, &device(), &[kid]).await;
        assert_json(json, StatusCode::FORBIDDEN, code).await;
        let html = bench
            .http
            .post(format!("{}&errorFormat=html", url.reveal()))
            .header("content-type", "application/jose")
            .body(bench.challenge(&url, &device(), &[kid]))
            .send()
            .await
            .unwrap();
        assert_html(html, StatusCode::FORBIDDEN, code).await;
    }
}

#[test]
fn every_code_is_either_caused_above_or_listed_as_never_caused() {
    let mut caused: BTreeSet<_> = TOKEN_CASES.iter().map(|case| case.code).collect();
    caused.extend(AUTHENTICATION_CASES.map(|(code, _)| code));
    caused.extend(REDEMPTION_CODES);
    caused.insert(IN_HTML_ALONE);
    let all: BTreeSet<_> = ErrorCode::ALL.iter().copied().collect();
    let never: BTreeSet<_> = NOT_CAUSED.into_iter().collect();
    assert!(caused.is_disjoint(&never));
    assert_eq!(caused.union(&never).copied().collect::<BTreeSet<_>>(), all);
}

#[test]
fn the_fidelity_page_lists_the_codes_that_no_request_causes_and_no_others() {
    let page = include_str!("../../../docs/fidelity.md");
    let (_, section) = page.split_once("\n## Error codes\n").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: BTreeSet<i32> = rows
        .flat_map(|row| row.split(" |").next().unwrap().split(", "))
        .map(|code| code.trim_matches('`').parse().unwrap())
        .collect();
    assert_eq!(listed, NOT_CAUSED.map(ErrorCode::number).into());
}
