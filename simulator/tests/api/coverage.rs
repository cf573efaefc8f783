//! `docs/coverage.md`: every parameter, response and error of ExpressPlay's API, with the test that
//! shows it.
//!
//! The page is written from the tables below and from those that the service itself goes by, and
//! this test fails where the page says anything else, or names a test that is not there. To write
//! it anew: `UPDATE_DOCS=1 cargo test -p simulator coverage`.

use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

use expressplay::{
    Drm, ErrorCode,
    parameter::{self, Parameter},
};

use crate::codes::NOT_CAUSED;

/// What shows that a parameter is read and carried as it was written.
const READ_AS_WRITTEN: &str = "tests::a_request_is_read_as_it_was_written";
const MS3_EXTENSION: &str = "tests::an_ms3_extension_is_one_parameter_or_three";

/// The calls, by their headings; a token's own parameters stand under its path.
const EVERY_TOKEN: &str = "Every token request";
const REDEMPTION: &str = "Redemption";
const RECORDS: &str = "/cmiapi/getrecord/";
const RECORDS_BY_TIME: &str = "/cmiapi/getrecordbytime/, /cmiapi/getarchivedrecord/";
const KEY_STORAGE: &str = "/keystore/keys";

/// What a call's parameter does when it is right; what it earns when it is wrong is [`CODES`]' to
/// show. A name that two calls have is two parameters.
const PARAMETERS: &[(&str, &[(&str, &str)])] = &[
    (
        EVERY_TOKEN,
        &[
            (
                "customerAuthenticator",
                "codes::authentication_is_checked_before_anything_else",
            ),
            (
                "errorFormat",
                "codes::each_code_of_token_generation_is_caused_in_html_and_json",
            ),
            ("expirationTime", "tokens::a_token_ends_when_it_says"),
            (
                "cookie",
                "tokens::the_cookie_travels_as_a_parameter_or_as_a_header",
            ),
            (
                "deviceId",
                "licenses::a_token_bound_to_one_device_is_redeemed_by_it_and_refused_on_another",
            ),
            (
                "deviceid",
                "tests::the_seeds_spelling_of_the_device_id_is_read_too",
            ),
            (
                "useHttps",
                "tokens::the_returned_url_is_the_hosts_own_unless_told_otherwise",
            ),
            ("generalFlags", READ_AS_WRITTEN),
            ("kid", "tokens::several_keys_travel_in_one_token"),
            (
                "contentKey",
                "tokens::a_key_may_come_in_clear_wrapped_or_from_storage",
            ),
            (
                "kek",
                "tokens::a_key_may_come_in_clear_wrapped_or_from_storage",
            ),
            (
                "ek",
                "tokens::a_key_may_come_in_clear_wrapped_or_from_storage",
            ),
        ],
    ),
    (
        "/hms/wv/token",
        &[
            (
                "contentId",
                "tokens::a_widevine_content_id_is_on_record_with_the_36_characters_that_are_carried",
            ),
            ("securityLevel", READ_AS_WRITTEN),
            ("hdcpOutputControl", READ_AS_WRITTEN),
            ("trackType", READ_AS_WRITTEN),
            ("licenseDuration", READ_AS_WRITTEN),
            ("playbackDuration", READ_AS_WRITTEN),
            ("wvExtension", READ_AS_WRITTEN),
        ],
    ),
    (
        "/hms/pr/token",
        &[
            (
                "rightsType",
                "tokens::a_rental_cannot_be_started_after_its_period",
            ),
            (
                "rental.periodEndTime",
                "tokens::a_rental_cannot_be_started_after_its_period",
            ),
            ("rental.playDuration", READ_AS_WRITTEN),
            ("analogVideoOPL", READ_AS_WRITTEN),
            ("compressedDigitalAudioOPL", READ_AS_WRITTEN),
            ("compressedDigitalVideoOPL", READ_AS_WRITTEN),
            ("uncompressedDigitalAudioOPL", READ_AS_WRITTEN),
            ("uncompressedDigitalVideoOPL", READ_AS_WRITTEN),
            ("unknownOutputBehavior", READ_AS_WRITTEN),
            ("outputControlFlags", READ_AS_WRITTEN),
            ("extensionType", READ_AS_WRITTEN),
            ("extensionPayload", READ_AS_WRITTEN),
            ("minCertSecurityLevel", READ_AS_WRITTEN),
            ("algId", READ_AS_WRITTEN),
        ],
    ),
    (
        "/hms/fp/token",
        &[
            ("iv", READ_AS_WRITTEN),
            ("rentalDuration", READ_AS_WRITTEN),
            ("fpExtension", READ_AS_WRITTEN),
        ],
    ),
    (
        "/hms/ms3/token",
        &[
            (
                "contentId",
                "marlin::an_ms3_token_is_redeemed_by_its_own_parameter_for_the_kids_that_it_has",
            ),
            ("outputControlOverride", READ_AS_WRITTEN),
            ("outputControlFlags", READ_AS_WRITTEN),
            ("outputControlValue", READ_AS_WRITTEN),
            (
                "contentURL",
                "marlin::an_ms3_token_is_a_compound_url_of_licence_and_content",
            ),
            ("ms3Extension", MS3_EXTENSION),
            ("extensionType", MS3_EXTENSION),
            ("extensionPayload", MS3_EXTENSION),
            ("extensionCriticalFlag", MS3_EXTENSION),
            (
                "ms3Scheme",
                "marlin::an_ms3_token_is_a_compound_url_of_licence_and_content",
            ),
            (
                "ms3SchemeType",
                "marlin::an_ms3_token_is_a_compound_url_of_licence_and_content",
            ),
        ],
    ),
    (
        "/hms/bb/token",
        &[
            (
                "actionTokenType",
                "marlin::a_device_is_registered_and_taken_back_and_no_credit_is_used",
            ),
            ("userId", READ_AS_WRITTEN),
            ("userKey", READ_AS_WRITTEN),
            (
                "contentId",
                "marlin::a_broadband_licence_is_acquired_and_ends_with_its_rental",
            ),
            ("outputControlOverride", READ_AS_WRITTEN),
            ("outputControlFlags", READ_AS_WRITTEN),
            ("outputControlValue", READ_AS_WRITTEN),
            (
                "rightsType",
                "marlin::a_broadband_licence_is_acquired_and_ends_with_its_rental",
            ),
            (
                "rental.periodEndTime",
                "marlin::a_broadband_licence_is_acquired_and_ends_with_its_rental",
            ),
            ("rental.playDuration", READ_AS_WRITTEN),
        ],
    ),
    (
        REDEMPTION,
        &[
            (
                "ExpressPlayToken",
                "licenses::a_token_may_travel_in_a_header",
            ),
            (
                "b",
                "marlin::an_ms3_token_is_redeemed_by_its_own_parameter_for_the_kids_that_it_has",
            ),
            (
                "challenge",
                "licenses::a_challenge_must_be_signed_by_its_own_key_for_this_token_and_now",
            ),
            (
                "kids",
                "marlin::an_ms3_token_is_redeemed_by_its_own_parameter_for_the_kids_that_it_has",
            ),
        ],
    ),
    (
        RECORDS,
        &[
            (
                "cookie",
                "records::records_are_found_by_each_of_the_four_methods",
            ),
            (
                "id",
                "records::records_are_found_by_each_of_the_four_methods",
            ),
            (
                "start",
                "records::records_are_found_by_each_of_the_four_methods",
            ),
            (
                "length",
                "records::records_are_found_by_each_of_the_four_methods",
            ),
        ],
    ),
    (
        RECORDS_BY_TIME,
        &[
            (
                "startTime",
                "records::records_are_found_by_time_and_the_archive_has_the_old_ones",
            ),
            (
                "endTime",
                "records::records_are_found_by_time_and_the_archive_has_the_old_ones",
            ),
        ],
    ),
    (
        KEY_STORAGE,
        &[
            ("kek", "keys::keys_under_different_keks_are_listed_together"),
            (
                "kid",
                "keys::the_golden_vector_goes_in_wrapped_and_comes_out_clear",
            ),
            (
                "k",
                "keys::the_golden_vector_goes_in_wrapped_and_comes_out_clear",
            ),
            (
                "ek",
                "keys::the_golden_vector_goes_in_wrapped_and_comes_out_clear",
            ),
            ("body", "keys::a_key_is_made_read_and_removed"),
        ],
    ),
];

