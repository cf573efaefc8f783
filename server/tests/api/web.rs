//! Files, headers, health, and pages that are not there.

use reqwest::{Method, StatusCode};

use crate::common::{ALICE, TestShop};

async fn shop_with_files() -> TestShop {
    let shop = TestShop::open().await;
    let site = shop.folder.path().join("site");
    for (folder, file, content) in [
        ("pkg", "bindery.wasm", "wasm"),
        ("pkg", "bindery.wasm.br", "compressed"),
        ("titles/tidewater", "video-1.m4s", "0123456789"),
    ] {
        std::fs::create_dir_all(site.join(folder)).unwrap();
        std::fs::write(site.join(folder).join(file), content).unwrap();
    }
    shop
}

#[tokio::test]
async fn encrypted_titles_can_be_read_in_parts() {
    let shop = shop_with_files().await;
    let url = format!("{}/titles/tidewater/video-1.m4s", shop.storefront.url());
    let http = reqwest::Client::new();
    let answer = http
        .get(&url)
        .header("range", "bytes=2-4")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(answer.headers()["content-range"], "bytes 2-4/10");
    assert_eq!(answer.text().await.unwrap(), "234");
    let beyond = http
        .get(&url)
        .header("range", "bytes=20-")
        .send()
        .await
        .unwrap();
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    let head = http.head(&url).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], "10");
    assert!(
        head.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("max-age")
    );
}

#[tokio::test]
async fn files_that_were_compressed_at_build_time_are_sent_so() {
    let shop = shop_with_files().await;
    let url = format!("{}/pkg/bindery.wasm", shop.storefront.url());
    let http = reqwest::Client::new();
    let answer = http
        .get(&url)
        .header("accept-encoding", "br")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-encoding"], "br");
    assert_eq!(answer.headers()["content-type"], "application/wasm");
    assert_eq!(answer.text().await.unwrap(), "compressed");
    assert_eq!(
        http.get(&url).send().await.unwrap().text().await.unwrap(),
        "wasm"
    );
}

#[tokio::test]
async fn nothing_outside_the_site_is_served() {
    let shop = shop_with_files().await;
    std::fs::write(
        shop.folder.path().join("secret.txt"),
        "what nobody may read",
    )
    .unwrap();
    for path in [
        "/..%2fsecret.txt",
        "/pkg/..%2f..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/pkg/",
    ] {
        let page = shop.browser().get(path).await;
        assert_ne!(page.status, StatusCode::OK, "{path}");
        assert!(!page.html.contains("what nobody may read"), "{path}");
    }
}

#[tokio::test]
async fn a_page_that_is_not_there_says_so_in_the_shops_own_dress() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let page = alice.get("/no/such/page").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.html.contains("<main") && page.html.contains("Alice"));
}

#[tokio::test]
async fn a_slash_at_the_end_leads_to_the_page_without() {
    let shop = TestShop::open().await;
    let nobody = shop.browser();
    for (asked, place) in [
        ("/workflow/", "/workflow"),
        ("/title/tidewater//", "/title/tidewater"),
        ("/signin/?next=%2Fdevices", "/signin?next=%2Fdevices"),
    ] {
        let answer = nobody.get(asked).await;
        assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT, "{asked}");
        assert_eq!(answer.location.as_deref(), Some(place));
    }
    // Nor does it lead away.
    for elsewhere in [
        "//evil.example/",
        "//evil.example//",
        "//",
        "/\\evil.example/",
    ] {
        let answer = nobody.get(elsewhere).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{elsewhere}");
        assert_eq!(answer.location, None);
    }
}

#[tokio::test]
async fn every_answer_carries_its_guards_and_pages_their_policy() {
    let shop = shop_with_files().await;
    let http = reqwest::Client::new();
    for path in ["/", "/healthz", "/pkg/bindery.wasm", "/nowhere"] {
        let answer = http
            .get(format!("{}{path}", shop.storefront.url()))
            .send()
            .await
            .unwrap();
        let headers = answer.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
    }
    let page = http.get(shop.storefront.url()).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains(&format!("connect-src 'self' {};", shop.simulator().url())),
        "{policy}"
    );
    assert_eq!(page.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_healthy_shop_says_so() {
    let shop = TestShop::open().await;
    let browser = shop.browser();
    assert_eq!(browser.get("/healthz").await.html, "ok\n");
    let ready = browser.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    assert_eq!(ready.html, r#"{"database":true,"expressplay":true}"#);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let shop = TestShop::open().await;
    let browser = shop.browser();
    let long = "x".repeat(100_000);
    let answer = browser
        .post("/api/sign_in", &[("email", ALICE), ("password", &long)])
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_file_can_be_read_and_nothing_else() {
    let shop = shop_with_files().await;
    let url = format!("{}/pkg/bindery.wasm", shop.storefront.url());
    let answer = reqwest::Client::new()
        .request(Method::DELETE, url)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(shop.folder.path().join("site/pkg/bindery.wasm").exists());
}
