//! Tokens: the JWT that says who calls, and the secrets that keep sessions alive.
//!
//! The only file that names `jsonwebtoken`. HS256 is pinned; a key's id stands in the header, the
//! first key signs and all of them verify, so that keys can be rotated without a log-out. What
//! guests hold is proved by the same keys: see `domain/proof.rs`.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
    errors::ErrorKind,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::{
    Error,
    account::Role,
    hex::hex,
    id::{SessionId, UserId},
    proof::{self, Proofs},
    session::RefreshHash,
};

/// How long an access token is good for, in seconds.
pub const ACCESS_SECONDS: i64 = 900;

const ISSUER: &str = "rialto";
const AUDIENCE: &str = "rialto-api";
/// By how much the clocks of two nodes may differ, in seconds.
const LEEWAY_SECONDS: u64 = 2;
/// How many random bytes the secret of a refresh token has.
const REFRESH_BYTES: usize = 32;
/// The longest access token that is read, in bytes; ours are far shorter.
const BYTES_MAX: usize = 2048;

/// Who calls: what an access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
    pub session: SessionId,
    pub role: Role,
    /// When the token ends.
    pub expires_at: DateTime<Utc>,
}

/// The server's keys. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    /// Signs; stands in `all` too.
    first: Key,
    all: Vec<Key>,
    proofs: Proofs,
    validation: Validation,
}

#[derive(Clone)]
struct Key {
    id: String,
    signs: EncodingKey,
    verifies: DecodingKey,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    role: Role,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Keys {
    /// Keys of `secrets`, of which the first signs; an error where there is none, or an empty one.
    pub fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        let secrets: Vec<S> = secrets.into_iter().collect();
        let proofs = Proofs::new(&secrets)?;
        let all: Vec<Key> = secrets.iter().map(|it| Key::new(it.as_ref())).collect();
        let first = all.first().ok_or_else(|| Error::internal("reading the keys")("none"))?.clone();
        Ok(Keys(Arc::new(Inner { first, all, proofs, validation: validation() })))
    }

    /// An access token that is good for [`ACCESS_SECONDS`] from `now`.
    pub fn access(
        &self,
        user: UserId,
        session: SessionId,
        role: Role,
        now: DateTime<Utc>,
    ) -> Result<String, Error> {
        let issued = now.timestamp();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            role,
            iat: issued,
            nbf: issued,
            exp: issued.saturating_add(ACCESS_SECONDS),
        };
        let key = &self.0.first;
        let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims, &key.signs).map_err(Error::internal("signing a token"))
    }

    /// Whoever an access token names; `Unauthenticated` with `token_expired` or `invalid_token`.
    pub fn caller(&self, token: &str) -> Result<Caller, Error> {
        let invalid = Error::Unauthenticated { code: "invalid_token" };
        let header = Some(token).filter(|it| it.len() <= BYTES_MAX).map(decode_header);
        let Some(Ok(Header { kid: Some(id), .. })) = header else { return Err(invalid) };
        let Some(key) = self.0.all.iter().find(|key| key.id == id) else { return Err(invalid) };
        match decode::<Claims>(token, &key.verifies, &self.0.validation) {
            Ok(data) => caller(&data.claims).ok_or(invalid),
            Err(error) if matches!(error.kind(), ErrorKind::ExpiredSignature) => {
                Err(Error::Unauthenticated { code: "token_expired" })
            }
            Err(_) => Err(invalid),
        }
    }

    /// What proves to whom carts, orders and links were given.
    pub fn proofs(&self) -> &Proofs {
        &self.0.proofs
    }
}

impl Key {
    fn new(secret: &[u8]) -> Self {
        // Derived, so that every node gives a key the same name; it tells nothing of the secret.
        let id = proof::proof(secret, "kid", "").chars().take(8).collect();
        Key {
            id,
            signs: EncodingKey::from_secret(secret),
            verifies: DecodingKey::from_secret(secret),
        }
    }
}

fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_nbf = true;
    validation.leeway = LEEWAY_SECONDS;
    validation
}

fn caller(claims: &Claims) -> Option<Caller> {
    let expires_at = DateTime::from_timestamp(claims.exp, 0)?;
    Some(Caller { user: claims.sub, session: claims.sid, role: claims.role, expires_at })
}

/// What other programs of the shop show. Cheap to clone.
#[derive(Clone)]
pub struct ServiceTokens(Arc<[String]>);

impl ServiceTokens {
    pub fn new<S: Into<String>>(tokens: impl IntoIterator<Item = S>) -> Self {
        ServiceTokens(tokens.into_iter().map(Into::into).collect())
    }

    /// Whether a token that was shown is one of them.
    pub fn has(&self, token: &str, keys: &Keys) -> bool {
        self.0.iter().any(|it| keys.proofs().is_same(token, it))
    }
}

/// A refresh token of `session`: its id and a secret of 256 random bits.
pub fn refresh(session: SessionId) -> String {
    let secret: [u8; REFRESH_BYTES] = rand::random();
    format!("{session}.{}", BASE64_URL_SAFE_NO_PAD.encode(secret))
}

/// The session that a refresh token is of; whether it is one, only the store knows.
pub fn session_of(refresh: &str) -> Result<SessionId, Error> {
    let id = refresh.split_once('.').and_then(|(id, secret)| {
        let secret = BASE64_URL_SAFE_NO_PAD.decode(secret).ok()?; // what is none opens nothing
        id.parse().ok().filter(|_| secret.len() == REFRESH_BYTES) // what is no id names none
    });
    id.ok_or(Error::Unauthenticated { code: "invalid_refresh_token" })
}

