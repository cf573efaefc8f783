//! One playback: one token, one film, one Shaka player.

use expressplay::{TokenUrl, challenge::SIGNED_TYPE, trace_context::TRACEPARENT};
use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
use web_sys::HtmlVideoElement;

use super::{
    browser::timer,
    error::PlayError,
    ledger::Ledger,
    shaka::{self, LICENSE, Player, Request},
};
use crate::{
    cdm::{CdmError, Device, DeviceKey},
    json::{Json, object},
    shop::HandOver,
};

/// How long the dummy clip, two seconds long, may take to play: 30 s.
const PATIENCE: i32 = 30_000;

type RequestFilter = Closure<dyn FnMut(u32, Request, JsValue) -> Promise>;

/// A film on a video element, with the token that may make it play.
pub(crate) struct Session {
    player: Player,
    video: HtmlVideoElement,
    manifest: String,
    /// Rejected by the player's first error.
    failure: Promise,
    /// Comes true when a licence has come, and the shop knows.
    licensed: Promise,
    ledger: Ledger,
    // Shaka calls these as long as the player lives.
    _error: Closure<dyn FnMut(JsValue)>,
    _request: RequestFilter,
    _response: Closure<dyn FnMut(u32, JsValue)>,
}

impl Session {
    /// Prepares the player: where its licence request goes, and who signs it.
    ///
    /// # Errors
    /// [`PlayError::NoPlayer`], [`PlayError::Unsupported`], or what attaching to the video said.
    pub(crate) async fn open(
        video: &HtmlVideoElement,
        hand_over: &HandOver,
        device: &Device,
    ) -> Result<Self, PlayError> {
        if !shaka::arrives().await {
            return Err(PlayError::NoPlayer);
        }
        if !Player::is_browser_supported() {
            return Err(PlayError::Unsupported);
        }
        let player = Player::new();
        player.configure(&settings(hand_over, device));
        let network = player.networking_engine().ok_or(PlayError::NoPlayer)?;

        let ledger = Ledger::new(hand_over.trace);
        let request = match device {
            Device::Simulated(key) => signing(hand_over, key, &ledger)?,
            Device::Browsers => noting(&ledger),
        };
        network.register_request_filter(request.as_ref().unchecked_ref());

        let (failure, fail) = deferred();
        let error = Closure::new(move |event: JsValue| {
            let detail = Reflect::get(&event, &"detail".into()).unwrap_or(event);
            let _ = fail.reject.call1(&JsValue::UNDEFINED, &detail);
        });
        player.add_event_listener("error", error.as_ref().unchecked_ref());
        // Somebody must listen, or the browser reports the rejection as nobody's.
        spawn_local({
            let failure = failure.clone();
            async move { drop(JsFuture::from(failure).await) }
        });

        let (licensed, arrived) = deferred();
        let told = ledger.clone();
        // What the browser's own CDM reads, nobody else can.
        let ours = matches!(device, Device::Simulated(_));
        let response = Closure::new(move |kind: u32, response: JsValue| {
            // What is no licence, the CDM says: then the player fails.
            if kind == LICENSE && (!ours || is_licence(&response)) {
                let (told, arrived) = (told.clone(), arrived.clone());
                spawn_local(async move {
                    told.granted().await;
                    let _ = arrived.resolve.call0(&JsValue::UNDEFINED);
                });
            }
        });
        network.register_response_filter(response.as_ref().unchecked_ref());

        let session = Self {
            video: video.clone(),
            manifest: hand_over.manifest.clone(),
            failure,
            licensed,
            ledger,
            _error: error,
            _request: request,
            _response: response,
            player,
        };
        session
            .unless_it_fails(session.player.attach(video))
            .await?;
        Ok(session)
    }

    /// Loads the film, to start at so many seconds.
    ///
    /// # Errors
    /// What the player said, the licence's refusal included.
    pub(crate) async fn load(&self, from: f64) -> Result<(), PlayError> {
        let loaded = self.player.load(&self.manifest, from);
        self.unless_it_fails(loaded).await
    }

    /// Starts it; returns when it moves.
    ///
    /// # Errors
    /// [`PlayError::NeedsPress`] where the browser's autoplay rule says so, and what the player
    /// said.
    pub(crate) async fn play(&self) -> Result<(), PlayError> {
        let promise = self.video.play().map_err(|error| PlayError::read(&error))?;
        self.unless_it_fails(promise).await
    }

    /// Loads and plays a short clip to its end, without sound.
    ///
    /// # Errors
    /// What the player said; [`PlayError::NoMedia`] where it does not end in time.
    pub(crate) async fn play_through(&self) -> Result<(), PlayError> {
        self.video.set_muted(true);
        let ended = self.event("ended");
        self.load(0.0).await?;
        self.play().await?;
        let late = timer(PATIENCE);
        self.unless_it_fails(Promise::race(&Array::of2(&ended, &late)))
            .await?;
        if self.video.ended() {
            Ok(())
        } else {
            Err(PlayError::NoMedia)
        }
    }