/// Answers and rules that belong to no one parameter, by the API's section.
const RULES: &[(&str, &[(&str, &str)])] = &[
    (
        "1. Hosts",
        &[
            (
                "Each function at its own real host",
                "hosts::the_workflow_runs_over_the_real_services_own_hosts",
            ),
            (
                "An authenticator in the other environment: -2018",
                "hosts::an_authenticator_of_the_test_environment_is_refused_by_the_production_hosts",
            ),
            (
                "China's domain, and a second service's hosts",
                "token::tokens_are_redeemed_at_the_hosts_own_counterpart",
            ),
        ],
    ),
    (
        "2. Token generation",
        &[
            (
                "`GET` with a query, `POST` with a form",
                "tokens::a_token_is_made_by_get_with_a_query_and_by_post_with_a_form",
            ),
            (
                "A token uses no credit",
                "sandboxes::credits_are_used_up_by_licences_and_not_by_tokens",
            ),
            (
                "Unknown parameters are ignored, and names are case-sensitive",
                "tests::names_are_case_sensitive_and_unknown_ones_are_ignored",
            ),
            (
                "Several keys, by index",
                "tokens::several_keys_travel_in_one_token",
            ),
            (
                "Strict and lenient accounts",
                "tokens::a_strict_account_takes_a_request_that_the_guide_would",
            ),
            (
                "Widevine and FairPlay: 200, `text/uri-list`, a URL",
                "tokens::every_drm_answers_in_its_own_form",
            ),
            (
                "PlayReady: 200, JSON with `licenseAcquisitionUrl` and `token`",
                "tokens::every_drm_answers_in_its_own_form",
            ),
            (
                "MS3: 200, `text/uri-list`, a compound URL",
                "marlin::an_ms3_token_is_a_compound_url_of_licence_and_content",
            ),
            (
                "Broadband: 200, an `ActionToken` document",
                "marlin::a_broadband_token_is_an_action_token_in_its_namespace_and_shape",
            ),
            (
                "400 and 401, in html and JSON",
                "codes::each_code_of_token_generation_is_caused_in_html_and_json",
            ),
            (
                "404 and 405",
                "tokens::a_bad_url_is_404_and_a_bad_method_405",
            ),
            (
                "What public clients send",
                "marlin::what_public_clients_send_gets_a_token",
            ),
        ],
    ),
    (
        "3. Licence redemption",
        &[
            (
                "The token in the URL, or in a header",
                "licenses::a_token_may_travel_in_a_header",
            ),
            (
                "Browsers of any origin",
                "licenses::a_browser_of_any_origin_may_redeem_but_not_ask_for_tokens",
            ),
            (
                "The cookie is logged with the device_id",
                "records::by_cookie_come_issued_licences_alone",
            ),
            (
                "The cross-check",
                "licenses::a_token_bound_to_one_device_is_redeemed_by_it_and_refused_on_another",
            ),
            (
                "403, in html and JSON",
                "codes::each_code_of_redemption_is_caused_in_html_and_json",
            ),
            (
                "A challenge is good for one use",
                "licenses::a_challenge_is_good_for_one_use",
            ),
            (
                "A licence uses one credit",
                "sandboxes::credits_are_used_up_by_licences_and_not_by_tokens",
            ),
            (
                "A token's outer shape",
                "seal::a_token_has_the_outer_shape_of_a_real_one_under_a_version_of_its_own",
            ),
            (
                "No bit of a token can change",
                "seal::no_bit_of_a_token_can_be_flipped",
            ),
        ],
    ),
    (
        "4. Record retrieval",
        &[
            (
                "The latest 32, by cookie, by id, by window",
                "records::records_are_found_by_each_of_the_four_methods",
            ),
            (
                "By cookie: issued licences alone",
                "records::by_cookie_come_issued_licences_alone",
            ),
            (
                "More than one method: -2035",
                "records::more_than_one_method_or_half_of_one_is_refused",
            ),
            (
                "By time, and of the archive",
                "records::records_are_found_by_time_and_the_archive_has_the_old_ones",
            ),
            ("Lag", "records::a_lag_hides_what_is_new"),
        ],
    ),
    (
        "5. Key storage",
        &[
            (
                "`POST` without a body makes a key",
                "keys::a_key_is_made_read_and_removed",
            ),
            (
                "`POST` stores one",
                "keys::the_golden_vector_goes_in_wrapped_and_comes_out_clear",
            ),
            (
                "`GET` of one, `DELETE`, 404 with -4019",
                "keys::a_key_is_made_read_and_removed",
            ),
            (
                "`GET` of all",
                "keys::keys_under_different_keks_are_listed_together",
            ),
            (
                "The golden vector",
                "key_wrap::the_golden_vector_of_key_storage_unwraps_and_wraps",
            ),
        ],
    ),
    (
        "6. The sample entitlement server",
        &[
            (
                "`requestType` 1: time-based",
                "sees::a_time_based_token_plays_on_any_device_until_its_time_is_up",
            ),
            (
                "`requestType` 2: device registration",
                "sees::a_registration_is_for_the_dummy_clip_whatever_title_it_names_and_lives_a_minute",
            ),
            (
                "`requestType` 3: device-bound",
                "sees::a_device_that_registers_gets_the_film_and_no_other_device_does",
            ),
            (
                "`contentID`",
                "sees::every_title_is_found_by_its_content_id_however_that_is_written",
            ),
            (
                "`messageID`, `version`",
                "sees::an_answer_keeps_the_rules_of_message_id_and_version",
            ),
            (
                "`customerCookie`",
                "sees::there_is_no_bound_token_before_a_device_is_on_record",
            ),
            (
                "`isAllowed`, `error`, `errorText`",
                "sees::what_is_no_request_is_answered_in_the_same_form",
            ),
            (
                "Mutual TLS",
                "sees::who_shows_no_certificate_of_the_right_authority_gets_no_answer",
            ),
        ],
    ),
];

