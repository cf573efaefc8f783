//! What the API looks like, for machines and for people: OpenAPI 3.1 documents, and a page to try
//! them out that needs no network.
//!
//! ExpressPlay's API is described from what reads it: the paths and tables of `expressplay`. The
//! control plane describes itself beside its handlers.

use axum::{Json, Router, routing::get};
use expressplay::{
    Drm, License, RefusalBody,
    challenge::{PLAIN_TYPE, PlainChallenge, SIGNED_TYPE},
    key_storage::{KEYS_PATH, KeyToStore, StoredKey},
    parameter::{self, Parameter as Takes},
    record::{ARCHIVED_RECORDS_PATH, RECORDS_BY_TIME_PATH, RECORDS_PATH, Records},
    token::{MS3_PARAMETER, PlayReadyToken, TOKEN_PARAMETER},
};
use utoipa::{
    OpenApi, PartialSchema, ToSchema,
    openapi::{
        Content, HttpMethod, InfoBuilder, ObjectBuilder, OpenApiBuilder, Ref, RefOr, Required,
        Response, ResponseBuilder,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, Paths},
        request_body::{RequestBody, RequestBodyBuilder},
        schema::{Array, Schema, Type},
        tag::TagBuilder,
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{broadband, service::Service};

/// Where the page is.
pub(crate) const PAGE: &str = "/docs";
const EXPRESSPLAY: &str = "/openapi/expressplay.json";
const CONTROL: &str = "/openapi/control.json";

const JSON: &str = "application/json";
const HTML: &str = "text/html";
const TEXT: &str = "text/plain";
const FORM: &str = "application/x-www-form-urlencoded";

/// The documents and the page. `control` is the control plane's, where there is one.
pub(crate) fn routes(control: Option<utoipa::openapi::OpenApi>) -> Router<Service> {
    let api = expressplay();
    let mut router = Router::new().route(EXPRESSPLAY, get(async || Json(api)));
    let mut urls = vec![utoipa_swagger_ui::Url::new("ExpressPlay", EXPRESSPLAY)];
    if let Some(control) = control {
        router = router.route(CONTROL, get(async || Json(control)));
        urls.push(utoipa_swagger_ui::Url::new("Control plane", CONTROL));
    }
    let config = Config::new(urls)
        .try_it_out_enabled(true)
        .validator_url("none");
    router.merge(SwaggerUi::new(PAGE).config(config))
}

#[derive(OpenApi)]
#[openapi(components(schemas(
    RefusalBody,
    Records,
    StoredKey,
    KeyToStore,
    License,
    PlainChallenge,
    PlayReadyToken
)))]
struct Schemas;

/// The parts of the API, in the order that a client meets them.
const TAGS: [&str; 4] = ["Tokens", "Licences", "Records", "Key storage"];

/// ExpressPlay's API, as the simulator speaks it.
pub(crate) fn expressplay() -> utoipa::openapi::OpenApi {
    let mut paths = Paths::new();
    for drm in Drm::ALL {
        let (get, post) = (token(drm, HttpMethod::Get), token(drm, HttpMethod::Post));
        paths.add_path_operation(drm.token_path(), vec![HttpMethod::Get], get);
        paths.add_path_operation(drm.token_path(), vec![HttpMethod::Post], post);
        paths.add_path_operation(drm.license_path(), vec![HttpMethod::Post], redemption(drm));
    }
    for (path, id, what, takes) in [
        (
            RECORDS_PATH,
            "records",
            "Retrieve records: the latest 32, those of a cookie, one event, or a window",
            parameter::RECORDS,
        ),
        (
            RECORDS_BY_TIME_PATH,
            "recordsByTime",
            "Retrieve records by time",
            parameter::RECORDS_BY_TIME,
        ),
        (
            ARCHIVED_RECORDS_PATH,
            "archivedRecords",
            "Retrieve archived records by time",
            parameter::RECORDS_BY_TIME,
        ),
    ] {
        let operation = operation(id, what, "Records")
            .parameters(Some(of(parameter::EVERY_CALL.iter().chain(takes))))
            .response("200", json_of::<Records>("The records, newest first"));
        paths.add_path_operation(path, vec![HttpMethod::Get], refusals(operation));
    }
    key_storage(&mut paths);
    let configuration = operation(
        "broadbandConfiguration",
        "Where Marlin Broadband's action tokens are redeemed",
        "Tokens",
    )
    .parameter(
        ParameterBuilder::new()
            .name("useHttps")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some("`true`, where the action token's was"))
            .schema(Some(text())),
    )
    .response(
        "200",
        text_of("application/xml", "A Configuration document"),
    );
    paths.add_path_operation(
        broadband::CONFIGURATION_PATH,
        vec![HttpMethod::Get],
        configuration.build(),
    );
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("ExpressPlay, simulated")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "The DRM licence service's API: tokens, licences, records, key storage. Names \
                     are case-sensitive, and unknown ones are ignored. Where a token has several \
                     keys, each parameter of a key takes an index: `kid.0`, `contentKey.0`, `kid.1` … \
                     Every code is explained at [/errors](/errors).",
                ))
                .build(),
        )
        .tags(Some(TAGS.map(|name| TagBuilder::new().name(name).build())))
        .paths(paths)
        .components(Schemas::openapi().components)
        .build()
}

