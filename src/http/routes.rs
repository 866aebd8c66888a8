//! Every route of the REST API: method, path, who may call it, and the handler.
//!
//! The one table makes the configuration of actix, [`TABLE`] for whoever walks all routes, and
//! the paths of the OpenAPI document. The socket's layer brings a table of its own.

use actix_web::{
    FromRequest, Handler, HttpResponse, Resource, Responder,
    dev::ServiceRequest,
    guard,
    middleware::{Next, from_fn},
    web::{self, ServiceConfig},
};

use super::{
    account, address, alert, audit, cart, catalogue, courier, delivery,
    error::Problem,
    extract::{
        Access, Auth, Holder, May, Public, Scope, Service, Shopper, Signed, Visitor,
        right::{Audit, Catalogue, Deliveries, Orders, Reviews, Stock, Users, Webhooks},
    },
    filler, health, image, link,
    middleware::contain,
    notification, openapi, order, payment, promotion, push, review, session, settings, tariff,
    token::Caller,
    webhook,
};

/// A route.
pub struct Route {
    /// In capitals.
    pub method: &'static str,
    /// From the root, with its parameters in braces.
    pub path: &'static str,
    pub serve: fn() -> Endpoint,
}

impl Route {
    /// Who may call it, which is what its handler asks for.
    pub fn access(&self) -> Access {
        (self.serve)().access
    }
}

/// A handler as actix takes it, and who may call it: made of the handler alone, so that the two
/// cannot differ.
pub struct Endpoint {
    access: Access,
    route: actix_web::Route,
}

impl Endpoint {
    /// The endpoint of a handler that is for those of the scope `S`.
    pub fn of<S, F, Args>(handler: F) -> Self
    where
        S: Scope,
        F: Handler<Args, Output: Responder + 'static>,
        Args: Guarded<Scope = S> + FromRequest + 'static,
    {
        Endpoint { access: S::ACCESS, route: web::route().to(handler) }
    }
}

/// The arguments of a handler that says who may call it.
#[diagnostic::on_unimplemented(message = "the first argument of a handler is an `Auth<…>`")]
pub trait Guarded {
    type Scope;
}

macro_rules! guarded {
    ($(($($rest:ident)*))*) => {$(
        impl<S: Scope, $($rest),*> Guarded for (Auth<S>, $($rest,)*) {
            type Scope = S;
        }
    )*};
}

guarded! { () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) }

/// The routes of a layer with their documentation.
#[derive(Clone, Copy)]
pub struct Table {
    pub routes: &'static [Route],
    pub openapi: fn() -> utoipa::openapi::OpenApi,
}

