//! Access tokens over the wire: what is wrong with one is told, and it opens nothing; and keys are
//! rotated without anybody having to log in again.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};

use crate::support::TestShop;

const SECRET: &str = "JWT_SECRET_OF_THIS_TEST";
const NEWER: &str = "JWT_SECRET_THAT_CAME_LATER";

/// A token in its parts, to be changed and signed again.
#[derive(Clone)]
struct Token {
    header: Value,
    claims: Value,
    algorithm: fn(&[u8], &str) -> Vec<u8>,
    secret: &'static str,
}

impl Token {
    fn read(token: &str) -> Self {
        let mut parts = token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap());
        let mut json = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
        Token { header: json(), claims: json(), algorithm: hs256, secret: SECRET }
    }

    fn write(&self) -> String {
        let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&self.header), part(&self.claims));
        let signature = (self.algorithm)(self.secret.as_bytes(), &signed);
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// Another token, after `change`.
    fn with(&self, change: impl FnOnce(&mut Token)) -> String {
        let mut other = self.clone();
        change(&mut other);
        other.write()
    }

    /// The same token, `seconds` older.
    fn older(&self, seconds: i64) -> String {
        self.with(|it| {
            for name in ["iat", "nbf", "exp"] {
                it.claims[name] = json!(it.claims[name].as_i64().unwrap() - seconds);
            }
        })
    }
}

fn hs256(secret: &[u8], text: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

fn hs512(secret: &[u8], text: &str) -> Vec<u8> {
    let mac = Hmac::<Sha512>::new_from_slice(secret).unwrap();
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

/// What is wrong with a token of ours, each time in one thing alone, and what is told of it.
fn wrong(good: &Token) -> Vec<(&'static str, String, &'static str)> {
    let written = good.write();
    let (signed, signature) = written.rsplit_once('.').unwrap();
    let admin = good.with(|it| it.claims["role"] = json!("admin"));
    let (promoted, _) = admin.rsplit_once('.').unwrap();
    let invalid = [
        ("no algorithm", good.with(|it| it.header["alg"] = json!("none"))),
        (
            "no algorithm and no signature",
            good.with(|it| {
                it.header["alg"] = json!("none");
                it.algorithm = |_, _| Vec::new();
            }),
        ),
        ("no signature", format!("{signed}.")),
        (
            "another algorithm",
            good.with(|it| {
                it.header["alg"] = json!("HS512");
                it.algorithm = hs512;
            }),
        ),
        ("the name of another algorithm", good.with(|it| it.header["alg"] = json!("RS256"))),
        ("another key", good.with(|it| it.secret = "GUESSED")),
        ("an unknown key id", good.with(|it| it.header["kid"] = json!("AAAAAAAA"))),
        ("no key id", good.with(|it| drop(it.header.as_object_mut().unwrap().remove("kid")))),
        ("another audience", good.with(|it| it.claims["aud"] = json!("another-api"))),
        ("another issuer", good.with(|it| it.claims["iss"] = json!("another"))),
        ("no end", good.with(|it| drop(it.claims.as_object_mut().unwrap().remove("exp")))),
        ("a role that there is not", good.with(|it| it.claims["role"] = json!("emperor"))),
        ("not valid yet", good.older(-60)),
        ("claims of another token", format!("{promoted}.{signature}")),
        ("no form at all", "a.b.c".to_owned()),
    ];
    let mut all: Vec<_> =
        invalid.into_iter().map(|(what, it)| (what, it, "invalid_token")).collect();
    all.push(("too old", good.older(15 * 60 + 5), "token_expired"));
    all
}

#[actix_rt::test]
async fn a_token_with_anything_wrong_opens_nothing() {
    let shop = TestShop::with(&[("RIALTO_JWT_SECRET", SECRET)]).await;
    let (buyer, stranger) = (shop.sign_up().await, shop.stranger());
    let good = Token::read(buyer.access_token());
    let by = |token: &str| stranger.with("Authorization", &format!("Bearer {token}"));

    for (what, token, code) in wrong(&good) {
        let answer = by(&token).get("/me").await;
        assert_eq!((answer.status, &answer.body["code"]), (401, &json!(code)), "{what}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        let socket = by(&token).socket_at("").await;
        assert_eq!(socket.err(), Some(401), "{what}, on the handshake of a socket");
    }

    // The tokens above are refused for what is wrong with them, not for how they were made.
    by(&good.write()).get("/me").await.is(200);
    by(&good.older(60)).get("/me").await.is(200);
}

#[actix_rt::test]
async fn a_socket_refuses_a_wrong_token_in_a_frame_and_closes() {
    let shop = TestShop::with(&[("RIALTO_JWT_SECRET", SECRET)]).await;
    let (buyer, stranger) = (shop.sign_up().await, shop.stranger());
    let good = Token::read(buyer.access_token());

    for (what, token, code) in wrong(&good) {
        let mut socket = stranger.socket().await;
        let refused = socket.refused("auth", json!({ "token": token })).await;
        assert_eq!(refused, code, "{what}");
        let close = if code == "token_expired" { 3005 } else { 3500 };
        assert_eq!(socket.closed().await.0, close, "{what}");
    }

    let mut socket = stranger.socket().await;
    let answer = socket.ask("auth", json!({ "token": good.write() })).await;
    assert_eq!(answer["user_id"], buyer.user_id());
}

#[actix_rt::test]
async fn a_key_that_was_replaced_is_believed_as_long_as_it_is_listed() {
    let mut shop = TestShop::with(&[("RIALTO_JWT_SECRET", SECRET)]).await;
    let before = shop.sign_up().await;
    let guest = shop.guest().await;

    shop.set("RIALTO_JWT_SECRET", &format!("{NEWER},{SECRET}"));
    shop.start_again().await;
    let after = shop.sign_up().await;

    before.get("/me").await.is(200);
    after.get("/me").await.is(200);
    guest.get("/cart").await.is(200);
    let kid = |token: &str| Token::read(token).header["kid"].clone();
    assert_ne!(kid(before.access_token()), kid(after.access_token()));
    // The newer key signs: the older one under its name is another key.
    let made = Token::read(after.access_token());
    let by = |secret| format!("Bearer {}", made.with(|it| it.secret = secret));
    shop.stranger().with("Authorization", &by(NEWER)).get("/me").await.is(200);
    let older = shop.stranger().with("Authorization", &by(SECRET)).get("/me").await;
    older.refused(401, "invalid_token");

    shop.set("RIALTO_JWT_SECRET", NEWER);
    shop.start_again().await;

    before.get("/me").await.refused(401, "invalid_token");
    guest.get("/cart").await.refused(401, "invalid_cart_token");
    after.get("/me").await.is(200);
    // Whoever has a refresh token needs no password for a token of the new key.
    let refresh = json!({ "refresh_token": before.session["refresh_token"] });
    let session = shop.stranger().post("/auth/refresh", refresh).await.is(200);
    shop.stranger().signed_in(session).get("/me").await.is(200);
}
