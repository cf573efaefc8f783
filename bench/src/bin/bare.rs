//! The least that axum can do with the same requests: reads them and sends what stands in a file.
//!
//! `bare ADDRESS FOLDER`, with the files `token`, `license` and `records` in the folder.

use std::{error::Error, fs, path::PathBuf};

use axum::{
    Router,
    body::Bytes,
    routing::{get, post},
    serve::ListenerExt,
};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("where to listen is missing")?;
    let folder = PathBuf::from(arguments.next().ok_or("the folder is missing")?);
    let file = |name: &str| fs::read(folder.join(name)).map(Bytes::from);
    let (token, license, records) = (file("token")?, file("license")?, file("records")?);
    let canned = |kind: &'static str, answer: Bytes| {
        move |_request: Bytes| async move {
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], answer)
        }
    };
    let router = Router::new()
        .route("/hms/wv/token", post(canned("text/uri-list", token)))
        .route("/hms/wv/rights/", post(canned("application/json", license)))
        .route(
            "/cmiapi/getrecord/",
            get(canned("application/json", records)),
        );
    // As the simulator does.
    let listener = TcpListener::bind(address).await?.tap_io(|stream| {
        // One without it is slower, and answers all the same.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}
