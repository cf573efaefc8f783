//! Marlin Broadband's documents: the action token that a client gets, and the configuration that it
//! points to (API section 2, "Marlin Broadband").

use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use expressplay::{ActionToken, Drm, Token, action_token::ActionKind};
use http::{HeaderMap, StatusCode, header};

use crate::{call::host, seal::Action, service::Service, token};

/// The media type of an action token.
pub(crate) const ACTION_TOKEN_TYPE: &str = "application/vnd.marlin.drm.actiontoken+xml";
/// Where the configuration is that an action token points to.
pub(crate) const CONFIGURATION_PATH: &str = "/mbs/ConfigurationToken.xml";
/// The query of a configuration that says https, as its token's `useHttps` asked: a TLS proxy may
/// stand in front, so the request itself does not tell.
const HTTPS: &str = "useHttps=true";
/// Which service this is; no real one has the name.
const SERVICE_ID: &str = "urn:marlin:organization:expressplay-simulator:service:1";
const CONFIG_VERSION: &str = "1";

/// The document that a token comes in.
pub(crate) fn action_token(
    base: &str,
    use_https: bool,
    action: Action,
    token: Token,
) -> ActionToken {
    let mut resource_location = format!("{base}{CONFIGURATION_PATH}");
    if use_https {
        resource_location.push('?');
        resource_location.push_str(HTTPS);
    }
    ActionToken {
        broadband_service_id: SERVICE_ID.to_owned(),
        config_version: CONFIG_VERSION.to_owned(),
        resource_location,
        kind: match action {
            Action::License => ActionKind::LicenseAcquisition,
            Action::Registration => ActionKind::Registration,
            Action::Deregistration => ActionKind::Deregistration,
        },
        token,
    }
}

/// `GET /mbs/ConfigurationToken.xml`: where action tokens are redeemed.
pub(crate) async fn configuration(
    State(service): State<Service>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(host) = host(&headers) else {
        return (StatusCode::BAD_REQUEST, "a request needs a Host").into_response();
    };
    let use_https = query.as_deref() == Some(HTTPS);
    let base = token::base_url(&service, &host, Drm::Broadband, use_https);
    let base = base.replace('&', "&amp;").replace('<', "&lt;");
    let path = Drm::Broadband.license_path();
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <Configuration xmlns=\"urn:marlin:broadband:1-2:nemo:services:configuration\" \
         broadbandServiceId=\"{SERVICE_ID}\" configVersion=\"{CONFIG_VERSION}\">\n  \
           <RedemptionService>{base}{path}</RedemptionService>\n\
         </Configuration>\n"
    );
    ([(header::CONTENT_TYPE, "application/xml")], document).into_response()
}
