//! `expressplay::Client` against a simulator: what the workflow's tests do not call, and what goes
//! wrong on the way.

use std::time::Duration;

use expressplay::{
    Client, ClientError, ContentKey, Cookie, KeyId, RecordQuery, TokenRequest,
    client::{CookieCarrier, Options},
    key_storage::KeyToStore,
    token_request::{Common, KeySource, Rights, Track, Widevine},
};
use simulator::Simulator;

use crate::common::{Gateway, Mood};

const KID: &str = "00112233445566778899aabbccddeeff";

struct Bench {
    _simulator: Simulator,
    gateway: Gateway,
    client: Client,
}

impl Bench {
    async fn start() -> Self {
        let simulator = Simulator::start().await.unwrap();
        let gateway = Gateway::to(simulator.url()).await;
        let options = Options {
            timeout: Duration::from_secs(20),
            min_wait: Duration::from_millis(1),
            ..Options::default()
        };
        let account = simulator.accounts()[0].authenticator.clone();
        let base = gateway.url.parse().unwrap();
        Self {
            client: Client::with_options(base, account, &options).unwrap(),
            gateway,
            _simulator: simulator,
        }
    }

    /// The paths that were asked for while something was done.
    async fn calls_of<T>(&self, done: impl Future<Output = T>) -> (T, usize) {
        let before = self.gateway.calls().len();
        let result = done.await;
        (result, self.gateway.calls().len() - before)
    }
}

fn kid() -> KeyId {
    KID.parse().unwrap()
}

fn request() -> TokenRequest {
    let key = KeySource::Clear(ContentKey::from_bytes([7; 16]));
    TokenRequest {
        common: Common {
            cookie: Some(Cookie::from_random([1; 16])),
            ..Common::default()
        },
        rights: Rights::Widevine(Widevine {
            tracks: vec![Track::new(kid(), key)],
            ..Widevine::default()
        }),
    }
}

fn code<T>(answer: Result<T, ClientError>) -> i32 {
    match answer.map(|_| ()) {
        Err(ClientError::Refused { code, .. }) => code,
        other => panic!("no refusal: {other:?}"),
    }
}

#[tokio::test]
async fn keys_are_made_stored_read_listed_and_deleted() {
    let Bench { client, .. } = &Bench::start().await;
    let kek = "11111111111111111111111111111111".parse().unwrap();
    let made = client.make_key(&kek).await.unwrap();
    assert_eq!(made.k.as_ref().unwrap().len(), 32);

    let key = KeyToStore {
        kid: Some(KID.to_owned()),
        content_id: Some("a film".to_owned()),
        ek: Some("61A9D3B082AAB5A918EBB86461DA475BD80CA4A83CEA16B6".to_owned()),
        ..KeyToStore::default()
    };
    let stored = client.store_key(&key, None).await.unwrap();
    assert_eq!((stored.kid, stored.k), (KID.to_uppercase(), None));
    let open = client.key(&kid(), Some(&kek)).await.unwrap();
    assert_eq!(open.k.unwrap(), "F2434CA0F6A7DE822574BF2F8190F6CD");
    assert_eq!(open.content_id.as_deref(), Some("a film"));

    let all = client.keys(None).await.unwrap();
    assert_eq!(all.len(), 2);
    assert!(all.iter().any(|key| key.kid == made.kid));
    assert!(all.iter().all(|key| key.k.is_none()));

    client.delete_key(&kid()).await.unwrap();
    assert_eq!(client.keys(Some(&kek)).await.unwrap().len(), 1);
    assert_eq!(code(client.key(&kid(), None).await), -4019);
    assert_eq!(code(client.delete_key(&kid()).await), -4019);
}

#[tokio::test]
async fn a_key_of_any_name_has_a_path_of_its_own() {
    let Bench { client, .. } = &Bench::start().await;
    let kek = "11111111111111111111111111111111".parse().unwrap();
    let name = "^a/b?c d%é";
    let key = KeyToStore {
        kid: Some(name.to_owned()),
        k: Some("000102030405060708090A0B0C0D0E0F".to_owned()),
        ..KeyToStore::default()
    };
    client.store_key(&key, Some(&kek)).await.unwrap();
    let found = client
        .key(&name.parse().unwrap(), Some(&kek))
        .await
        .unwrap();
    assert_eq!((found.kid.as_str(), found.k), (name, key.k));
}

#[tokio::test]
async fn what_is_safe_to_repeat_is_repeated_and_nothing_else() {
    let bench = &Bench::start().await;
    let Bench {
        client, gateway, ..
    } = bench;
    let kek = "11111111111111111111111111111111".parse().unwrap();

    let request = request();
    gateway.set_mood(Mood::Stumbling);
    let token = client.generate_token(&request, CookieCarrier::Header);
    let (token, calls) = bench.calls_of(token).await;
    assert!(token.is_ok());
    assert_eq!(calls, 2);

    gateway.set_mood(Mood::Stumbling);
    let records = client.records(&RecordQuery::Latest);
    let (records, calls) = bench.calls_of(records).await;
    assert_eq!((records.unwrap(), calls), (vec![], 2));

    gateway.set_mood(Mood::Stumbling);
    let (made, calls) = bench.calls_of(client.make_key(&kek)).await;
    assert!(matches!(made, Err(ClientError::Unreachable(_))), "{made:?}");
    assert_eq!(
        calls, 1,
        "a key that was made and not heard of is made once"
    );
}

#[tokio::test]
async fn a_refusal_is_not_asked_about_again() {
    let bench = &Bench::start().await;
    bench.gateway.set_mood(Mood::Refusing);
    let (answer, calls) = bench
        .calls_of(bench.client.records(&RecordQuery::Latest))
        .await;
    assert_eq!((code(answer), calls), (-2018, 1));
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_told_from_a_refusal_and_not_quoted() {
    let Bench {
        client, gateway, ..
    } = &Bench::start().await;
    for babble in [
        "",
        "<html>-2018</html>",
        r#"{"records": "secret"}"#,
        r#"["secret"]"#,
    ] {
        gateway.set_mood(Mood::Babbling(babble));
        let fault = client.records(&RecordQuery::Latest).await.unwrap_err();
        assert!(
            matches!(fault, ClientError::Unexpected(_)),
            "{babble}: {fault}"
        );
        assert!(!fault.to_string().contains("secret"), "{fault}");
    }
    for babble in ["", "# nothing\n", "https://wv.example.com/", "secret"] {
        gateway.set_mood(Mood::Babbling(babble));
        let request = request();
        let answer = client.generate_token(&request, CookieCarrier::Parameter);
        let fault = answer.await.unwrap_err();
        assert!(
            matches!(fault, ClientError::Unexpected(_)),
            "{babble}: {fault}"
        );
        assert!(!fault.to_string().contains("secret"), "{fault}");
    }
}