/// What the store knows of a refresh token.
pub fn refresh_hash(refresh: &str) -> RefreshHash {
    RefreshHash(sha256_hex(refresh.as_bytes()))
}

/// SHA-256 of `bytes`, in hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use serde_json::{Value, json};

    use super::*;
    use crate::store::now;

    const SECRET: &[u8] = b"the first secret of thirty-two bytes";

    fn keys() -> Keys {
        Keys::new([SECRET]).unwrap()
    }

    fn token(keys: &Keys, at: DateTime<Utc>) -> String {
        keys.access(UserId::new(), SessionId::new(), Role::Customer, at).unwrap()
    }

    /// A token with what `change` makes of good claims, signed by the right key.
    fn forged(algorithm: Algorithm, change: impl FnOnce(&mut Value)) -> String {
        let issued = now().timestamp();
        let mut claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": UserId::new(), "sid": SessionId::new(),
            "role": "customer", "iat": issued, "nbf": issued, "exp": issued + 60,
        });
        change(&mut claims);
        let kid = Some(keys().0.first.id.clone());
        let header = Header { kid, ..Header::new(algorithm) };
        encode(&header, &claims, &EncodingKey::from_secret(SECRET)).unwrap()
    }

    fn refused(token: &str) -> String {
        keys().caller(token).unwrap_err().code().to_owned()
    }

    #[test]
    fn a_token_names_who_it_was_made_for() {
        let (user, session, at) = (UserId::new(), SessionId::new(), now());
        let token = keys().access(user, session, Role::Admin, at).unwrap();

        let caller = keys().caller(&token).unwrap();

        assert_eq!((caller.user, caller.session, caller.role), (user, session, Role::Admin));
        assert_eq!(caller.expires_at.timestamp(), at.timestamp() + ACCESS_SECONDS);
    }

    #[test]
    fn a_token_ends_after_its_time_and_does_not_begin_before_it() {
        let old = token(&keys(), now() - Duration::seconds(ACCESS_SECONDS + 10));
        assert_eq!(refused(&old), "token_expired");

        let early = token(&keys(), now() + Duration::seconds(60));
        assert_eq!(refused(&early), "invalid_token");
    }

    #[test]
    fn the_algorithm_is_pinned() {
        assert!(keys().caller(&forged(Algorithm::HS256, |_| ())).is_ok());
        assert_eq!(refused(&forged(Algorithm::HS512, |_| ())), "invalid_token");

        let good = token(&keys(), now());
        let claims = good.split('.').nth(1).unwrap();
        let kid = &keys().0.first.id;
        let header = json!({ "alg": "none", "typ": "JWT", "kid": kid }).to_string();
        let header = BASE64_URL_SAFE_NO_PAD.encode(header);
        assert_eq!(refused(&format!("{header}.{claims}.")), "invalid_token");
    }

    #[test]
    fn claims_that_are_wrong_or_missing_are_refused() {
        let wrong: [fn(&mut Value); 7] = [
            |it| it["aud"] = json!("another"),
            |it| it["iss"] = json!("another"),
            |it| it["role"] = json!("emperor"),
            |it| it["sub"] = json!("7"),
            |it| drop(it.as_object_mut().unwrap().remove("exp")),
            |it| drop(it.as_object_mut().unwrap().remove("aud")),
            |it| drop(it.as_object_mut().unwrap().remove("nbf")),
        ];
        for change in wrong {
            assert_eq!(refused(&forged(Algorithm::HS256, change)), "invalid_token");
        }
    }

    #[test]
    fn a_token_of_another_key_or_no_token_is_refused() {
        let other = Keys::new([&b"another secret"[..]]).unwrap();
        let huge = "a".repeat(BYTES_MAX + 1);
        for wrong in [&token(&other, now()), "", "a.b.c", "....", &huge] {
            assert_eq!(refused(wrong), "invalid_token");
        }
        let mut bent = token(&keys(), now());
        let last = bent.pop().unwrap();
        bent.push(if last == 'A' { 'Q' } else { 'A' });
        assert_eq!(refused(&bent), "invalid_token");
    }

    #[test]
    fn a_rotated_key_still_verifies_and_no_longer_signs() {
        let rotated = Keys::new([&b"the newer secret"[..], SECRET]).unwrap();

        assert!(rotated.caller(&token(&keys(), now())).is_ok());
        assert!(keys().caller(&token(&rotated, now())).is_err());
    }

    #[test]
    fn keys_are_not_made_of_nothing() {
        assert!(Keys::new::<&[u8]>([]).is_err());
        assert!(Keys::new([SECRET, b""]).is_err());
    }

    #[test]
    fn a_refresh_token_names_its_session_and_is_stored_as_a_hash() {
        let session = SessionId::new();
        let token = refresh(session);

        assert_eq!(session_of(&token).unwrap(), session);
        assert_eq!(token.split_once('.').unwrap().1.len(), 43);
        assert_eq!(refresh_hash(&token).0.len(), 64);
        let (mut short, long) = (token.clone(), format!("{token}A"));
        short.pop();
        for wrong in ["7.x", "", &format!("{session}."), &short, &long] {
            assert!(session_of(wrong).is_err(), "{wrong}");
        }
    }
}
