//! Which language an answer is in, and how a viewer chooses it.

use reqwest::{RequestBuilder, StatusCode};

use crate::common::TestShop;

/// The page that answers with this header.
async fn page_with(shop: &TestShop, path: &str, (name, value): (&str, &str)) -> String {
    let url = format!("{}{path}", shop.storefront.url());
    let request = reqwest::Client::new().get(url).header(name, value);
    text_of(request).await
}

async fn text_of(request: RequestBuilder) -> String {
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_page_is_in_the_language_that_the_request_asks_for() {
    let shop = TestShop::open().await;
    for asks in [
        ("accept-language", "sv-SE,sv;q=0.9,en;q=0.8"),
        ("cookie", "locale=sv"),
    ] {
        let page = page_with(&shop, "/title/tidewater", asks).await;
        assert!(page.contains(r#"<html lang="sv-SE""#), "{asks:?}");
        assert!(page.contains("Havet stiger för att möta månen."));
        assert!(!page.contains("The sea comes up to meet the moon."));
    }
    let page = page_with(&shop, "/title/tidewater", ("accept-language", "de")).await;
    assert!(page.contains(r#"<html lang="en-GB""#));
    assert!(page.contains("The sea comes up to meet the moon."));
}

#[tokio::test]
async fn a_choice_is_kept_for_a_year_and_leads_back_to_the_page() {
    let shop = TestShop::open().await;
    let browser = shop.browser();
    let form = [("language", "sv"), ("back", "/title/tidewater?from=shelf")];
    let answer = browser.post("/api/choose_language", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let back = answer.location.as_deref();
    assert_eq!(back, Some("/title/tidewater?from=shelf"));
    let cookie = answer.set_cookies.join("\n");
    assert!(cookie.starts_with("locale=sv;"), "{cookie}");
    for part in ["Path=/", "SameSite=Lax", "Max-Age=31536000", "HttpOnly"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    let page = browser.get("/signin").await;
    assert!(page.html.contains("Logga in") && !page.html.contains("Sign in"));
}

#[tokio::test]
async fn a_choice_leads_to_no_other_site_and_to_no_other_language() {
    let shop = TestShop::open().await;
    for (language, back) in [
        ("tlh", "/devices"),
        ("sv", "//evil.example/"),
        ("sv", "https://evil.example/"),
        ("", ""),
    ] {
        let form = [("language", language), ("back", back)];
        let answer = shop.browser().post("/api/choose_language", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let expected = if back.starts_with("/d") { back } else { "/" };
        assert_eq!(answer.location.as_deref(), Some(expected));
        assert_eq!(answer.set_cookies.is_empty(), language != "sv");
    }
}

#[tokio::test]
async fn what_is_refused_in_plain_text_is_refused_in_the_viewers_language() {
    let shop = TestShop::open().await;
    let url = format!("{}/api/sign_out", shop.storefront.url());
    let post = || {
        let post = reqwest::Client::new().post(&url);
        post.header("cookie", "locale=sv")
    };
    let foreign = post().header("sec-fetch-site", "cross-site");
    assert!(
        text_of(foreign)
            .await
            .starts_with("Begäran kom från en annan webbplats")
    );
    let long = post().body("x".repeat(100_000));
    assert_eq!(text_of(long).await, "Begäran är för lång.\n");
}
