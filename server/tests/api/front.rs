//! The shop's front: searches, what pages tell of themselves, and pages of failures.

use reqwest::{Method, RequestBuilder, StatusCode, header};

use crate::common::{ALICE, TestShop, browser::Page};

/// The names of the films that a page shows as cards, in order.
fn cards(page: &Page) -> Vec<&str> {
    let items = page.html.split("<li data-title=\"").skip(1);
    let items = items.map(|item| item.split_once("\" ").unwrap());
    items
        .filter(|(_, rest)| rest.starts_with("class=\"card\""))
        .map(|(slug, _)| slug)
        .collect()
}

/// What the page's head says under a name.
fn told<'a>(page: &'a Page, name: &str) -> Vec<&'a str> {
    let tags = page.html.split("<meta ").skip(1);
    let tags = tags.filter_map(|tag| tag.split('>').next());
    tags.filter(|tag| tag.contains(&format!("\"{name}\"")))
        .map(|tag| tag.split("content=\"").nth(1).unwrap())
        .map(|content| content.split('"').next().unwrap())
        .collect()
}

fn title(page: &Page) -> &str {
    let title = page.html.split("<title>").nth(1).unwrap();
    title.split('<').next().unwrap()
}

#[tokio::test]
async fn a_search_finds_films_by_what_is_said_of_them() {
    let shop = TestShop::open().await;
    let browser = shop.browser();
    for (query, found) in [
        ("q=MOON", &["tidewater"][..]),
        ("q=tide+water", &["tidewater"]),
        ("genre=slow-cinema", &["koi-in-september"]),
        (
            "genre=animation&sort=name",
            &["circle-square", "paper-morning"],
        ),
        ("q=nobody+would+say+this", &[]),
    ] {
        let page = browser.get(&format!("/?{query}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(cards(&page), found, "{query}");
    }
    let page = browser.get("/?q=moon").await;
    assert_eq!(title(&page), "1 film for “moon” · Bindery");
    let nothing = browser.get("/?q=nobody+would+say+this&genre=city").await;
    assert!(title(&nothing).starts_with("No film for “nobody would say this”, City"));
    assert!(nothing.html.contains("There is a gap on the shelf"));
}

#[tokio::test]
async fn a_search_reads_the_viewers_language_with_and_without_its_accents() {
    let shop = TestShop::open().await;
    let browser = shop.browser();
    browser.set_cookie("locale", "sv");
    for query in ["q=m%C3%A5nen", "q=manen", "q=M%C3%85NEN"] {
        let page = browser.get(&format!("/?{query}")).await;
        assert_eq!(cards(&page), ["tidewater"], "{query}");
    }
    assert!(cards(&browser.get("/?q=moon").await).is_empty());
    // A genre's address is the same in every language.
    let page = browser.get("/?genre=nature").await;
    assert_eq!(title(&page), "3 filmer, Natur · Bindery");
}

#[tokio::test]
async fn an_address_that_makes_no_sense_shows_the_whole_shelf() {
    let shop = TestShop::open().await;
    let browser = shop.browser();
    for query in [
        "",
        "q=&genre=&sort=",
        "genre=horror",
        "sort=%F0%9F%A6%80",
        "q=%FF",
        "genre=..%2F",
    ] {
        let page = browser.get(&format!("/?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        if query != "q=%FF" {
            assert_eq!(cards(&page).len(), shop.catalogue.titles.len(), "{query}");
        }
    }
}

#[tokio::test]
async fn what_is_searched_for_is_shown_as_text() {
    let shop = TestShop::open().await;
    let page = shop
        .browser()
        .get("/?q=%3C/title%3E%3Cscript%3Ealert(1)%3C/script%3E%22%26lt;")
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.html.contains("<script>alert"));
    let shown = "“&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;\"&amp;lt;”";
    assert!(
        title(&page).contains(&shown.replace("&gt;", ">")),
        "{}",
        title(&page)
    );
    assert!(page.html.contains(shown));
}

#[tokio::test]
async fn what_a_viewer_has_stands_first_and_plays_from_there() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register(&shop).await;
    assert!(!alice.get("/").await.html.contains("yours-heading"));
    alice.obtain("slow-ink", "buy").await;
    let page = alice.get("/").await;
    assert!(page.html.contains("yours-heading"));
    assert!(page.html.contains("href=\"/watch/slow-ink?play\""));
    assert!(!page.html.contains("href=\"/watch/tidewater?play\""));
}

#[tokio::test]
async fn a_page_tells_of_itself_once_and_names_the_shops_own_place_alone() {
    let public = "https://films.example.com";
    let shop = TestShop::open_with(|settings| {
        settings.public_url = Some(public.parse().unwrap());
    })
    .await;
    let browser = shop.browser();
    let request = |path: &str| -> RequestBuilder {
        let url = format!("{}{path}", shop.storefront.url());
        reqwest::Client::new()
            .get(url)
            .header(header::HOST, "evil.example")
    };
    for (path, picture) in [
        ("/?q=moon", "/share.jpg"),
        ("/title/tidewater", "/posters/tidewater-wide.webp"),
        ("/signin", "/share.jpg"),
    ] {
        let page = browser.send(request(path)).await;
        assert!(!page.html.contains("evil.example"), "{path}");
        assert_eq!(told(&page, "description").len(), 1, "{path}");
        assert_eq!(told(&page, "og:image"), [format!("{public}{picture}")]);
        let place = path.split('?').next().unwrap();
        assert_eq!(told(&page, "og:url"), [format!("{public}{place}")]);
    }
    let page = browser.get("/title/tidewater").await;
    assert_eq!(told(&page, "og:title"), ["Tidewater"]);
    assert!(told(&page, "description")[0].starts_with("The sea comes up to meet the moon."));
}

#[tokio::test]
async fn a_database_that_fails_makes_a_page_that_says_so() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let nobody = shop.browser();
    sqlx::query("drop table orders")
        .execute(&shop.database)
        .await
        .unwrap();
    for (language, heading) in [("en", "A page came loose"), ("sv", "Ett blad har lossnat")] {
        alice.set_cookie("locale", language);
        for path in ["/", "/title/tidewater"] {
            let page = alice.get(path).await;
            assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
            assert!(page.html.contains(heading), "{path}");
            assert!(page.html.contains("<main") && page.html.contains("Alice"));
            assert!(!page.html.contains("no such table"), "{path}");
        }
    }
    // Who is nobody needs no orders.
    assert_eq!(nobody.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_there_is_a_page_in_both_languages() {
    let shop = TestShop::open().await;
    let browser = shop.browser();
    for (language, heading, missing) in [
        ("en", "This leaf is missing", "Not on our shelves"),
        ("sv", "Det här bladet saknas", "Finns inte på våra hyllor"),
    ] {
        browser.set_cookie("locale", language);
        for (path, heading) in [
            ("/no/such/page", heading),
            ("/titles/tidewater/no-such-file.m4s", heading),
            ("/title/no-such-film", missing),
            ("/title/No%20Slug", missing),
        ] {
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
            assert!(page.html.contains(heading), "{path}");
            assert!(page.html.contains("name=\"q\""), "{path} offers a search");
        }
    }
}

#[tokio::test]
async fn a_browser_that_is_refused_gets_a_page_and_a_program_a_status() {
    let shop = TestShop::open().await;
    let url = |path: &str| format!("{}{path}", shop.storefront.url());
    let http = reqwest::Client::new();
    let long = || http.post(url("/api/sign_in")).body("x".repeat(100_000));
    let foreign = || {
        http.post(url("/api/sign_out"))
            .header("sec-fetch-site", "cross-site")
    };
    let other = || http.request(Method::DELETE, url("/favicon.svg"));
    let posted = || http.post(url("/title/tidewater"));
    for (asks, status, said) in [
        (
            long(),
            StatusCode::PAYLOAD_TOO_LARGE,
            "This request is too long.",
        ),
        (
            foreign(),
            StatusCode::FORBIDDEN,
            "This request came from another site",
        ),
        (
            other(),
            StatusCode::METHOD_NOT_ALLOWED,
            "no request of that kind",
        ),
        (
            posted(),
            StatusCode::METHOD_NOT_ALLOWED,
            "no request of that kind",
        ),
    ] {
        let asks = asks.header(header::ACCEPT, "text/html,*/*;q=0.8");
        let page = shop.browser().send(asks).await;
        assert_eq!(page.status, status);
        assert!(
            page.html.contains("<main") && page.html.contains(said),
            "{said}"
        );
        assert!(page.policy.contains("script-src 'self' 'nonce-"), "{said}");
        assert!(
            page.html.contains("name=\"back\" value=\"/\""),
            "no way back into a form"
        );
    }
    let answer = long().send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "This request is too long.\n");
    let answer = posted()
        .header(header::ACCEPT, "text/html")
        .send()
        .await
        .unwrap();
    assert!(
        answer.headers()[header::ALLOW]
            .to_str()
            .unwrap()
            .contains("GET")
    );
}
