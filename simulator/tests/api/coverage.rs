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

/// What a parameter does when it is right, by name; what it earns when it is wrong is
/// [`CODES`]' to show.
const PARAMETERS: &[(&str, &str)] = &[
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
    ("generalFlags", "tests::a_request_is_read_as_it_was_written"),
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
    (
        "contentId",
        "marlin::an_ms3_token_is_redeemed_by_its_own_parameter_for_the_kids_that_it_has",
    ),
    (
        "rental.periodEndTime",
        "rental::a_token_for_a_rental_does_not_outlive_it",
    ),
    (
        "rightsType",
        "rental::a_token_for_a_rental_does_not_outlive_it",
    ),
    ("iv", "tests::a_request_is_read_as_it_was_written"),
    (
        "contentURL",
        "marlin::an_ms3_token_is_a_compound_url_of_licence_and_content",
    ),
    (
        "ms3Scheme",
        "marlin::an_ms3_token_is_a_compound_url_of_licence_and_content",
    ),
    (
        "ms3SchemeType",
        "marlin::an_ms3_token_is_a_compound_url_of_licence_and_content",
    ),
    (
        "ms3Extension",
        "tests::an_ms3_extension_is_one_parameter_or_three",
    ),
    (
        "extensionType",
        "tests::an_ms3_extension_is_one_parameter_or_three",
    ),
    (
        "extensionPayload",
        "tests::an_ms3_extension_is_one_parameter_or_three",
    ),
    (
        "extensionCriticalFlag",
        "tests::an_ms3_extension_is_one_parameter_or_three",
    ),
    (
        "outputControlOverride",
        "marlin::what_public_clients_send_gets_a_token",
    ),
    (
        "actionTokenType",
        "marlin::a_device_is_registered_and_taken_back_and_no_credit_is_used",
    ),
    (
        "userId",
        "marlin::a_device_is_registered_and_taken_back_and_no_credit_is_used",
    ),
    (
        "userKey",
        "marlin::a_device_is_registered_and_taken_back_and_no_credit_is_used",
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
    (
        "startTime",
        "records::records_are_found_by_time_and_the_archive_has_the_old_ones",
    ),
    (
        "endTime",
        "records::records_are_found_by_time_and_the_archive_has_the_old_ones",
    ),
    ("k", "keys::a_key_is_made_read_and_removed"),
    ("body", "keys::a_key_is_made_read_and_removed"),
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
];
/// What shows that a parameter is read and carried as it was written.
const READ_AS_WRITTEN: &str = "tests::a_request_is_read_as_it_was_written";

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

That each code of a parameter's is really earned by that parameter is shown by
`codes::every_code_that_a_parameter_may_earn_is_caused_by_it`.
";

fn shown_by(parameter: &Parameter) -> &'static str {
    PARAMETERS
        .iter()
        .find(|(name, _)| *name == parameter.name)
        .map_or(READ_AS_WRITTEN, |(_, test)| test)
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
    let mut seen = BTreeSet::new();
    let tokens = Drm::ALL.map(|drm| {
        let title = format!("`{}`", drm.token_path());
        (title, parameter::of_token(drm).collect::<Vec<_>>())
    });
    let others = [
        ("Redemption", parameter::REDEMPTION),
        ("`/cmiapi/getrecord/`", parameter::RECORDS),
        (
            "`/cmiapi/getrecordbytime/`, `/cmiapi/getarchivedrecord/`",
            parameter::RECORDS_BY_TIME,
        ),
        ("`/keystore/keys`", parameter::KEY_STORAGE),
    ];
    let others = others.map(|(title, all)| (title.to_owned(), all.iter().collect()));
    let every = Drm::ALL.map(|drm| parameter::of_token(drm).collect::<Vec<_>>());
    let in_every = |one: &Parameter| every.iter().all(|all| all.contains(&one));
    for (title, all) in tokens.into_iter().chain(others) {
        let is_token = title.starts_with("`/hms");
        let heading = match (is_token, seen.is_empty()) {
            (true, true) => "Every token request, then Widevine's own".to_owned(),
            _ => title,
        };
        write!(
            page,
            "\n### {heading}\n\n| parameter | takes | earns | shown by |\n|---|---|---|---|\n"
        )
        .unwrap();
        for one in all {
            if is_token && in_every(one) && !seen.insert(one.name) {
                continue;
            }
            let codes: Vec<_> = one.codes.iter().map(ToString::to_string).collect();
            let index = if one.indexed { "`, `" } else { "" };
            let indexed = match one.indexed {
                true => format!("{index}{}.0", one.name),
                false => String::new(),
            };
            writeln!(
                page,
                "| `{}{indexed}` | {} | {} | `{}` |",
                one.name,
                one.takes,
                codes.join(", "),
                shown_by(one)
            )
            .unwrap();
        }
    }
    page.push_str("\n## Errors\n\n| code | meaning | shown by |\n|---|---|---|\n");
    for code in ErrorCode::ALL {
        let never = [-2003, -2030, -6002, -6004, -6005, -6006, -7008].contains(&code.number());
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
