//! Every error code that a request can cause, in html and in json.

use std::collections::BTreeSet;

use expressplay::{Drm, ErrorCode, RefusalBody, TokenUrl};
use reqwest::{Response, StatusCode};

use crate::help::{Bench, EK, KEK, KEY, KID, OTHER_KID, Who, base_form, device};

use ErrorCode as E;

/// Codes that no request causes here; the fidelity page lists them too.
const NOT_CAUSED: [ErrorCode; 7] = [
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

/// What a redemption can be refused with.
const REDEMPTION_CODES: [ErrorCode; 4] = [
    E::DeviceNotAuthenticated,
    E::InvalidToken,
    E::KidInvalid,
    E::InsufficientTokens,
];

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

#[tokio::test]
async fn each_code_of_redemption_is_caused_in_html_and_json() {
    let bench = Bench::start().await;
    let bound_to = device().device_id().to_string();
    let bound = bench.token(Who::Test, WV, &[("deviceId", &bound_to)]).await;
    let unbound = bench.token(Who::Test, WV, &[]).await;
    let forged: TokenUrl = format!("{}?ExpressPlayToken=sQAAAA", bound.endpoint())
        .parse()
        .unwrap();
    let unpaid = bench.token(Who::WithoutCredits, WV, &[]).await;
    let cases = [
        (&bound, KID),
        (&forged, KID),
        (&unbound, OTHER_KID),
        (&unpaid, KID),
    ];
    for (code, (url, kid)) in REDEMPTION_CODES.into_iter().zip(cases) {
        let json = bench.redeem(url, &device(), &[kid]).await;
        assert_json(json, StatusCode::FORBIDDEN, code).await;
        let html = bench
            .http
            .post(format!("{}&errorFormat=html", url.reveal()))
            .header("content-type", "application/jose")
            .body(bench.challenge(url, &device(), &[kid]))
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
fn the_fidelity_page_lists_the_codes_that_no_request_causes() {
    let page = include_str!("../../../docs/fidelity.md");
    for code in NOT_CAUSED {
        assert!(page.contains(&format!("`{code}`")), "{code}");
    }
}
