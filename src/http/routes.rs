//! Every route of the REST API: method, path, who may call it, and the handler.
//!
//! The one table makes the configuration of actix, [`TABLE`] for whoever walks all routes, and
//! the paths of the OpenAPI document. The socket's layer brings a table of its own.

use actix_web::{
    HttpResponse, Resource,
    dev::ServiceRequest,
    guard,
    middleware::{Next, from_fn},
    web::{self, ServiceConfig},
};

use super::{
    account, cart, catalogue, delivery, error::Problem, health, middleware::contain, openapi,
    order, payment, session,
};

/// Who may call a route. The handler's first argument enforces it; a test walks the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Public,
    /// A user with an access token.
    Customer,
    /// A user, or a guest with the token of a cart.
    Buyer,
    /// The owner of the order, the guest with its token, or an admin.
    OrderHolder,
    Admin,
}

/// A route.
pub struct Route {
    /// In capitals.
    pub method: &'static str,
    /// From the root, with its parameters in braces.
    pub path: &'static str,
    pub access: Access,
    /// The handler, as actix takes it.
    pub serve: fn() -> actix_web::Route,
}

/// The routes of a layer with their documentation.
#[derive(Clone, Copy)]
pub struct Table {
    pub routes: &'static [Route],
    pub openapi: fn() -> utoipa::openapi::OpenApi,
}

/// Declares a `TABLE` of lines like `GET "/api/v1/me" Customer account::me;`. Each handler has a
/// `#[utoipa::path]` of the same method and path, which a test compares.
macro_rules! routes {
    ($($method:ident $path:literal $access:ident $($handler:ident)::+;)*) => {
        /// The routes of this layer.
        pub const TABLE: $crate::http::routes::Table = $crate::http::routes::Table {
            routes: &[$($crate::http::routes::Route {
                method: stringify!($method),
                path: $path,
                access: $crate::http::routes::Access::$access,
                serve: || actix_web::web::route().to($($handler)::+),
            },)*],
            openapi: || <Documented as utoipa::OpenApi>::openapi(),
        };

        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($($handler)::+),*))]
        struct Documented;
    };
}
pub(crate) use routes;

self::routes! {
    POST   "/api/v1/auth/register"             Public      account::register;
    POST   "/api/v1/auth/login"                Public      session::login;
    POST   "/api/v1/auth/refresh"              Public      session::refresh;
    POST   "/api/v1/auth/logout"               Customer    session::logout;
    GET    "/api/v1/me"                        Customer    account::me;
    GET    "/api/v1/categories"                Public      catalogue::categories;
    GET    "/api/v1/products"                  Public      catalogue::products;
    GET    "/api/v1/products/{id}"             Public      catalogue::product;
    GET    "/api/v1/images/{key}"              Public      catalogue::image;
    POST   "/api/v1/carts"                     Public      cart::create_cart;
    GET    "/api/v1/cart"                      Buyer       cart::cart;
    DELETE "/api/v1/cart"                      Buyer       cart::clear_cart;
    POST   "/api/v1/cart/items"                Buyer       cart::add_item;
    PATCH  "/api/v1/cart/items/{id}"           Buyer       cart::change_item;
    DELETE "/api/v1/cart/items/{id}"           Buyer       cart::remove_item;
    POST   "/api/v1/delivery/quotes"           Public      delivery::quotes;
    POST   "/api/v1/checkout"                  Buyer       order::checkout::checkout;
    GET    "/api/v1/orders"                    Customer    order::orders;
    GET    "/api/v1/orders/{id}"               OrderHolder order::order;
    GET    "/api/v1/orders/{id}/events"        OrderHolder order::order_events;
    POST   "/api/v1/orders/{id}/cancel"        OrderHolder order::cancel_order;
    GET    "/api/v1/payments/{id}"             OrderHolder payment::payment;
    POST   "/api/v1/payments/{id}/confirm"     OrderHolder payment::confirm_payment;
    POST   "/api/v1/payments/{id}/cancel"      OrderHolder payment::cancel_payment;
    POST   "/api/v1/admin/variants/{id}/stock" Admin       catalogue::admin::change_stock;
    GET    "/healthz"                          Public      health::alive;
    GET    "/readyz"                           Public      health::ready;
    GET    "/metrics"                          Public      health::metrics;
    GET    "/api/openapi.json"                 Public      openapi::document;
}

/// Mounts the routes of all `tables`, and the answers to what is no route.
pub fn configure(config: &mut ServiceConfig, tables: &[Table]) {
    let routes: Vec<&'static Route> = tables.iter().flat_map(|table| table.routes).collect();
    let mut mounted: Vec<&str> = Vec::new();
    for route in &routes {
        if !mounted.contains(&route.path) {
            mounted.push(route.path);
            let on_path = routes.iter().copied().filter(|it| it.path == route.path);
            config.service(resource(route.path, on_path.collect()));
        }
    }
    config.default_service(web::to(async || Err::<HttpResponse, _>(Problem::no_such_route())));
}

/// A path with all its methods; another method is told which there are.
fn resource(path: &str, routes: Vec<&'static Route>) -> Resource {
    let methods = routes.iter().flat_map(|route| answered(route)).copied();
    let allow = methods.collect::<Vec<&str>>().join(", ");
    let resource = routes.into_iter().fold(web::resource(path), |resource, route| {
        let contained =
            from_fn(move |request: ServiceRequest, next: Next<_>| contain(route, request, next));
        let methods = answered(route).iter().filter_map(|it| it.parse().ok()); // ours all parse
        let methods = methods.fold(guard::Any(guard::fn_guard(|_| false)), |any, method| {
            any.or(guard::Method(method))
        });
        resource.route((route.serve)().guard(methods).wrap(contained))
    });
    resource.default_service(web::to(move || {
        let allow = allow.clone();
        async move { Err::<HttpResponse, _>(Problem::wrong_method(allow)) }
    }))
}

/// What is read can be asked for without its body too (RFC 9110, 9.3.2).
fn answered(route: &Route) -> &'static [&'static str] {
    match route.method {
        "GET" => &["GET", "HEAD"],
        "POST" => &["POST"],
        "PUT" => &["PUT"],
        "PATCH" => &["PATCH"],
        "DELETE" => &["DELETE"],
        _ => &[],
    }
}
