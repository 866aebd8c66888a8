//! Every route there is: who may call it, and that the OpenAPI document tells of it.

use std::collections::BTreeSet;

use awc::http::Method;
use rialto::{
    app::TABLES,
    http::routes::{Access, Route},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    TestShop,
    client::{Answer, Client},
};

/// All routes; what ends the session that asks comes last.
fn routes() -> Vec<&'static Route> {
    let mut routes: Vec<&Route> = TABLES.iter().flat_map(|table| table.routes).collect();
    routes.sort_by_key(|route| route.path.contains("logout"));
    assert!(routes.len() > 25, "where are they?");
    routes
}

/// Calls a route with ids that nothing has, and an empty object where there may be a body.
async fn call(client: &Client, route: &Route) -> Answer {
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

/// It is a route, and it has not failed.
#[track_caller]
fn is_answered(route: &Route, answer: &Answer) {
    let at = format!("{} {}: {}", route.method, route.path, answer.text);
    assert!(![405, 415, 422].contains(&answer.status) && answer.status < 500, "{at}");
    assert_ne!(answer.body["code"], "no_such_route", "{at}");
}

#[actix_rt::test]
async fn whoever_shows_nothing_is_let_in_where_the_table_says_so_alone() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();

    for route in routes() {
        let answer = call(&stranger, route).await;

        is_answered(route, &answer);
        match route.access {
            Access::Public => assert!(![401, 403].contains(&answer.status), "{}", route.path),
            Access::Customer | Access::Buyer | Access::OrderHolder | Access::Admin => {
                answer.refused(401, "unauthenticated");
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            }
        }
    }
}

#[actix_rt::test]
async fn a_token_that_is_not_ours_is_refused_wherever_one_is_needed() {
    let shop = TestShop::start().await;
    let forger = shop.stranger().with("Authorization", "Bearer a.b.c");

    for route in routes().into_iter().filter(|it| it.access != Access::Public) {
        call(&forger, route).await.refused(401, "invalid_token");
    }
}

#[actix_rt::test]
async fn a_customer_is_let_in_wherever_it_is_no_admins_business() {
    let shop = TestShop::start().await;
    let customer = shop.sign_up().await;

    for route in routes() {
        let answer = call(&customer, route).await;

        is_answered(route, &answer);
        match route.access {
            Access::Admin => {
                answer.refused(403, "forbidden");
            }
            Access::Public | Access::Customer | Access::Buyer | Access::OrderHolder => {
                assert!(![401, 403].contains(&answer.status), "{} {}", route.path, answer.text);
            }
        }
    }
}

#[actix_rt::test]
async fn an_admin_is_let_in_everywhere() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;

    for route in routes() {
        let answer = call(&admin, route).await;

        is_answered(route, &answer);
        assert!(![401, 403].contains(&answer.status), "{} {}", route.path, answer.text);
    }
}

#[actix_rt::test]
async fn a_guest_is_let_in_where_a_cart_is_all_that_is_needed() {
    let shop = TestShop::start().await;
    let guest = shop.guest().await;

    for route in routes() {
        let answer = call(&guest, route).await;

        is_answered(route, &answer);
        let is_let_in = ![401, 403].contains(&answer.status);
        let is_due = matches!(route.access, Access::Public | Access::Buyer);
        assert_eq!(is_let_in, is_due, "{} {}", route.path, answer.text);
    }
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
        routes().into_iter().map(|it| (it.method.to_owned(), it.path.to_owned())).collect();
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