fn operation(id: &str, what: &str, tag: &str) -> OperationBuilder {
    OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(what))
        .tag(tag)
}

/// Adds the answers of a call that is refused: in html or JSON, whichever was asked for.
fn refusals(operation: OperationBuilder) -> Operation {
    operation
        .response("400", refusal("A parameter is at fault"))
        .response(
            "401",
            refusal("The customer authenticator is missing or wrong"),
        )
        .response("413", text_of(TEXT, "The request is too large"))
        .response("500", refusal("The simulator failed (-2030)"))
        .build()
}

fn token(drm: Drm, method: HttpMethod) -> Operation {
    let takes = || parameter::of_token(drm);
    let name = match method {
        HttpMethod::Get => "get",
        _ => "post",
    };
    let id = format!("{name}{}Token", capital(drm.code()));
    let made = match drm {
        Drm::Widevine | Drm::FairPlay => text_of("text/uri-list", "The token's URL"),
        Drm::Ms3 => text_of(
            "text/uri-list",
            "A compound URL: licence URL, #, content URL",
        ),
        Drm::PlayReady => json_of::<PlayReadyToken>("The token, and where it is redeemed"),
        Drm::Broadband => text_of(broadband::ACTION_TOKEN_TYPE, "An ActionToken document"),
    };
    let what = format!("Make a token for {}", name_of(drm));
    let mut operation = operation(&id, &what, "Tokens")
        .response("200", made)
        .parameter(
            ParameterBuilder::new()
                .name("Cookie")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some("The correlation cookie, where no parameter gives it"))
                .schema(Some(text())),
        );
    operation = match method {
        HttpMethod::Get => of(takes())
            .into_iter()
            .fold(operation, OperationBuilder::parameter),
        _ => operation.request_body(Some(form_of(takes()))),
    };
    refusals(operation)
}

fn form_of<'t>(takes: impl Iterator<Item = &'t Takes>) -> RequestBody {
    let mut form = ObjectBuilder::new();
    for one in takes {
        form = form.property(one.name, described(one));
        if one.required {
            form = form.required(one.name);
        }
    }
    RequestBodyBuilder::new()
        .content(FORM, Content::new(Some(Schema::from(form.build()))))
        .required(Some(Required::True))
        .build()
}

fn redemption(drm: Drm) -> Operation {
    let own = match drm {
        Drm::Ms3 => MS3_PARAMETER,
        _ => TOKEN_PARAMETER,
    };
    let token = |place| {
        let about = parameter::REDEMPTION.iter().find(|it| it.name == own);
        ParameterBuilder::new()
            .name(match place {
                ParameterIn::Query => own,
                _ => TOKEN_PARAMETER,
            })
            .parameter_in(place)
            .required(Required::False)
            .description(about.map(|it| it.takes))
            .schema(Some(text()))
    };
    let body = RequestBodyBuilder::new()
        .content(SIGNED_TYPE, Content::new(Some(text())))
        .content(
            PLAIN_TYPE,
            Content::new(Some(reference::<PlainChallenge>())),
        )
        .required(Some(Required::True))
        .build();
    let id = format!("redeem{}Token", capital(drm.code()));
    operation(
        &id,
        &format!("Redeem a token for {}", name_of(drm)),
        "Licences",
    )
    .parameter(token(ParameterIn::Query))
    .parameter(token(ParameterIn::Header))
    .parameter(parameter_of(&parameter::EVERY_CALL[1]))
    .request_body(Some(body))
    .response(
        "200",
        json_of::<License>("The licence, as a Clear Key licence"),
    )
    .response("403", refusal("No licence"))
    .response("413", text_of(TEXT, "The request is too large"))
    .response("500", refusal("The simulator failed (-2030)"))
    .build()
}