/// Declares a `TABLE` of lines like `GET "/api/v1/me" Caller account::me;`. It compiles where the
/// first argument of each handler is an [`Auth`] of the scope that its line names. Each handler has
/// a `#[utoipa::path]` of the same method and path, which a test compares.
macro_rules! routes {
    ($($method:ident $path:literal $scope:ident$(<$right:ident>)? $($handler:ident)::+;)*) => {
        /// The routes of this layer.
        pub const TABLE: $crate::http::routes::Table = $crate::http::routes::Table {
            routes: &[$($crate::http::routes::Route {
                method: stringify!($method),
                path: $path,
                serve: || {
                    $crate::http::routes::Endpoint::of::<$scope$(<$right>)?, _, _>($($handler)::+)
                },
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
    POST   "/api/v1/auth/register"             Public     account::register;
    POST   "/api/v1/auth/login"                Public     session::login;
    POST   "/api/v1/auth/refresh"              Public     session::refresh;
    POST   "/api/v1/auth/logout"               Caller     session::logout;
    POST   "/api/v1/auth/logout-all"           Caller     session::logout_all;
    POST   "/api/v1/auth/email/confirm"        Public     account::email::confirm_email;
    POST   "/api/v1/auth/email/resend"         Caller     account::email::resend_confirmation;
    POST   "/api/v1/auth/password/forgot"      Public     account::password::forgot_password;
    POST   "/api/v1/auth/password/reset"       Public     account::password::reset_password;
    GET    "/api/v1/me"                        Caller     account::me;
    PATCH  "/api/v1/me"                        Caller     account::change_me;
    DELETE "/api/v1/me"                        Caller     account::delete_me;
    POST   "/api/v1/me/email"                  Caller     account::email::change_email;
    POST   "/api/v1/me/password"               Caller     account::password::change_password;
    GET    "/api/v1/me/sessions"               Caller     session::sessions;
    DELETE "/api/v1/me/sessions"               Caller     session::end_other_sessions;
    DELETE "/api/v1/me/sessions/{id}"          Caller     session::end_session;
    GET    "/api/v1/me/notifications"          Caller     notification::notifications;
    POST   "/api/v1/me/notifications/read-all" Caller     notification::read_all_notifications;
    POST   "/api/v1/me/notifications/{id}/read" Caller    notification::read_notification;
    POST   "/api/v1/notifications"             Service    notification::send_notification;
    POST   "/api/v1/me/push-subscriptions"     Caller     push::subscribe;
    DELETE "/api/v1/me/push-subscriptions/{id}" Caller    push::unsubscribe;
    GET    "/api/v1/push-key"                  Public     push::push_key;
    GET    "/api/v1/me/settings"               Caller     settings::settings;
    PUT    "/api/v1/me/settings"               Caller     settings::change_settings;
    GET    "/api/v1/me/addresses"              Caller     address::addresses;
    POST   "/api/v1/me/addresses"              Caller     address::save_address;
    GET    "/api/v1/me/addresses/{id}"         Caller     address::address;
    PATCH  "/api/v1/me/addresses/{id}"         Caller     address::change_address;
    DELETE "/api/v1/me/addresses/{id}"         Caller     address::delete_address;
    GET    "/api/v1/filler/{bytes}"            Public     filler::filler;
    GET    "/api/v1/categories"                Public     catalogue::categories;
    GET    "/api/v1/products"                  Public     catalogue::products;
    GET    "/api/v1/products/{id}"             Public     catalogue::product;
    GET    "/api/v1/products/{id}/reviews"     Public     review::reviews;
    POST   "/api/v1/products/{id}/reviews"     Caller     review::save_review;
    GET    "/api/v1/products/{id}/reviews/mine" Caller    review::my_review;
    DELETE "/api/v1/products/{id}/reviews/mine" Caller    review::delete_my_review;
    POST   "/api/v1/variants/{id}/stock-alerts" Visitor   alert::ask_stock_alert;
    GET    "/api/v1/images/{key}"              Public     image::image;
    POST   "/api/v1/carts"                     Public     cart::create_cart;
    GET    "/api/v1/cart"                      Shopper    cart::cart;
    DELETE "/api/v1/cart"                      Shopper    cart::clear_cart;
    POST   "/api/v1/cart/items"                Shopper    cart::add_item;
    PATCH  "/api/v1/cart/items/{id}"           Shopper    cart::change_item;
    DELETE "/api/v1/cart/items/{id}"           Shopper    cart::remove_item;
    POST   "/api/v1/cart/promotions"           Shopper    cart::coupon::put_coupon;
    DELETE "/api/v1/cart/promotions/{code}"    Shopper    cart::coupon::take_coupon;
    POST   "/api/v1/cart/hold"                 Shopper    cart::hold::hold_cart;
    DELETE "/api/v1/cart/hold"                 Shopper    cart::hold::release_cart;
    POST   "/api/v1/cart/merge"                Caller     cart::merge::merge_cart;
    POST   "/api/v1/delivery/quotes"           Visitor    delivery::quotes;
    POST   "/api/v1/checkout"                  Shopper    order::checkout::checkout;
    GET    "/api/v1/orders"                    Caller     order::orders;
    GET    "/api/v1/orders/{id}"               Holder     order::order;
    GET    "/api/v1/orders/{id}/events"        Holder     order::order_events;
    POST   "/api/v1/orders/{id}/cancel"        Holder     order::cancel_order;
    POST   "/api/v1/orders/{id}/returns"       Holder     order::returns::ask_return;
    GET    "/api/v1/payments/{id}"             Holder     payment::payment;
    POST   "/api/v1/payments/{id}/confirm"     Holder     payment::confirm_payment;
    POST   "/api/v1/payments/{id}/cancel"      Holder     payment::cancel_payment;
    POST   "/api/v1/webhooks/payments/{provider}" Signed  payment::payment_webhook;
    GET    "/api/v1/courier/deliveries"        May<Deliveries> courier::my_deliveries;
    GET    "/api/v1/courier/deliveries/{id}"   May<Deliveries> courier::my_delivery;
    POST   "/api/v1/courier/deliveries/{id}/events" May<Deliveries> courier::report_my_delivery;
    POST   "/api/v1/courier/position"          May<Deliveries> courier::say_position;
    GET    "/api/v1/admin/categories"          May<Catalogue> catalogue::category::admin_categories;
    POST   "/api/v1/admin/categories"          May<Catalogue> catalogue::category::create_category;
    GET    "/api/v1/admin/categories/{id}"     May<Catalogue> catalogue::category::admin_category;
    PATCH  "/api/v1/admin/categories/{id}"     May<Catalogue> catalogue::category::change_category;
    DELETE "/api/v1/admin/categories/{id}"     May<Catalogue> catalogue::category::delete_category;
    GET    "/api/v1/admin/products"            May<Catalogue> catalogue::product::admin_products;
    POST   "/api/v1/admin/products"            May<Catalogue> catalogue::product::create_product;
    POST   "/api/v1/admin/products/import"     May<Catalogue> catalogue::import::import_products;
    GET    "/api/v1/admin/products/export"     May<Catalogue> catalogue::import::export_products;
    GET    "/api/v1/admin/products/{id}"       May<Catalogue> catalogue::product::admin_product;
    PATCH  "/api/v1/admin/products/{id}"       May<Catalogue> catalogue::product::change_product;
    DELETE "/api/v1/admin/products/{id}"       May<Catalogue> catalogue::product::delete_product;
    POST   "/api/v1/admin/products/{id}/publish" May<Catalogue> catalogue::product::publish_product;
    POST   "/api/v1/admin/products/{id}/unpublish" May<Catalogue> catalogue::product::unpublish_product;
    POST   "/api/v1/admin/products/{id}/archive" May<Catalogue> catalogue::product::archive_product;
    POST   "/api/v1/admin/products/{id}/variants" May<Catalogue> catalogue::variant::add_variant;
    PATCH  "/api/v1/admin/variants/{id}"       May<Catalogue> catalogue::variant::change_variant;
    DELETE "/api/v1/admin/variants/{id}"       May<Catalogue> catalogue::variant::remove_variant;
    POST   "/api/v1/admin/variants/{id}/restore" May<Catalogue> catalogue::variant::restore_variant;
    GET    "/api/v1/admin/variants/{id}/prices" May<Catalogue> catalogue::variant::variant_prices;
    GET    "/api/v1/admin/variants/{id}/stock" May<Stock> catalogue::admin::variant_stock;
    POST   "/api/v1/admin/variants/{id}/stock" May<Stock> catalogue::admin::change_stock;
    GET    "/api/v1/admin/promotions"          May<Catalogue> promotion::promotions;
    POST   "/api/v1/admin/promotions"          May<Catalogue> promotion::create_promotion;
    GET    "/api/v1/admin/promotions/{id}"     May<Catalogue> promotion::promotion;
    PUT    "/api/v1/admin/promotions/{id}"     May<Catalogue> promotion::change_promotion;
    GET    "/api/v1/admin/tariff"              May<Catalogue> tariff::tariff;
    PUT    "/api/v1/admin/tariff"              May<Catalogue> tariff::change_tariff;
    POST   "/api/v1/admin/images"              May<Catalogue> image::upload_image;
    GET    "/api/v1/admin/orders"              May<Orders> order::admin::all_orders;
    GET    "/api/v1/admin/orders/{id}"         May<Orders> order::admin::any_order;
    POST   "/api/v1/admin/orders/{id}/process" May<Orders> order::admin::process_order;
    POST   "/api/v1/admin/orders/{id}/pack"    May<Orders> order::parcels::pack_order;
    POST   "/api/v1/admin/orders/{id}/ship"    May<Orders> order::parcels::ship_order;
    POST   "/api/v1/admin/orders/{id}/cancel"  May<Orders> order::admin::call_off_order;
    POST   "/api/v1/admin/orders/{id}/refund"  May<Orders> order::refund::refund_order;
    POST   "/api/v1/admin/returns/{id}/receive" May<Orders> order::returns::receive_return;
    POST   "/api/v1/admin/deliveries/{id}/events" May<Orders> delivery::admin::report_delivery;
    PUT    "/api/v1/admin/deliveries/{id}/courier" May<Orders> delivery::admin::assign_courier;
    DELETE "/api/v1/admin/deliveries/{id}/courier" May<Orders> delivery::admin::unassign_courier;
    GET    "/api/v1/admin/users"               May<Users> account::manage::users;
    GET    "/api/v1/admin/users/{id}"          May<Users> account::manage::user;
    POST   "/api/v1/admin/users/{id}/suspend"  May<Users> account::manage::suspend_user;
    POST   "/api/v1/admin/users/{id}/unsuspend" May<Users> account::manage::unsuspend_user;
    PUT    "/api/v1/admin/users/{id}/role"     May<Users> account::manage::change_role;
    GET    "/api/v1/admin/users/{id}/sessions" May<Users> account::manage::user_sessions;
    DELETE "/api/v1/admin/users/{id}/sessions" May<Users> account::manage::end_user_sessions;
    DELETE "/api/v1/admin/users/{id}/sessions/{session}" May<Users> account::manage::end_user_session;
    GET    "/api/v1/admin/reviews"             May<Reviews> review::admin::all_reviews;
    POST   "/api/v1/admin/reviews/{id}/hide"   May<Reviews> review::admin::hide_review;
    POST   "/api/v1/admin/reviews/{id}/unhide" May<Reviews> review::admin::unhide_review;
    GET    "/api/v1/admin/webhooks"            May<Webhooks> webhook::webhooks;
    POST   "/api/v1/admin/webhooks"            May<Webhooks> webhook::create_webhook;
    GET    "/api/v1/admin/webhooks/{id}"       May<Webhooks> webhook::webhook;
    PATCH  "/api/v1/admin/webhooks/{id}"       May<Webhooks> webhook::change_webhook;
    DELETE "/api/v1/admin/webhooks/{id}"       May<Webhooks> webhook::delete_webhook;
    POST   "/api/v1/admin/webhooks/{id}/rotate" May<Webhooks> webhook::rotate_webhook;
    GET    "/api/v1/admin/webhooks/{id}/deliveries" May<Webhooks> webhook::delivery::webhook_deliveries;
    POST   "/api/v1/admin/webhooks/{id}/deliveries/{delivery}/resend" May<Webhooks> webhook::delivery::resend_webhook;
    GET    "/api/v1/admin/audit"               May<Audit> audit::audit;
    GET    "/api/v1/admin/audit/export"        May<Audit> audit::export_audit;
    GET    "/healthz"                          Public     health::alive;
    GET    "/readyz"                           Public     health::ready;
    GET    "/metrics"                          Public     health::metrics;
    GET    "/api/openapi.json"                 Public     openapi::document;
    GET    "/confirm"                          Public     link::confirm_page;
    GET    "/reset"                            Public     link::reset_page;
    GET    "/link.js"                          Public     link::script;
    GET    "/link.css"                         Public     link::style;
}

/// Mounts the routes of all `tables`, and the answers to what is no route.
pub fn configure(config: &mut ServiceConfig, tables: &[Table]) {
    let routes: Vec<&'static Route> = tables.iter().flat_map(|table| table.routes).collect();
    let mut paths: Vec<&'static str> = routes.iter().map(|route| route.path).collect();
    paths.sort_by_key(|path| (prefix(path), path.contains('{'), *path));
    paths.dedup();
    let on = |path: &str| routes.iter().copied().filter(|it| it.path == path).collect();
    // They are tried one after the other: so how they begin is compared first, and the rest is matched
    // against the few that begin so.
    for group in paths.chunk_by(|one, next| prefix(one) == prefix(next)) {
        match group.first().map(|path| prefix(path)).unwrap_or_default() {
            "" => group.iter().for_each(|path| _ = config.service(resource(path, on(path)))),
            start => {
                let rest = |path: &'static str| path.strip_prefix(start).unwrap_or_default();
                let of = |path: &&'static str| resource(rest(path), on(path));
                config.service(
                    group.iter().map(of).fold(web::scope(start), actix_web::Scope::service),
                );
            }
        }
    }
    config.default_service(web::to(async || Err::<HttpResponse, _>(Problem::no_such_route())));
}

/// How a path of the API begins, up to the name of what it is about; empty for all others.
fn prefix(path: &str) -> &str {
    let start = ["/api/v1/admin/", "/api/v1/"].into_iter().find(|it| path.starts_with(it));
    let Some(start) = start.map(str::len) else { return "" };
    let name = path.get(start..).and_then(|rest| rest.find('/'));
    let end = name.map_or(path.len(), |name| start.saturating_add(name));
    path.get(..end).unwrap_or(path)
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
        resource.route((route.serve)().route.guard(methods).wrap(contained))
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
