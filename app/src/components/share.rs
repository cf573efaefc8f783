//! What a page tells of itself: to search engines, and to those who share it.

use leptos::prelude::*;
use leptos_meta::{Link, Meta};

use crate::{
    i18n::td_string,
    locale::{locale, tag},
    model::Title,
    public_url::PublicUrl,
};

/// The shop's own picture, as wide as it is shared.
const PICTURE: &str = "/share.jpg";

/// A page of the shop.
#[component]
pub fn ShopShare(
    /// The page's path, without its query.
    path: String,
) -> impl IntoView {
    let locale = locale();
    view! {
        <Share
            path
            name=td_string!(locale, document.name).to_owned()
            text=td_string!(locale, document.description).to_owned()
            picture=PICTURE.to_owned()
            size=("1200", "630")
            alt=td_string!(locale, document.picture).to_owned()
        />
    }
}

/// A film's own page.
#[component]
pub fn TitleShare(
    /// The film.
    title: Title,
) -> impl IntoView {
    let about = title.about;
    view! {
        <Share
            path=format!("/title/{}", title.slug)
            name=title.name
            text=format!("{} {}", about.tagline, about.synopsis)
            picture=title.backdrop
            size=("1280", "720")
            alt=about.poster_alt
        />
    }
}

/// Description, Open Graph, and the page's one address.
#[component]
fn Share(
    path: String,
    name: String,
    text: String,
    picture: String,
    size: (&'static str, &'static str),
    alt: String,
) -> impl IntoView {
    let (width, height) = size;
    let places = use_context::<PublicUrl>().map(|shop| {
        let (page, picture) = (shop.of(&path), shop.of(&picture));
        view! {
            <Link rel="canonical" href=page.clone() />
            <Meta property="og:url" content=page />
            <Meta property="og:image" content=picture />
            <Meta property="og:image:width" content=width />
            <Meta property="og:image:height" content=height />
            <Meta property="og:image:alt" content=alt />
        }
    });
    view! {
        <Meta name="description" content=text.clone() />
        <Meta property="og:site_name" content="Bindery" />
        <Meta property="og:type" content="website" />
        <Meta property="og:locale" content=tag(locale()).replace('-', "_") />
        <Meta property="og:title" content=name />
        <Meta property="og:description" content=text />
        <Meta name="twitter:card" content="summary_large_image" />
        {places}
    }
}
