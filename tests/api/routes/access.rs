//! Who is answered what on each route: written by hand, so that a route that lets in the wrong ones
//! by mistake is seen. A new route gets its line here.

/// The status that each is answered, who sends an empty object and ids that nothing has.
pub struct Expected {
    pub method: &'static str,
    pub path: &'static str,
    /// Who shows nothing.
    pub stranger: u16,
    /// Whose access token is none of ours.
    pub forger: u16,
    /// Who has the token of a cart.
    pub guest: u16,
    pub customer: u16,
    pub admin: u16,
}

impl Expected {
    /// Whether nobody can go on with the session that asked.
    pub fn ends_the_session(&self) -> bool {
        self.path.contains("/logout") || (self.method, self.path) == ("DELETE", "/api/v1/me")
    }
}

macro_rules! expected {
    ($($method:ident $path:literal $stranger:literal $forger:literal $guest:literal
        $customer:literal $admin:literal;)*) => {
        pub const ROUTES: &[Expected] = &[$(Expected {
            method: stringify!($method),
            path: $path,
            stranger: $stranger,
            forger: $forger,
            guest: $guest,
            customer: $customer,
            admin: $admin,
        },)*];
    };
}

expected! {
    //                                         stranger forger guest customer admin
    POST   "/api/v1/auth/register"                     400    400   400      400   400;
    POST   "/api/v1/auth/login"                        400    400   400      400   400;
    POST   "/api/v1/auth/refresh"                      400    400   400      400   400;
    POST   "/api/v1/auth/email/confirm"                400    400   400      400   400;
    POST   "/api/v1/auth/email/resend"                 401    401   401      204   204;
    POST   "/api/v1/auth/password/forgot"              400    400   400      400   400;
    POST   "/api/v1/auth/password/reset"               400    400   400      400   400;
    GET    "/api/v1/me"                                401    401   401      200   200;
    PATCH  "/api/v1/me"                                401    401   401      200   200;
    POST   "/api/v1/me/email"                          401    401   401      400   400;
    POST   "/api/v1/me/password"                       401    401   401      400   400;
    GET    "/api/v1/me/sessions"                       401    401   401      200   200;
    DELETE "/api/v1/me/sessions"                       401    401   401      204   204;
    DELETE "/api/v1/me/sessions/{id}"                  401    401   401      404   404;
    GET    "/api/v1/me/notifications"                  401    401   401      200   200;
    POST   "/api/v1/me/notifications/read-all"         401    401   401      204   204;
    POST   "/api/v1/me/notifications/{id}/read"        401    401   401      404   404;
    POST   "/api/v1/notifications"                     401    401   401      403   403;
    POST   "/api/v1/me/push-subscriptions"             401    401   401      400   400;
    DELETE "/api/v1/me/push-subscriptions/{id}"        401    401   401      404   404;
    GET    "/api/v1/push-key"                          200    200   200      200   200;
    GET    "/api/v1/me/settings"                       401    401   401      200   200;
    PUT    "/api/v1/me/settings"                       401    401   401      200   200;
    GET    "/api/v1/me/addresses"                      401    401   401      200   200;
    POST   "/api/v1/me/addresses"                      401    401   401      400   400;
    GET    "/api/v1/me/addresses/{id}"                 401    401   401      404   404;
    PATCH  "/api/v1/me/addresses/{id}"                 401    401   401      404   404;
    DELETE "/api/v1/me/addresses/{id}"                 401    401   401      404   404;
    GET    "/api/v1/categories"                        200    200   200      200   200;
    GET    "/api/v1/products"                          200    200   200      200   200;
    GET    "/api/v1/products/{id}"                     404    404   404      404   404;
    GET    "/api/v1/products/{id}/reviews"             404    404   404      404   404;
    POST   "/api/v1/products/{id}/reviews"             401    401   401      400   400;
    GET    "/api/v1/products/{id}/reviews/mine"        401    401   401      404   404;
    DELETE "/api/v1/products/{id}/reviews/mine"        401    401   401      404   404;
    POST   "/api/v1/variants/{id}/stock-alerts"        400    401   400      404   404;
    GET    "/api/v1/images/{key}"                      404    404   404      404   404;
    POST   "/api/v1/carts"                             201    201   201      201   201;
    GET    "/api/v1/cart"                              401    401   200      200   200;
    DELETE "/api/v1/cart"                              401    401   200      200   200;
    POST   "/api/v1/cart/items"                        401    401   400      400   400;
    PATCH  "/api/v1/cart/items/{id}"                   401    401   400      400   400;
    DELETE "/api/v1/cart/items/{id}"                   401    401   404      404   404;
    POST   "/api/v1/cart/promotions"                   401    401   400      400   400;
    DELETE "/api/v1/cart/promotions/{code}"            401    401   404      404   404;
    POST   "/api/v1/cart/hold"                         401    401   409      409   409;
    DELETE "/api/v1/cart/hold"                         401    401   200      200   200;
    POST   "/api/v1/cart/merge"                        401    401   401      400   400;
    POST   "/api/v1/delivery/quotes"                   400    401   400      400   400;
    POST   "/api/v1/checkout"                          401    401   400      400   400;
    GET    "/api/v1/orders"                            401    401   401      200   200;
    GET    "/api/v1/orders/{id}"                       401    401   401      404   404;
    GET    "/api/v1/orders/{id}/events"                401    401   401      404   404;
    POST   "/api/v1/orders/{id}/cancel"                401    401   401      404   404;
    POST   "/api/v1/orders/{id}/returns"               401    401   401      404   404;
    GET    "/api/v1/payments/{id}"                     401    401   401      404   404;
    POST   "/api/v1/payments/{id}/cancel"              401    401   401      404   404;
    POST   "/api/v1/payments/{id}/confirm"             401    401   401      400   400;
    POST   "/api/v1/webhooks/payments/{provider}"      404    404   404      404   404;
    GET    "/api/v1/courier/deliveries"                401    401   401      403   200;
    GET    "/api/v1/courier/deliveries/{id}"           401    401   401      403   404;
    POST   "/api/v1/courier/deliveries/{id}/events"    401    401   401      403   400;
    POST   "/api/v1/courier/position"                  401    401   401      403   400;
    GET    "/api/v1/admin/categories"                  401    401   401      403   200;
    POST   "/api/v1/admin/categories"                  401    401   401      403   400;
    GET    "/api/v1/admin/categories/{id}"             401    401   401      403   404;
    PATCH  "/api/v1/admin/categories/{id}"             401    401   401      403   404;
    DELETE "/api/v1/admin/categories/{id}"             401    401   401      403   404;
    GET    "/api/v1/admin/products"                    401    401   401      403   200;
    POST   "/api/v1/admin/products"                    401    401   401      403   400;
    GET    "/api/v1/admin/products/{id}"               401    401   401      403   404;
    PATCH  "/api/v1/admin/products/{id}"               401    401   401      403   404;
    DELETE "/api/v1/admin/products/{id}"               401    401   401      403   404;
    POST   "/api/v1/admin/products/{id}/publish"       401    401   401      403   404;
    POST   "/api/v1/admin/products/{id}/unpublish"     401    401   401      403   404;
    POST   "/api/v1/admin/products/{id}/archive"       401    401   401      403   404;
    POST   "/api/v1/admin/products/{id}/variants"      401    401   401      403   404;
    PATCH  "/api/v1/admin/variants/{id}"               401    401   401      403   404;
    DELETE "/api/v1/admin/variants/{id}"               401    401   401      403   404;
    POST   "/api/v1/admin/variants/{id}/restore"       401    401   401      403   404;
    GET    "/api/v1/admin/variants/{id}/prices"        401    401   401      403   404;
    GET    "/api/v1/admin/variants/{id}/stock"         401    401   401      403   404;
    POST   "/api/v1/admin/variants/{id}/stock"         401    401   401      403   400;
    GET    "/api/v1/admin/promotions"                  401    401   401      403   200;
    POST   "/api/v1/admin/promotions"                  401    401   401      403   400;
    GET    "/api/v1/admin/promotions/{id}"             401    401   401      403   404;
    PUT    "/api/v1/admin/promotions/{id}"             401    401   401      403   400;
    GET    "/api/v1/admin/tariff"                      401    401   401      403   200;
    PUT    "/api/v1/admin/tariff"                      401    401   401      403   400;
    POST   "/api/v1/admin/images"                      401    401   401      403   415;
    POST   "/api/v1/admin/products/import"             401    401   401      403   415;
    GET    "/api/v1/admin/products/export"             401    401   401      403   200;
    GET    "/api/v1/admin/orders"                      401    401   401      403   200;
    GET    "/api/v1/admin/orders/{id}"                 401    401   401      403   404;
    POST   "/api/v1/admin/orders/{id}/process"         401    401   401      403   404;
    POST   "/api/v1/admin/orders/{id}/pack"            401    401   401      403   404;
    POST   "/api/v1/admin/orders/{id}/ship"            401    401   401      403   404;
    POST   "/api/v1/admin/orders/{id}/cancel"          401    401   401      403   400;
    POST   "/api/v1/admin/orders/{id}/refund"          401    401   401      403   400;
    POST   "/api/v1/admin/returns/{id}/receive"        401    401   401      403   400;
    POST   "/api/v1/admin/deliveries/{id}/events"      401    401   401      403   400;
    PUT    "/api/v1/admin/deliveries/{id}/courier"     401    401   401      403   400;
    DELETE "/api/v1/admin/deliveries/{id}/courier"     401    401   401      403   404;
    GET    "/api/v1/admin/users"                       401    401   401      403   200;
    GET    "/api/v1/admin/users/{id}"                  401    401   401      403   404;
    POST   "/api/v1/admin/users/{id}/suspend"          401    401   401      403   404;
    POST   "/api/v1/admin/users/{id}/unsuspend"        401    401   401      403   404;
    PUT    "/api/v1/admin/users/{id}/role"             401    401   401      403   400;
    GET    "/api/v1/admin/users/{id}/sessions"         401    401   401      403   404;
    DELETE "/api/v1/admin/users/{id}/sessions"         401    401   401      403   404;
    DELETE "/api/v1/admin/users/{id}/sessions/{session}" 401  401   401      403   404;
    GET    "/api/v1/admin/reviews"                     401    401   401      403   200;
    POST   "/api/v1/admin/reviews/{id}/hide"           401    401   401      403   400;
    POST   "/api/v1/admin/reviews/{id}/unhide"         401    401   401      403   404;
    GET    "/api/v1/admin/webhooks"                    401    401   401      403   200;
    POST   "/api/v1/admin/webhooks"                    401    401   401      403   400;
    GET    "/api/v1/admin/webhooks/{id}"               401    401   401      403   404;
    PATCH  "/api/v1/admin/webhooks/{id}"               401    401   401      403   404;
    DELETE "/api/v1/admin/webhooks/{id}"               401    401   401      403   404;
    POST   "/api/v1/admin/webhooks/{id}/rotate"        401    401   401      403   404;
    GET    "/api/v1/admin/webhooks/{id}/deliveries"    401    401   401      403   404;
    POST   "/api/v1/admin/webhooks/{id}/deliveries/{delivery}/resend" 401 401 401 403   404;
    GET    "/api/v1/admin/audit"                       401    401   401      403   200;
    GET    "/api/v1/admin/audit/export"                401    401   401      403   200;
    GET    "/api/v1/ws"                                400    400   400      400   400;
    GET    "/api/v1/ws/echo"                           400    400   400      400   400;
    POST   "/api/v1/ws/tickets"                        401    401   401      201   201;
    GET    "/api/v1/filler/{bytes}"                    404    404   404      404   404;
    GET    "/healthz"                                  200    200   200      200   200;
    GET    "/readyz"                                   200    200   200      200   200;
    GET    "/metrics"                                  200    200   200      200   200;
    GET    "/api/openapi.json"                         200    200   200      200   200;
    GET    "/confirm"                                  200    200   200      200   200;
    GET    "/reset"                                    200    200   200      200   200;
    GET    "/link.js"                                  200    200   200      200   200;
    GET    "/link.css"                                 200    200   200      200   200;
    GET    "/"                                         200    200   200      200   200;
    GET    "/p/{slug}"                                 200    200   200      200   200;
    GET    "/o/{id}"                                   200    200   200      200   200;
    GET    "/storefront/{file}"                        404    404   404      404   404;
    GET    "/admin"                                    200    200   200      200   200;
    GET    "/admin/files/{file}"                       404    404   404      404   404;
    POST   "/api/v1/auth/logout"                       401    401   401      204   204;
    POST   "/api/v1/auth/logout-all"                   401    401   401      204   204;
    DELETE "/api/v1/me"                                401    401   401      204   409;
}
