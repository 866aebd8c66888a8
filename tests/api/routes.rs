//! Every route there is: who is let in, and that the OpenAPI document tells of it.

use std::collections::BTreeSet;

use awc::http::Method;
use rialto::app::TABLES;
use serde_json::{Value, json};
use uuid::Uuid;

use self::access::{Expected, ROUTES};
use crate::support::{
    TestShop,
    client::{Answer, Client},
};

mod access;

/// Calls a route with ids that nothing has, and an empty object where there may be a body.
async fn call(client: &Client, route: &Expected) -> Answer {
    let path: Vec<String> = route
        .path
        .split('/')
        .map(|part| match part.starts_with('{') {
            true => Uuid::now_v7().to_string(),
            false => part.to_owned(),
        })
        .collect();
    let method: Method = route.method.parse().unwrap();
    let body = (route.method != "GET").then(|| json!({}));
    client.send(method, &path.join("/"), body).await
}

/// Whether `who` is answered as the list says, on all routes; every other answer is named.
async fn are_answered(
    who: &str,
    comes: impl AsyncFn() -> Client,
    code: &str,
    status: fn(&Expected) -> u16,
) {
    let (mut wrong, mut client) = (Vec::new(), comes().await);
    for route in ROUTES {
        let (answer, expected) = (call(&client, route).await, status(route));
        if route.ends_the_session() {
            client = comes().await;
        }
        let mut is_right = answer.status == expected && answer.body["code"] != "no_such_route";
        if expected == 401 {
            is_right &= answer.body["code"] == code;
            is_right &= answer.header("www-authenticate") == Some("Bearer");
        }
        if expected == 403 {
            is_right &= answer.body["code"] == "forbidden";
        }
        if !is_right {
            wrong.push(format!(
                "{} {}: {} {}",
                route.method, route.path, answer.status, answer.text
            ));
        }
    }
    assert!(wrong.is_empty(), "{who}:\n{}", wrong.join("\n"));
}

#[actix_rt::test]
async fn whoever_shows_nothing_is_let_in_where_the_list_says_so_alone() {
    let shop = TestShop::start().await;
    are_answered("a stranger", async || shop.stranger(), "unauthenticated", |it| it.stranger).await;
}

#[actix_rt::test]
async fn a_token_that_is_not_ours_is_refused_wherever_one_is_read() {
    let shop = TestShop::start().await;
    let forger = shop.stranger().with("Authorization", "Bearer a.b.c");
    are_answered("a forger", async || forger.clone(), "invalid_token", |it| it.forger).await;
}

#[actix_rt::test]
async fn a_guest_is_let_in_where_a_cart_is_all_that_is_needed() {
    let shop = TestShop::start().await;
    let guest = shop.guest().await;
    are_answered("a guest", async || guest.clone(), "unauthenticated", |it| it.guest).await;
}

#[actix_rt::test]
async fn a_customer_is_let_in_wherever_it_is_no_admins_business() {
    let shop = TestShop::start().await;
    are_answered("a customer", async || shop.sign_up().await, "unauthenticated", |it| it.customer)
        .await;
}

#[actix_rt::test]
async fn an_admin_is_let_in_wherever_it_is_no_programs_business() {
    let shop = TestShop::start().await;
    are_answered("an admin", async || shop.log_in_admin().await, "unauthenticated", |it| it.admin)
        .await;
}

#[actix_rt::test]
async fn a_program_with_a_service_token_is_let_in_to_send_notifications_and_nowhere_else() {
    let shop = TestShop::with(&[("RIALTO_SERVICE_TOKENS", "a-token-of-this-test")]).await;
    let program = shop.stranger().with("Authorization", "Bearer a-token-of-this-test");
    let expected = |it: &Expected| match it.path {
        "/api/v1/notifications" => 400,
        _ => it.forger,
    };
    are_answered("a program", async || program.clone(), "invalid_token", expected).await;
}

#[test]
fn the_list_has_every_route_once() {
    let listed: Vec<(&str, &str)> = ROUTES.iter().map(|it| (it.method, it.path)).collect();
    let there = TABLES.iter().flat_map(|table| table.routes).map(|it| (it.method, it.path));

    let (each, there): (BTreeSet<_>, BTreeSet<_>) =
        (listed.iter().copied().collect(), there.collect());
    assert_eq!(each, there, "tests/api/routes/access.rs says who may call which route");
    assert_eq!(listed.len(), each.len());
}

#[actix_rt::test]
async fn the_document_and_the_tables_tell_of_the_same_routes() {
    let shop = TestShop::start().await;

    let document = shop.stranger().get("/api/openapi.json").await.is(200);

    let told: BTreeSet<(String, String)> = operations(&document)
        .into_iter()
        .map(|(method, path, _)| (method.to_uppercase(), path.to_owned()))
        .collect();
    let there: BTreeSet<(String, String)> =
        ROUTES.iter().map(|it| (it.method.to_owned(), it.path.to_owned())).collect();
    assert_eq!(told, there);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[actix_rt::test]
async fn each_operation_has_a_name_of_its_own_and_says_what_it_answers() {
    let shop = TestShop::start().await;

    let document = shop.stranger().get("/api/openapi.json").await.is(200);

    let all = operations(&document);
    let names: BTreeSet<&str> =
        all.iter().map(|(.., it)| it["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), all.len());
    for (method, path, operation) in all {
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|it| it.starts_with('2') || it == "101"), "{method} {path}");
        for parameter in path.split('{').skip(1).map(|it| it.split('}').next().unwrap()) {
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(parameters.iter().any(|it| it["name"] == parameter), "{method} {path}");
        }
    }
}

/// Method, path and description of each operation.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item)| {
        let item: &Value = item;
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, it)| (method.as_str(), path, it))
    };
    paths.iter().map(|(path, item)| (path.as_str(), item)).flat_map(of).collect()
}
