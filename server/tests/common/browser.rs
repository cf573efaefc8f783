//! A browser without script, and with the calls that islands make: cookies, forms, JSON, and a
//! device of its own.

use std::{collections::HashMap, sync::Mutex};

use app::{
    i18n::Locale,
    model::{HandOver, Order, Playing, Registered, Registration},
    problem::Problem,
};
use expressplay::License;
use reqwest::{RequestBuilder, StatusCode, header, redirect};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Device, GOOD_CARD, TestShop};

pub(crate) struct Browser {
    base: String,
    http: reqwest::Client,
    jar: Mutex<HashMap<String, String>>,
    pub(crate) device: Device,
}

/// What came back for a page or a form.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    pub(crate) set_cookies: Vec<String>,
    /// Its Content-Security-Policy.
    pub(crate) policy: String,
    pub(crate) html: String,
}

impl Page {
    /// Whether the page tells of a problem, in its words; some are marked as ExpressPlay's.
    pub(crate) fn tells_of(&self, problem: &Problem) -> bool {
        let after_tags = self.html.split('<').filter_map(|part| part.split_once('>'));
        let text: String = after_tags.map(|(_, text)| text).collect();
        text.contains(&problem.what(Locale::en))
    }

    /// The value of a hidden field.
    pub(crate) fn field(&self, name: &str) -> String {
        let input = self
            .html
            .split("<input")
            .find(|input| input.contains(&format!("name=\"{name}\"")))
            .unwrap_or_else(|| panic!("the page has no field {name}: {}", self.html));
        input
            .split("value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    }
}

impl Browser {
    pub(crate) fn new(base: &str) -> Self {
        let http = super::http()
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            base: base.to_owned(),
            http,
            jar: Mutex::default(),
            device: Device::new(),
        }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.jar
            .lock()
            .unwrap()
            .insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn forget_cookie(&self, name: &str) {
        self.jar.lock().unwrap().remove(name).unwrap();
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(self.http.get(format!("{}{path}", self.base)))
            .await
    }

    /// An answer that goes on for as long as there is more.
    pub(crate) async fn listen(&self, path: &str) -> reqwest::Response {
        let request = self.http.get(format!("{}{path}", self.base));
        let answer = request.header(header::COOKIE, self.cookies()).send().await;
        answer.unwrap().error_for_status().unwrap()
    }

    fn cookies(&self) -> String {
        let jar = self.jar.lock().unwrap();
        let pairs: Vec<_> = jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.form(path, fields)).await
    }

    /// A form, to be sent.
    pub(crate) fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        self.http
            .post(format!("{}{path}", self.base))
            .header(header::ACCEPT, "text/html")
            .form(fields)
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Page {
        self.try_send(request).await.unwrap()
    }

    /// Sends a request to a server that may die meanwhile.
    pub(crate) async fn try_send(&self, request: RequestBuilder) -> Result<Page, reqwest::Error> {
        let answer = request
            .header(header::COOKIE, self.cookies())
            .send()
            .await?;
        let text = |name| {
            let values = answer.headers().get_all(name).into_iter();
            values
                .map(|value| value.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let set_cookies = text(header::SET_COOKIE);
        for cookie in &set_cookies {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.set_cookie(name, value);
        }
        Ok(Page {
            status: answer.status(),
            location: text(header::LOCATION).pop(),
            set_cookies,
            policy: text(header::CONTENT_SECURITY_POLICY).concat(),
            html: answer.text().await?,
        })
    }

    /// A call as an island makes it, to be sent.
    pub(crate) fn json(&self, function: &str, arguments: &Value) -> RequestBuilder {
        self.http
            .post(format!("{}/api/{function}", self.base))
            .json(arguments)
    }

    /// A call as an island makes it.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        function: &str,
        arguments: Value,
    ) -> Result<T, Problem> {
        let page = self.send(self.json(function, &arguments)).await;
        if page.status.is_success() {
            Ok(serde_json::from_str(&page.html).unwrap())
        } else {
            Err(serde_json::from_str(&page.html).unwrap_or_else(|_| panic!("{}", page.html)))
        }
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Page {
        self.post("/api/sign_in", &[("email", email), ("password", password)])
            .await
    }

    pub(crate) async fn is_signed_in(&self) -> bool {
        self.get("/").await.html.contains("/api/sign_out")
    }

    pub(crate) async fn begin(&self) -> Result<Registration, Problem> {
        self.call("begin_registration", json!({})).await
    }

    pub(crate) async fn finish(&self, id: Uuid) -> Result<Registered, Problem> {
        self.call("finish_registration", json!({ "id": id })).await
    }

    /// Steps 1 to 3, but for the server's look at the record: this browser's device plays the
    /// dummy clip.
    pub(crate) async fn play_dummy(&self, shop: &TestShop) -> Registration {
        let registration = self.begin().await.unwrap();
        let token_url = &registration.dummy.token_url;
        let dummy = &shop.catalogue.dummy;
        self.device.redeem(token_url, dummy).await.unwrap();
        registration
    }

    /// Steps 1 to 3.
    pub(crate) async fn register(&self, shop: &TestShop) -> Registered {
        let registration = self.play_dummy(shop).await;
        self.finish(registration.id).await.unwrap()
    }

    /// The checkout's form, filled in.
    pub(crate) async fn checkout(&self, slug: &str, kind: &str) -> Vec<(&'static str, String)> {
        let page = self.get(&format!("/checkout/{slug}/{kind}")).await;
        vec![
            ("slug", page.field("slug")),
            ("kind", page.field("kind")),
            ("order_key", page.field("order_key")),
            ("card_number", GOOD_CARD.to_owned()),
        ]
    }

    /// Sends an order form; a failure comes back as the page that tells of it.
    pub(crate) async fn order(&self, form: &[(&'static str, String)]) -> Result<(), Page> {
        let fields: Vec<_> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let answer = self.post("/api/place_order", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.html);
        let location = answer.location.unwrap();
        if location.starts_with("/watch/") {
            Ok(())
        } else {
            Err(self.get(&location).await)
        }
    }

    /// Orders a title for this browser's device, as the checkout page would.
    pub(crate) async fn obtain(&self, slug: &str, kind: &str) {
        let form = self.checkout(slug, kind).await;
        if let Err(page) = self.order(&form).await {
            panic!("the order fails: {}", page.html);
        }
    }

    pub(crate) async fn hand_over(&self, slug: &str) -> Result<HandOver, Problem> {
        self.call("hand_over", json!({ "slug": slug })).await
    }

    /// Steps 5 to 7: a bound token, and this browser's device asks for a licence with it.
    pub(crate) async fn play(&self, shop: &TestShop, slug: &str) -> Result<(Order, License), i32> {
        let handed = self.hand_over(slug).await.unwrap();
        let license = self
            .device
            .redeem(&handed.token_url, shop.clip(slug))
            .await?;
        Ok((handed.order.unwrap(), license))
    }

    pub(crate) async fn playing(&self, order: Uuid) -> Result<Playing, Problem> {
        self.call("playing", json!({ "order": order })).await
    }
}
