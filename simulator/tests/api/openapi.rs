//! What the API says it looks like, and the page that shows it.

use std::collections::BTreeSet;

use expressplay::{Drm, parameter};
use reqwest::StatusCode;
use serde_json::Value;

use crate::help::Bench;

async fn document(bench: &Bench, name: &str) -> Value {
    let url = bench.url(&format!("/openapi/{name}.json"));
    let response = bench.http.get(url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

/// Every `$ref` in a document, followed.
fn check_references(document: &Value, place: &Value) {
    match place {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            members
                .values()
                .for_each(|it| check_references(document, it));
        }
        Value::Array(items) => items.iter().for_each(|it| check_references(document, it)),
        _ => {}
    }
}

#[tokio::test]
async fn both_apis_are_described_in_openapi_3_1() {
    let bench = Bench::start().await;
    for name in ["expressplay", "control"] {
        let document = document(&bench, name).await;
        assert_eq!(document["openapi"], "3.1.0");
        check_references(&document, &document);
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.values().flat_map(|path| path.as_object().unwrap());
        let ids: Vec<_> = operations
            .map(|(_, operation)| operation["operationId"].as_str().unwrap())
            .collect();
        let distinct: BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{ids:?}");
        assert!(ids.len() > 20, "{ids:?}");
    }
}

#[tokio::test]
async fn every_parameter_of_every_token_request_is_described() {
    let bench = Bench::start().await;
    let document = document(&bench, "expressplay").await;
    for drm in Drm::ALL {
        let path = &document["paths"][drm.token_path()];
        let query: BTreeSet<_> = path["get"]["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let form = "application/x-www-form-urlencoded";
        let form = &path["post"]["requestBody"]["content"][form]["schema"]["properties"];
        for known in parameter::of_token(drm) {
            assert!(query.contains(known.name), "{drm} {}", known.name);
            assert!(form.get(known.name).is_some(), "{drm} {}", known.name);
        }
    }
}

#[tokio::test]
async fn the_page_that_shows_it_needs_no_other_host() {
    let bench = Bench::start().await;
    let page = bench.http.get(bench.url("/docs")).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.url().path().ends_with("/docs/"));
    let page = page.text().await.unwrap();
    assert!(page.contains("swagger-ui"), "{page}");
    assert!(!page.contains("://"), "{page}");
    let script = bench.url("/docs/swagger-ui-bundle.js");
    let script = bench.http.get(script).send().await.unwrap();
    assert_eq!(script.status(), StatusCode::OK);
    let setup = bench.url("/docs/swagger-initializer.js");
    let setup = bench
        .http
        .get(setup)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for name in ["expressplay", "control"] {
        assert!(setup.contains(&format!("/openapi/{name}.json")), "{setup}");
    }
}

#[tokio::test]
async fn a_simulator_without_a_control_plane_describes_none() {
    let bench = Bench::with(simulator::Simulator::builder().control(false)).await;
    let url = bench.url("/openapi/control.json");
    let response = bench.http.get(url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    document(&bench, "expressplay").await;
}

#[tokio::test]
async fn a_fault_that_is_there_has_more_members_than_one_that_is_asked_for() {
    let bench = Bench::start().await;
    let document = document(&bench, "control").await;
    let schemas = &document["components"]["schemas"];
    assert!(schemas["NewFault"]["properties"]["effect"].is_object());
    let closed = &schemas["NewFault"]["additionalProperties"];
    assert_ne!(
        closed,
        &Value::Bool(false),
        "FaultState has members of its own"
    );
}