/// What shows a code, where it is not [`CODES`].
const OTHER_CODES: &[(i32, &str)] = &[
    (
        -2017,
        "codes::authentication_is_checked_before_anything_else",
    ),
    (
        -2018,
        "codes::authentication_is_checked_before_anything_else",
    ),
    (-3004, "codes::an_unknown_error_format_is_refused_in_html"),
    (
        -4001,
        "codes::each_code_of_redemption_is_caused_in_html_and_json",
    ),
    (
        -4010,
        "codes::each_code_of_redemption_is_caused_in_html_and_json",
    ),
    (
        -2019,
        "codes::each_code_of_redemption_is_caused_in_html_and_json",
    ),
];
const CODES: &str = "codes::each_code_of_token_generation_is_caused_in_html_and_json";
const NEVER: &str = "codes::every_code_is_either_caused_above_or_listed_as_never_caused";

/// The files that hold the tests above.
const FILES: &[(&str, &str)] = &[
    ("tests", "expressplay/src/token_request/tests.rs"),
    ("seal", "simulator/src/seal.rs"),
    ("token", "simulator/src/token.rs"),
    ("key_wrap", "simulator/src/key_wrap.rs"),
    ("hosts", "server/tests/api/hosts.rs"),
    ("rental", "server/tests/api/rental.rs"),
    ("sees", "server/tests/api/sees.rs"),
];