    /// Waits for the player's first error, for ever if need be.
    pub(crate) async fn failed(&self) -> PlayError {
        match JsFuture::from(self.failure.clone()).await {
            Ok(error) | Err(error) => self.read(&error).await,
        }
    }

    /// What an error means. If it is about a licence, the shop is told before anybody else.
    async fn read(&self, error: &JsValue) -> PlayError {
        self.ledger.failed(error).await;
        PlayError::read(error)
    }

    /// Waits for the first licence, for ever if need be.
    pub(crate) async fn licensed(&self) {
        let _ = JsFuture::from(self.licensed.clone()).await;
    }

    /// Ends the playback and gives up the licence.
    pub(crate) async fn close(&self) {
        self.video.pause().unwrap_or_default();
        // A player that cannot be taken down is let go all the same.
        let _ = JsFuture::from(self.player.destroy()).await;
    }

    async fn unless_it_fails(&self, promise: Promise) -> Result<(), PlayError> {
        let first = Promise::race(&Array::of2(&promise, &self.failure));
        match JsFuture::from(first).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.read(&error).await),
        }
    }

    fn event(&self, name: &str) -> Promise {
        Promise::new(&mut |resolve, reject| {
            if let Err(error) = self.video.add_event_listener_with_callback(name, &resolve) {
                let _ = reject.call1(&JsValue::UNDEFINED, &error);
            }
        })
    }
}

/// Shaka's settings. One attempt at a licence: a second with the same signed request would be a
/// replay.
fn settings(hand_over: &HandOver, device: &Device) -> JsValue {
    let servers = object(&[(device.key_system(), hand_over.token_url.as_str().into())]);
    let attempts = object(&[("maxAttempts", 1.into())]);
    let drm = object(&[("servers", servers), ("retryParameters", attempts)]);
    object(&[("drm", drm)])
}

/// The filter that puts a signed challenge in the place of every plain licence request.
///
/// Shaka runs its filters once more on a request that failed, before it finds that no attempt is
/// left; so each run signs the body that the request came with, afresh.
fn signing(
    hand_over: &HandOver,
    key: &DeviceKey,
    ledger: &Ledger,
) -> Result<RequestFilter, CdmError> {
    let url: TokenUrl = hand_over
        .token_url
        .parse()
        .map_err(|error: expressplay::token::NotATokenUrl| CdmError::Request(error.to_string()))?;
    let (token, key, ledger) = (url.token().clone(), key.clone(), ledger.clone());
    Ok(Closure::new(
        move |kind: u32, request: Request, _: JsValue| {
            let (token, key, ledger) = (token.clone(), key.clone(), ledger.clone());
            future_to_promise(async move {
                if kind == LICENSE {
                    let (first, message) = match request.original() {
                        Some(message) => (false, message),
                        None => (true, Uint8Array::new(&request.body())),
                    };
                    request.set_original(&message);
                    let (challenge, claims) = key
                        .challenge(&message.to_vec(), &token)
                        .await
                        .map_err(to_js)?;
                    request.set_body(&Uint8Array::from(challenge.as_bytes()));
                    request.set_header("Content-Type", SIGNED_TYPE)?;
                    if first {
                        let signed = Some((key.device_id(), &claims));
                        if let Some(parent) = ledger.asks(signed).map_err(to_js)? {
                            request.set_header(TRACEPARENT, &parent.to_string())?;
                        }
                    }
                }
                Ok(JsValue::UNDEFINED)
            })
        },
    ))
}

/// The filter that notes each licence request of the browser's own CDM, and leaves it as it is: a
/// service that is not ours may not take a header more.
fn noting(ledger: &Ledger) -> RequestFilter {
    let ledger = ledger.clone();
    Closure::new(move |kind: u32, _: Request, _: JsValue| {
        let ledger = ledger.clone();
        future_to_promise(async move {
            if kind == LICENSE {
                ledger.asks(None).map_err(to_js)?;
            }
            Ok(JsValue::UNDEFINED)
        })
    })
}

/// Whether an answer to a licence request is one (W3C EME, section 9.1.4).
fn is_licence(response: &JsValue) -> bool {
    let data = Reflect::get(response, &"data".into()).unwrap_or_default();
    let text = String::from_utf8(Uint8Array::new(&data).to_vec());
    let licence = text.ok().and_then(|text| Json::read(&text));
    licence.is_some_and(|licence| licence.member("keys").is_some())
}

fn to_js(error: CdmError) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}

/// A promise, and the functions that settle it.
#[derive(Clone)]
struct Settle {
    resolve: js_sys::Function,
    reject: js_sys::Function,
}

fn deferred() -> (Promise, Settle) {
    let mut settle = None;
    let promise = Promise::new(&mut |resolve, reject| settle = Some(Settle { resolve, reject }));
    // The executor runs at once (ECMA-262, Promise constructor); the empty pair is never used.
    let settle = settle.unwrap_or_else(|| Settle {
        resolve: js_sys::Function::default(),
        reject: js_sys::Function::default(),
    });
    (promise, settle)
}