fn key_storage(paths: &mut Paths) {
    let kek = parameter::KEY_STORAGE_QUERY.iter();
    let every = || parameter::EVERY_CALL.iter().chain(kek.clone());
    let kid = || {
        ParameterBuilder::new()
            .name("kid")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("The key's id: 32 hexadecimal digits, or ^ and a name"))
            .schema(Some(text()))
    };
    let all = operation(
        "storedKeys",
        "All stored keys; with kek, in clear too",
        "Key storage",
    )
    .parameters(Some(of(every())))
    .response(
        "200",
        ResponseBuilder::new().description("The keys").content(
            JSON,
            Content::new(Some(Array::new(reference::<StoredKey>()))),
        ),
    );
    paths.add_path_operation(KEYS_PATH, vec![HttpMethod::Get], refusals(all));
    let store = operation(
        "storeKey",
        "Store a key, or without a body have one made",
        "Key storage",
    )
    .parameters(Some(of(every())))
    .request_body(Some(
        RequestBodyBuilder::new()
            .content(JSON, Content::new(Some(reference::<KeyToStore>())))
            .required(Some(Required::False))
            .build(),
    ))
    .response("200", json_of::<StoredKey>("The key as it is stored"));
    paths.add_path_operation(KEYS_PATH, vec![HttpMethod::Post], refusals(store));
    let one = format!("{KEYS_PATH}/{{kid}}");
    let show = operation("storedKey", "One stored key", "Key storage")
        .parameter(kid())
        .parameters(Some(of(every())))
        .response("200", json_of::<StoredKey>("The key"))
        .response("404", refusal("There is no such key (-4019)"));
    paths.add_path_operation(&one, vec![HttpMethod::Get], refusals(show));
    let remove = operation("forgetKey", "Remove a stored key", "Key storage")
        .parameter(kid())
        .parameters(Some(of(every())))
        .response("204", Response::new("It is gone"))
        .response("404", refusal("There is no such key (-4019)"));
    paths.add_path_operation(&one, vec![HttpMethod::Delete], refusals(remove));
}

const fn name_of(drm: Drm) -> &'static str {
    match drm {
        Drm::Widevine => "Widevine",
        Drm::PlayReady => "PlayReady",
        Drm::FairPlay => "FairPlay",
        Drm::Ms3 => "Marlin MS3",
        Drm::Broadband => "Marlin Broadband",
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

fn of<'t>(takes: impl Iterator<Item = &'t Takes>) -> Vec<Parameter> {
    takes.map(parameter_of).collect()
}

fn parameter_of(takes: &Takes) -> Parameter {
    ParameterBuilder::new()
        .name(takes.name)
        .parameter_in(ParameterIn::Query)
        .required(match takes.required {
            true => Required::True,
            false => Required::False,
        })
        .description(Some(about(takes)))
        .schema(Some(text()))
        .build()
}

fn described(takes: &Takes) -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about(takes)))
        .build()
        .into()
}

/// What a parameter takes, and what it can earn.
fn about(takes: &Takes) -> String {
    let codes: Vec<_> = takes.codes.iter().map(ToString::to_string).collect();
    let earns = match codes.is_empty() {
        true => String::new(),
        false => format!(" ({})", codes.join(", ")),
    };
    let indexed = match takes.indexed {
        true => "; with an index where there are several keys",
        false => "",
    };
    format!("Takes {}{indexed}{earns}", takes.takes)
}

fn text() -> RefOr<Schema> {
    String::schema()
}

fn reference<T: ToSchema>() -> RefOr<Schema> {
    Ref::from_schema_name(T::name()).into()
}

fn json_of<T: ToSchema>(what: &str) -> Response {
    ResponseBuilder::new()
        .description(what)
        .content(JSON, Content::new(Some(reference::<T>())))
        .build()
}

fn text_of(media_type: &str, what: &str) -> Response {
    ResponseBuilder::new()
        .description(what)
        .content(media_type, Content::new(Some(text())))
        .build()
}

fn refusal(what: &str) -> Response {
    ResponseBuilder::new()
        .description(what)
        .content(JSON, Content::new(Some(reference::<RefusalBody>())))
        .content(HTML, Content::new(Some(text())))
        .build()
}
