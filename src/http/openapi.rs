//! The OpenAPI document, made of the handlers and of the route tables, and the page to read it.
//!
//! A handler says what it takes and what it answers when all is well; who may call it and what
//! can go wrong follow from the table, so neither can be forgotten.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Data, Path, Redirect, ServiceConfig},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, ContentBuilder, Info, ObjectBuilder, OpenApi, Paths, Ref, RefOr, Required,
        Response, Type,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
        security::{
            ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
        },
    },
};
use utoipa_swagger_ui::{Config, SwaggerFile, serve};

use super::{
    error::{self, Answered, Problem},
    etag,
    extract::{Access, Auth, CART_TOKEN, ORDER_TOKEN, Public},
    idempotency,
    routes::{Route, Table},
};

const PATH: &str = "/api/openapi.json";
const DOCS: &str = "/api/docs";

/// What the page needs beyond nothing: its own scripts and styles, and the API of its own origin.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

const BEARER: &str = "bearer";
const SERVICE: &str = "service_token";
const CART: &str = "cart_token";
const ORDER: &str = "order_token";

/// The document as it is served.
#[derive(Clone)]
pub struct Document(web::Bytes);

impl Document {
    pub fn of(tables: &[Table]) -> Result<Self, crate::domain::Error> {
        let json = build(tables).to_json();
        let json = json.map_err(crate::domain::Error::internal("writing the OpenAPI document"))?;
        Ok(Document(json.into()))
    }
}

/// This document.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "operations",
    responses((status = 200, description = "OpenAPI 3.1", body = Object))
)]
pub async fn document(
    _: Auth<Public>,
    request: HttpRequest,
    document: Data<Document>,
) -> HttpResponse {
    etag::revalidated(&request, "application/json", document.0.clone())
}

/// Mounts the page. It is no part of the API, so it stands in no table.
pub fn configure(config: &mut ServiceConfig) {
    // No validator: it would send whoever reads the page to another site.
    let settings = Config::from(PATH).display_operation_id(true).filter(true).validator_url("none");
    let settings = Data::new(settings);
    config
        .service(
            web::resource(DOCS)
                .app_data(settings.clone())
                .get(async || Redirect::to("docs/").see_other()),
        )
        .service(web::resource([DOCS, "/{file:.*}"].concat()).app_data(settings).get(page));
}

async fn page(settings: Data<Config<'static>>, file: Path<String>) -> Answered {
    let file = serve(&file, Arc::clone(&settings));
    let file = file.map_err(|err| Problem::fault("reading the page", err.to_string()))?;
    let Some(SwaggerFile { bytes, content_type, gzpipped: packed, .. }) = file else {
        return Err(Problem::no_such_route());
    };
    let mut response = HttpResponse::Ok();
    response.content_type(content_type);
    response.insert_header((header::CONTENT_SECURITY_POLICY, DOCS_POLICY));
    response.insert_header((header::CACHE_CONTROL, "public, max-age=3600"));
    if packed {
        response.insert_header(header::ContentEncoding::Gzip);
    }
    Ok(response.body(bytes.into_owned()))
}

/// The document of all `tables`.
pub fn build(tables: &[Table]) -> OpenApi {
    let mut all = OpenApi::new(Info::new("Rialto", env!("CARGO_PKG_VERSION")), Paths::new());
    all.info.description = Some(env!("CARGO_PKG_DESCRIPTION").to_owned());
    for table in tables {
        all.merge((table.openapi)());
    }
    let components = all.components.get_or_insert_default();
    let mut schemas = vec![(error::Document::name().into_owned(), error::Document::schema())];
    error::Document::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.security_schemes.extend(schemes());
    for route in tables.iter().flat_map(|table| table.routes) {
        if let Some(operation) = operation(&mut all, route) {
            complete(operation, route);
        }
    }
    all
}

fn schemes() -> [(String, RefOr<SecurityScheme>); 4] {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let service = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let service = service.description(Some("One of RIALTO_SERVICE_TOKENS")).build();
    let key = |name, what: &str| {
        let value = ApiKeyValue::with_description(name, what);
        RefOr::T(SecurityScheme::ApiKey(ApiKey::Header(value)))
    };
    [
        (BEARER.to_owned(), RefOr::T(SecurityScheme::Http(bearer))),
        (SERVICE.to_owned(), RefOr::T(SecurityScheme::Http(service))),
        (CART.to_owned(), key(CART_TOKEN, "The secret of a guest's cart, of POST /carts")),
        (ORDER.to_owned(), key(ORDER_TOKEN, "The secret of a guest's order, of its checkout")),
    ]
}

/// What the handler of `route` says of it.
fn operation<'a>(all: &'a mut OpenApi, route: &Route) -> Option<&'a mut Operation> {
    let item = all.paths.paths.get_mut(route.path)?;
    let operation = match route.method {
        "GET" => &mut item.get,
        "POST" => &mut item.post,
        "PUT" => &mut item.put,
        "PATCH" => &mut item.patch,
        "DELETE" => &mut item.delete,
        _ => return None,
    };
    operation.as_mut()
}

