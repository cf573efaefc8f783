//! Parsing against the rules of API section 2, and parsing against rendering.

use proptest::prelude::*;

use super::*;
use crate::{ContentKey, EncryptedKey, parameter};

fn form(pairs: &[(&str, &str)]) -> Form {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

const KID: &str = "0123456789abcdef0123456789abcdef";
const OTHER_KID: &str = "1123456789abcdef0123456789abcdef";
const KEY: &str = "f2434ca0f6a7de822574bf2f8190f6cd";

#[test]
fn the_seeds_spelling_of_the_device_id_is_read_too() {
    let id = "fedcba9876543210fedcba9876543210";
    for name in ["deviceId", "deviceid"] {
        let form = form(&[("kid", KID), ("contentKey", KEY), (name, id)]);
        let request = TokenRequest::from_form(Drm::Widevine, &form, Strictness::Lenient).unwrap();
        assert_eq!(request.common.device_id.unwrap().to_string(), id);
    }
}

#[test]
fn names_are_case_sensitive_and_unknown_ones_are_ignored() {
    let wrong_case = form(&[("kid", KID), ("contentkey", KEY)]);
    let refusal = TokenRequest::from_form(Drm::Widevine, &wrong_case, Strictness::Lenient);
    assert_eq!(refusal.unwrap_err().code, ErrorCode::ContentKey);
    let unknown = form(&[
        ("kid", KID),
        ("contentKey", KEY),
        ("colour", "red"),
        ("kid.x", "y"),
    ]);
    assert!(TokenRequest::from_form(Drm::Widevine, &unknown, Strictness::Lenient).is_ok());
}

#[test]
fn several_keys_stand_side_by_side_by_their_indices() {
    let form = form(&[
        ("kid.1", OTHER_KID),
        ("contentKey.1", KEY),
        ("kid.0", KID),
        ("contentKey.0", KEY),
        ("securityLevel", "1"),
        ("securityLevel.1", "5"),
    ]);
    let request = TokenRequest::from_form(Drm::Widevine, &form, Strictness::Lenient).unwrap();
    let Rights::Widevine(widevine) = request.rights else {
        panic!("not Widevine")
    };
    let found: Vec<_> = widevine
        .tracks
        .iter()
        .map(|t| (t.kid.to_string(), t.security_level))
        .collect();
    assert_eq!(
        found,
        [(KID.to_owned(), Some(1)), (OTHER_KID.to_owned(), Some(5))]
    );
}

#[test]
fn a_marlin_key_is_named_by_its_content_id_or_its_kid() {
    let kid_of = |pairs: &[(&str, &str)]| {
        let form = form(pairs);
        let request = TokenRequest::from_form(Drm::Ms3, &form, Strictness::Lenient);
        request.map(|request| request.keys().next().unwrap().0.unwrap().to_string())
    };
    let urn = format!("urn:marlin:kid:{KID}");
    let named = kid_of(&[("contentId", &urn), ("contentKey", KEY)]);
    assert_eq!(named.unwrap(), KID);
    let by_kid = kid_of(&[
        ("contentId", "cid:marlin#x@1"),
        ("kid", KID),
        ("contentKey", KEY),
    ]);
    assert_eq!(by_kid.unwrap(), KID);
    // The first 16 bytes of the SHA-256 of "abc" (FIPS 180-2, appendix B.1).
    let hashed = kid_of(&[("contentId", "abc"), ("contentKey", KEY)]);
    assert_eq!(hashed.unwrap(), "ba7816bf8f01cfea414140de5dae2223");
    for (content_id, code) in [
        ("", ErrorCode::KidMissing),
        ("urn:marlin:kid:abc", ErrorCode::KidLength),
        (&"x".repeat(256), ErrorCode::KidInvalid),
    ] {
        let refusal = kid_of(&[("contentId.1", content_id), ("contentKey.1", KEY)]).unwrap_err();
        assert_eq!(refusal.code, code, "{content_id}");
        assert_eq!(refusal.parameter.as_deref(), Some("contentId.1"));
    }
}

#[test]
fn a_refusal_names_the_parameter_as_it_was_sent() {
    let own = [("kid.0", KID), ("contentKey.0", KEY)];
    let at = |drm, name, value| {
        let mut pairs = own.to_vec();
        pairs.push((name, value));
        let refusal = TokenRequest::from_form(drm, &form(&pairs), Strictness::Lenient);
        refusal.unwrap_err().parameter.unwrap().into_owned()
    };
    assert_eq!(at(Drm::Widevine, "securityLevel", "9"), "securityLevel");
    assert_eq!(at(Drm::Widevine, "securityLevel.0", "9"), "securityLevel.0");
    assert_eq!(at(Drm::FairPlay, "iv", "9"), "iv");
    assert_eq!(at(Drm::FairPlay, "cookie", "\n"), "cookie");
}

#[test]
fn an_ms3_extension_is_one_parameter_or_three() {
    let extension = |pairs: &[(&str, &str)]| {
        let mut all = vec![("kid", KID), ("contentKey", KEY)];
        all.extend_from_slice(pairs);
        match TokenRequest::from_form(Drm::Ms3, &form(&all), Strictness::Lenient)?.rights {
            Rights::Ms3(ms3) => Ok::<_, Refusal>(ms3.extension),
            other => panic!("{other:?}"),
        }
    };
    let expected = Some(Ms3Extension {
        kind: "wudo".to_owned(),
        critical: false,
        payload: "AAAAAA==".to_owned(),
    });
    assert_eq!(
        extension(&[("ms3Extension", "wudo,false,AAAAAA==")]),
        Ok(expected.clone())
    );
    let three = [
        ("extensionType", "wudo"),
        ("extensionCriticalFlag", "false"),
        ("extensionPayload", "AAAAAA=="),
    ];
    assert_eq!(extension(&three), Ok(expected));
    let code = |pairs: &[(&str, &str)]| extension(pairs).unwrap_err().code;
    assert_eq!(code(&three[..2]), ErrorCode::NoCorrespondingValue);
    assert_eq!(code(&three[1..2]), ErrorCode::NoCorrespondingValue);
    assert_eq!(
        code(&[("ms3Extension", "wudo,no,AAAA")]),
        ErrorCode::NoCorrespondingValue
    );
    assert_eq!(
        code(&[("ms3Extension", "wu,false,AAAA")]),
        ErrorCode::ExtensionType
    );
    assert_eq!(
        code(&[("ms3Extension", "wudo,false,!")]),
        ErrorCode::ExtensionPayload
    );
}

#[test]
fn one_kek_without_an_index_serves_every_key() {
    let ek = "61A9D3B082AAB5A918EBB86461DA475BD80CA4A83CEA16B6";
    let kek = "11111111111111111111111111111111";
    let form = form(&[
        ("kek", kek),
        ("kid.0", KID),
        ("ek.0", ek),
        ("kid.1", OTHER_KID),
    ]);
    let request = TokenRequest::from_form(Drm::PlayReady, &form, Strictness::Lenient);
    // The keys are read; what is missing is PlayReady's own.
    assert_eq!(request.unwrap_err().code, ErrorCode::RightsTypeMissing);
}

#[test]
fn keys_that_do_not_add_up_are_refused_with_their_own_codes() {
    let ek = "61A9D3B082AAB5A918EBB86461DA475BD80CA4A83CEA16B6";
    let cases: &[(&[(&str, &str)], ErrorCode)] = &[
        (&[], ErrorCode::KidMissing),
        (&[("contentKey", KEY)], ErrorCode::KidMissing),
        (&[("kek", KEY)], ErrorCode::KidMissing),
        (&[("kid", KID)], ErrorCode::ContentKey),
        (&[("kid.0", KID)], ErrorCode::ContentKey),
        (&[("kid", KID), ("contentKey", "")], ErrorCode::ContentKey),
        (
            &[("kid", KID), ("contentKey", "abc")],
            ErrorCode::ContentKeyLength,
        ),
        (&[("kid", "xyz"), ("contentKey", KEY)], ErrorCode::KidLength),
        (&[("kid", "^"), ("contentKey", KEY)], ErrorCode::KidInvalid),
        (
            &[("kid", KID), ("contentKey", KEY), ("kek", KEY)],
            ErrorCode::KekAndContentKey,
        ),
        (&[("kid", KID), ("ek", ek)], ErrorCode::EncryptedKey),
        (
            &[("kid", KID), ("kek", KEY), ("ek", "abc")],
            ErrorCode::EncryptedKey,
        ),
        (
            &[("kid", KID), ("kek", "abc"), ("ek", ek)],
            ErrorCode::EncryptedKey,
        ),
        (
            &[("kid.0", KID), ("contentKey.0", KEY), ("kid.1", OTHER_KID)],
            ErrorCode::KidInvalid,
        ),
        (
            &[
                ("kid.0", KID),
                ("contentKey.0", KEY),
                ("securityLevel.1", "1"),
            ],
            ErrorCode::KidInvalid,
        ),
        (
            &[
                ("kid.0", KID),
                ("contentKey.0", KEY),
                ("kid.1", KID),
                ("contentKey.1", KEY),
            ],
            ErrorCode::KidInvalid,
        ),
    ];
    for (pairs, code) in cases {
        let refusal = TokenRequest::from_form(Drm::Widevine, &form(pairs), Strictness::Lenient);
        assert_eq!(
            refusal.unwrap_err().code,
            *code,
            "{:?}",
            pairs.iter().map(|p| p.0).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_form_prints_no_value() {
    let form = form(&[("contentKey", KEY)]);
    assert_eq!(format!("{form:?}"), r#"["contentKey"]"#);
}

fn content_key() -> impl Strategy<Value = ContentKey> {
    any::<[u8; 16]>().prop_map(ContentKey::from_bytes)
}

fn key_source() -> impl Strategy<Value = KeySource> {
    let kek = || any::<[u8; 16]>().prop_map(|bytes| hex::encode(bytes).parse().unwrap());
    prop_oneof![
        content_key().prop_map(KeySource::Clear),
        (kek(), any::<[u8; 24]>()).prop_map(|(kek, ek)| KeySource::Wrapped {
            kek,
            ek: EncryptedKey::from_bytes(ek)
        }),
        kek().prop_map(|kek| KeySource::Stored { kek }),
    ]
}

fn kid() -> impl Strategy<Value = KeyId> {
    prop_oneof![
        any::<[u8; 16]>().prop_map(KeyId::Bytes),
        ".{1,64}".prop_map(KeyId::Name)
    ]
}

fn keys<T: std::fmt::Debug>(
    key: impl Strategy<Value = T>,
    kid_of: impl Fn(&T) -> Option<[u8; 16]>,
) -> impl Strategy<Value = Vec<T>> {
    proptest::collection::vec(key, 1..5).prop_map(move |mut keys| {
        let mut seen = std::collections::HashSet::new();
        keys.retain(|key| kid_of(key).is_none_or(|kid| seen.insert(kid)));
        keys
    })
}

fn moment() -> impl Strategy<Value = Moment> {
    let seconds = 0i64..4_000_000_000;
    prop_oneof![
        any::<u32>().prop_map(Moment::In),
        (seconds, 0i32..1_000_000_000)
            .prop_map(|(s, n)| Moment::At(jiff::Timestamp::new(s, n).unwrap())),
    ]
}

fn extension() -> impl Strategy<Value = Option<(String, String)>> {
    proptest::option::of(("[a-zA-Z0-9]{4}", Just("AAEC/w==".to_owned())))
}

fn widevine() -> impl Strategy<Value = Rights> {
    let level = |range| proptest::option::of(range);
    let track = (
        kid(),
        key_source(),
        level(1u8..=5),
        level(0u8..=5),
        level(0u8..=4),
    )
        .prop_map(|(kid, key, security_level, hdcp, track_type)| Track {
            kid,
            key,
            security_level,
            hdcp,
            track_type,
        });
    (
        keys(track, |track| Some(track.kid.clear_key_bytes())),
        proptest::option::of(".{1,36}"),
        any::<Option<u32>>(),
        any::<Option<u32>>(),
        extension(),
    )
        .prop_map(
            |(tracks, content_id, license_duration, playback_duration, extension)| {
                Rights::Widevine(Widevine {
                    tracks,
                    content_id,
                    license_duration,
                    playback_duration,
                    extension,
                })
            },
        )
}

fn rights_type() -> impl Strategy<Value = RightsType> {
    prop_oneof![
        Just(RightsType::BuyToOwn),
        (moment(), any::<Option<u32>>()).prop_map(|(period_end, play_duration)| {
            RightsType::Rental {
                period_end,
                play_duration,
            }
        }),
    ]
}

fn playready() -> impl Strategy<Value = Rights> {
    let key = (kid(), key_source()).prop_map(|(kid, key)| PlayReadyKey { kid, key });
    let opl = proptest::array::uniform5(0u16..=999).prop_map(|[a, b, c, d, e]| OutputProtection {
        analog_video: a,
        compressed_digital_audio: b,
        compressed_digital_video: c,
        uncompressed_digital_audio: d,
        uncompressed_digital_video: e,
    });
    let unknown = proptest::option::of(prop_oneof![
        Just(UnknownOutput::Allow),
        Just(UnknownOutput::Disallow),
        Just(UnknownOutput::SdOnly),
    ]);
    let algorithm = proptest::option::of(prop_oneof![
        Just(Algorithm::AesCtr),
        Just(Algorithm::AesCbc)
    ]);
    let cert = proptest::option::of(prop_oneof![Just(150u16), Just(2000), Just(3000)]);
    (
        keys(key, |key| Some(key.kid.clear_key_bytes())),
        rights_type(),
        opl,
        unknown,
        any::<Option<u32>>(),
        extension(),
        cert,
        algorithm,
    )
        .prop_map(
            |(
                keys,
                rights,
                output_protection,
                unknown_output,
                flags,
                extension,
                cert,
                algorithm,
            )| {
                Rights::PlayReady(PlayReady {
                    keys,
                    rights,
                    output_protection,
                    unknown_output,
                    output_control_flags: flags,
                    extension,
                    min_cert_security_level: cert,
                    algorithm,
                })
            },
        )
}

fn fairplay() -> impl Strategy<Value = Rights> {
    let key = (kid(), key_source(), any::<[u8; 16]>()).prop_map(|(kid, key, iv)| FairPlayKey {
        kid: Some(kid),
        key,
        iv,
    });
    let nameless = (content_key(), any::<[u8; 16]>()).prop_map(|(key, iv)| {
        vec![FairPlayKey {
            kid: None,
            key: KeySource::Clear(key),
            iv,
        }]
    });
    let keys = prop_oneof![
        keys(key, |key| key.kid.as_ref().map(KeyId::clear_key_bytes)).boxed(),
        nameless.boxed(),
    ];
    (keys, any::<u32>(), extension()).prop_map(|(keys, rental_duration, extension)| {
        Rights::FairPlay(FairPlay {
            keys,
            rental_duration,
            extension,
        })
    })
}

fn marlin_keys() -> impl Strategy<Value = Vec<MarlinKey>> {
    let content_id = prop_oneof![
        any::<[u8; 16]>().prop_map(|kid| format!("urn:marlin:kid:{}", hex::encode(kid))),
        "[^\\pC]{1,80}".prop_map(|id| format!("cid:{id}")),
    ];
    let key = (
        proptest::option::of(content_id),
        proptest::option::of(kid()),
        key_source(),
    )
        .prop_filter_map("a key has a name", |(content_id, kid, key)| {
            let said = content_id.as_deref().map(MarlinKey::kid_of);
            let kid = kid.or(said.and_then(Result::ok))?;
            Some(MarlinKey {
                content_id,
                kid,
                key,
            })
        });
    keys(key, |key| Some(key.kid.clear_key_bytes()))
}

fn marlin_output() -> impl Strategy<Value = MarlinOutput> {
    let control =
        ("[a-z:]{1,20}", "[A-Za-z]{1,9}", any::<u32>()).prop_map(|(parameter, name, value)| {
            OutputControlOverride {
                parameter,
                name,
                value,
            }
        });
    (proptest::option::of(control), any::<Option<(u32, u32)>>())
        .prop_map(|(control, flags)| MarlinOutput { control, flags })
}

fn ms3() -> impl Strategy<Value = Rights> {
    let extension = (extension(), any::<bool>()).prop_map(|(extension, critical)| {
        extension.map(|(kind, payload)| Ms3Extension {
            kind,
            critical,
            payload,
        })
    });
    let scheme = prop_oneof![
        Just(Ms3Scheme::Web),
        Just(Ms3Scheme::Ms3),
        Just(Ms3Scheme::Ms3hs)
    ];
    (
        marlin_keys(),
        proptest::option::of(".{1,40}"),
        marlin_output(),
        extension,
        scheme,
    )
        .prop_map(|(keys, content_url, output, extension, scheme)| {
            Rights::Ms3(Ms3 {
                keys,
                content_url,
                output,
                extension,
                scheme,
            })
        })
}

fn broadband() -> impl Strategy<Value = Rights> {
    let license =
        (marlin_keys(), rights_type(), marlin_output()).prop_map(|(keys, rights, output)| {
            Action::License(BroadbandLicense {
                keys,
                rights,
                output,
            })
        });
    let action = prop_oneof![
        Just(Action::Registration),
        Just(Action::Deregistration),
        license
    ];
    (
        action,
        proptest::option::of(".{0,20}"),
        any::<Option<[u8; 16]>>(),
    )
        .prop_map(|(action, user_id, user_key)| {
            Rights::Broadband(Broadband {
                action,
                user_id,
                user_key: user_key.map(UserKey::from_bytes),
            })
        })
}

prop_compose! {
    fn request()(
        rights in prop_oneof![widevine(), playready(), fairplay(), ms3(), broadband()],
        expiration in proptest::option::of(moment()),
        cookie in proptest::option::of("[^\\pC]{1,32}"),
        device_id in proptest::option::of(any::<[u8; 16]>()),
        use_https in any::<bool>(),
        persistent in any::<bool>(),
    ) -> TokenRequest {
        let rental = matches!(
            &rights, Rights::PlayReady(PlayReady { rights: RightsType::Rental { .. }, .. }));
        let keeps = matches!(&rights, Rights::Widevine(_) | Rights::PlayReady(_));
        TokenRequest {
            rights,
            common: Common {
                expiration,
                cookie: cookie.map(|text| text.parse().unwrap()),
                device_id: device_id.and_then(|bytes| DeviceId::from_bytes(bytes).ok()),
                use_https,
                persistent: rental || (persistent && keeps),
            },
        }
    }
}

proptest! {
    #[test]
    fn a_request_is_read_as_it_was_written(request in request()) {
        let sent = request.to_form().encode();
        let form = Form::parse(sent.as_bytes());
        let drm = request.drm();
        for name in form.names() {
            prop_assert!(parameter::is_among(parameter::of_token(drm), name), "{}", name);
        }
        let read = TokenRequest::from_form(request.drm(), &form, Strictness::Lenient);
        prop_assert_eq!(read, Ok(request));
    }

    #[test]
    fn no_form_whatever_makes_the_parser_panic(
        pairs in proptest::collection::vec(
            (
                prop_oneof![
                    "(kid|contentKey|ek|kek|iv|securityLevel|expirationTime|cookie|deviceId|generalFlags|rightsType|rental.playDuration|wvExtension|contentId|actionTokenType|ms3Extension|outputControlOverride)(\\.[0-9]{1,6})?",
                    ".{0,12}",
                ],
                prop_oneof!["[0-9a-f]{32}", "[0-9a-f]{48}", "[+^ ]?[0-9]{0,12}", ".{0,70}"],
            ),
            0..12,
        ),
    ) {
        let form: Form = pairs.into_iter().collect();
        for drm in Drm::ALL {
            for strictness in [Strictness::Lenient, Strictness::Strict] {
                if let Ok(request) = TokenRequest::from_form(drm, &form, strictness) {
                    let again = TokenRequest::from_form(drm, &request.to_form(), Strictness::Lenient);
                    prop_assert_eq!(again, Ok(request));
                }
            }
        }
    }
}