const INTRODUCTION: &str = "\
# What is shown by which test

Every parameter, answer and error of ExpressPlay's API, with the test that shows it. A test writes this page
from the tables that the simulator goes by, and fails where it would write it otherwise: see
`simulator/tests/api/coverage.rs`. What the simulator chose because nothing public says it is in
[`fidelity.md`](fidelity.md).

That each code is really earned by the parameter that it stands beside, in that call, is shown by
`codes::every_code_that_a_parameter_may_earn_is_caused_by_it` (-3004, which comes in html alone, by
`codes::an_unknown_error_format_is_refused_in_html`).
";

/// What shows a call's parameter. One that nothing shows has no place on the page.
fn shown_by(call: &str, name: &str) -> &'static str {
    let of_call = PARAMETERS.iter().find(|(known, _)| *known == call);
    let (_, all) = of_call.unwrap_or_else(|| panic!("no test is named for {call}"));
    let found = all.iter().find(|(known, _)| *known == name);
    let (_, test) = found.unwrap_or_else(|| panic!("no test is named for {name} of {call}"));
    test
}

/// Every call with its own parameters, those of every token request first.
fn calls() -> Vec<(&'static str, Vec<&'static Parameter>)> {
    let in_every = |one: &Parameter| {
        Drm::ALL
            .iter()
            .all(|drm| parameter::of_token(*drm).any(|it| it == one))
    };
    let shared = parameter::of_token(Drm::Widevine).filter(|one| in_every(one));
    let mut calls = vec![(EVERY_TOKEN, shared.collect())];
    for drm in Drm::ALL {
        let own = parameter::of_token(drm).filter(|one| !in_every(one));
        calls.push((drm.token_path(), own.collect()));
    }
    for (call, all) in [
        (REDEMPTION, parameter::REDEMPTION),
        (RECORDS, parameter::RECORDS),
        (RECORDS_BY_TIME, parameter::RECORDS_BY_TIME),
        (KEY_STORAGE, parameter::KEY_STORAGE),
    ] {
        calls.push((call, all.iter().collect()));
    }
    calls
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (section, rules) in RULES {
        write!(page, "\n## {section}\n\n| what | shown by |\n|---|---|\n").unwrap();
        for (what, test) in *rules {
            writeln!(page, "| {what} | `{test}` |").unwrap();
        }
    }
    page.push_str("\n## Parameters\n");
    for (call, all) in calls() {
        let heading = match call.starts_with('/') {
            true => format!("`{}`", call.replace(", ", "`, `")),
            false => call.to_owned(),
        };
        write!(
            page,
            "\n### {heading}\n\n| parameter | takes | earns | shown by |\n|---|---|---|---|\n"
        )
        .unwrap();
        for one in all {
            let name = one.name;
            let indexed = match one.indexed {
                true => format!("`, `{name}.0"),
                false => String::new(),
            };
            let codes: Vec<_> = one.codes.iter().map(ToString::to_string).collect();
            let (takes, codes, test) = (one.takes, codes.join(", "), shown_by(call, name));
            writeln!(page, "| `{name}{indexed}` | {takes} | {codes} | `{test}` |").unwrap();
        }
    }
    page.push_str("\n## Errors\n\n| code | meaning | shown by |\n|---|---|---|\n");
    for code in ErrorCode::ALL {
        let never = NOT_CAUSED.contains(code);
        let other = OTHER_CODES
            .iter()
            .find(|(number, _)| *number == code.number());
        let test = match (never, other) {
            (true, _) => NEVER,
            (false, Some((_, test))) => test,
            (false, None) => CODES,
        };
        let never = if never {
            " (no request causes it here)"
        } else {
            ""
        };
        writeln!(page, "| {code} | {}{never} | `{test}` |", code.text()).unwrap();
    }
    page
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn the_page_says_what_the_tables_say() {
    let file = root().join("docs/coverage.md");
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        there == page,
        "docs/coverage.md is stale: UPDATE_DOCS=1 cargo test -p simulator coverage writes it anew"
    );
}

#[test]
fn every_parameter_that_a_test_is_named_for_is_one() {
    let calls = calls();
    for (call, names) in PARAMETERS {
        let (_, all) = calls.iter().find(|(known, _)| known == call).unwrap();
        for (name, _) in *names {
            assert!(
                all.iter().any(|one| one.name == *name),
                "{call} has no {name}"
            );
        }
    }
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let page = page();
    let named: BTreeSet<_> = page.split('`').filter(|part| part.contains("::")).collect();
    assert!(named.len() > 30);
    for name in named {
        let (module, test) = name.split_once("::").unwrap();
        let own = format!("simulator/tests/api/{module}.rs");
        let known = FILES.iter().find(|(short, _)| *short == module);
        let file = known.map_or(own.as_str(), |(_, file)| file);
        let source = fs::read_to_string(root().join(file)).unwrap();
        assert!(
            source.contains(&format!("fn {test}(")),
            "{file} has no {test}"
        );
    }
}