/// Adds what the table knows: who may call, the parameters of the path, and what can go wrong.
fn complete(operation: &mut Operation, route: &Route) {
    let access = route.access();
    operation.security = Some(requirements(access));
    let parameters = operation.parameters.get_or_insert_default();
    let keyed = parameters.iter().any(|it| is(it, idempotency::HEADER));
    let compared = parameters.iter().any(|it| is(it, etag::IF_MATCH));
    let has_parameters = !parameters.is_empty() || route.path.contains('{');
    for name in route.path.split('{').skip(1).filter_map(|it| it.split('}').next()) {
        if !parameters.iter().any(|it| is(it, name)) {
            parameters.push(RefOr::T(path_parameter(name)));
        }
    }
    let has_body = operation.request_body.is_some();
    let is_known = !matches!(access, Access::Public | Access::Visitor);
    let may_conflict = route.method != "GET" && is_known;
    let documents = |status: &str| operation.responses.responses.contains_key(status);
    let problems = [
        ("400", has_body || has_parameters, "Malformed or invalid input"),
        ("401", access != Access::Public || documents("401"), "Not signed in, or no longer"),
        (
            "403",
            matches!(access, Access::May(_) | Access::Service),
            "The caller has no right to it",
        ),
        ("404", route.path.contains('{'), "Not there, or not the caller's"),
        ("409", may_conflict || documents("409"), "Its state forbids it: `code` says why"),
        ("412", compared, "It has been changed since: `version` is the one it is at"),
        ("413", has_body, "The body is too large"),
        ("415", has_body, "The body is not JSON"),
        ("422", keyed, "The Idempotency-Key was used for another request"),
        ("429", route.method != "GET" || documents("429"), "Too many: see Retry-After"),
        ("500", true, "A fault of the server's"),
        ("503", true, "Overloaded or about to stop: see Retry-After"),
    ];
    let responses = &mut operation.responses.responses;
    for (status, _, description) in problems.into_iter().filter(|(_, applies, _)| *applies) {
        let told = || RefOr::T(Response::new(description));
        let response = responses.entry(status.to_owned()).or_insert_with(told);
        if let RefOr::T(response) = response {
            response.content.insert(error::CONTENT_TYPE.to_owned(), problem());
        }
    }
}

fn requirements(access: Access) -> Vec<SecurityRequirement> {
    let by = |scheme: &str| SecurityRequirement::new(scheme, std::iter::empty::<String>());
    match access {
        Access::Public => Vec::new(),
        Access::Visitor => vec![SecurityRequirement::default(), by(BEARER), by(CART)],
        Access::Caller | Access::May(_) => vec![by(BEARER)],
        Access::Service => vec![by(SERVICE)],
        Access::Shopper => vec![by(BEARER), by(CART)],
        Access::Holder => vec![by(BEARER), by(ORDER)],
    }
}

fn is(parameter: &RefOr<Parameter>, name: &str) -> bool {
    matches!(parameter, RefOr::T(it) if it.name == name)
}

fn path_parameter(name: &str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(text))
        .build()
}

fn problem() -> RefOr<Content> {
    let schema = Ref::from_schema_name(error::Document::name());
    RefOr::T(ContentBuilder::new().schema(Some(schema)).build())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::http::routes::TABLE;

    fn built() -> Value {
        serde_json::to_value(build(&[TABLE])).unwrap()
    }

    fn documented(document: &Value) -> BTreeSet<(String, String)> {
        let paths = document["paths"].as_object().unwrap();
        let of = |(path, item): (&String, &Value)| {
            let methods = item.as_object().unwrap().keys().map(|it| it.to_uppercase());
            methods.map(|method| (method, path.clone())).collect::<Vec<_>>()
        };
        paths.iter().flat_map(of).collect()
    }

    #[test]
    fn the_document_and_the_table_name_the_same_routes() {
        let routes = TABLE.routes.iter().map(|it| (it.method.to_owned(), it.path.to_owned()));
        assert_eq!(documented(&built()), routes.collect::<BTreeSet<_>>());
    }

    #[test]
    fn the_document_is_of_openapi_3_1_and_all_its_references_lead_somewhere() {
        let document = built();
        assert_eq!(document["openapi"], "3.1.0");

        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn no_two_operations_have_one_id_and_each_says_what_it_does() {
        let document = built();
        let operations: Vec<&Value> = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|item| item.as_object().unwrap().values())
            .collect();

        let ids: BTreeSet<&str> =
            operations.iter().map(|it| it["operationId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), operations.len());
        for operation in operations {
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{operation}");
            assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{operation}");
        }
    }

    #[test]
    fn who_may_call_and_what_can_go_wrong_follow_from_the_table() {
        let document = built();
        let at = |path: &str, method: &str| document["paths"][path][method].clone();

        let confirm = at("/api/v1/payments/{id}/confirm", "post");
        assert_eq!(confirm["security"], json!([{ "bearer": [] }, { "order_token": [] }]));
        for status in ["200", "400", "401", "404", "409", "422", "500", "503"] {
            assert!(confirm["responses"][status].is_object(), "{status}");
        }
        let sending = at("/api/v1/notifications", "post");
        assert_eq!(sending["security"], json!([{ "service_token": [] }]));
        assert!(sending["responses"]["403"].is_object() && sending["responses"]["404"].is_object());
        assert_eq!(at("/api/v1/products", "get")["security"], json!([]));
        assert!(at("/api/v1/products", "get")["responses"]["401"].is_null());
    }
}
