//! Commands that can be sent again: the `Idempotency-Key`, and the answer to a repeat.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponseBuilder, dev::Payload, http::header::ContentType,
};

use super::{
    error::{Answered, Problem},
    input::Body,
    token::sha256_hex,
};
use crate::{
    domain::{
        Error,
        idempotency::{Answer, Claim, KEY_BYTES_MAX, Outcome},
    },
    store::{Store, read},
};

/// Names the try of a command that must be done once.
pub const HEADER: &str = "Idempotency-Key";
/// Stands on an answer that an earlier try was given.
pub const REPLAYED: &str = "Idempotent-Replayed";

/// The key of a command: 1 to [`KEY_BYTES_MAX`] visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    fn parse(sent: Option<&[u8]>) -> Result<Self, Error> {
        let sent = sent.ok_or_else(|| Error::Rejected {
            code: "idempotency_key_required",
            message: format!("send an {HEADER}, and the same one with each repeat"),
        })?;
        let fits = (1..=KEY_BYTES_MAX).contains(&sent.len());
        if !fits || !sent.iter().all(u8::is_ascii_graphic) {
            let message = format!("an {HEADER} is 1 to {KEY_BYTES_MAX} visible ASCII characters");
            return Err(Error::Rejected { code: "invalid_idempotency_key", message });
        }
        Ok(IdempotencyKey(String::from_utf8_lossy(sent).into_owned()))
    }

    /// A key that is not a header of its own.
    pub fn of(sent: &str) -> Result<Self, Error> {
        IdempotencyKey::parse(Some(sent.as_bytes()))
    }

    /// What `caller` claims on `route` with `body`.
    pub fn claim(&self, caller: &str, route: &str, body: &Body) -> Claim {
        self.claim_of(caller, route, body.digest())
    }

    /// The same of a request in other words than a body; `request` is the SHA-256 of it in hex.
    pub fn claim_of(&self, caller: &str, route: &str, request: String) -> Claim {
        // None of the three can hold a line feed, so no two scopes run into each other.
        let scope = format!("{caller}\n{route}\n{}", self.0);
        Claim { key: sha256_hex(scope.as_bytes()), request }
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sent = request.headers().get(HEADER).map(|value| value.as_bytes());
        ready(IdempotencyKey::parse(sent).map_err(Problem::from))
    }
}

/// The same where a client may do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionalKey(pub Option<IdempotencyKey>);

impl FromRequest for OptionalKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sent = request.headers().get(HEADER).map(|value| value.as_bytes());
        let key = sent.map(|sent| IdempotencyKey::parse(Some(sent))).transpose();
        ready(key.map(OptionalKey).map_err(Problem::from))
    }
}

/// The answer to a request that is `refused` for its body, or for who sends it. The key is compared
/// before either: one that was used for another request is told first, what was done under it is
/// answered again, and only a free key lets the request be refused, or a request without one.
pub async fn repeated<'a>(
    store: &Store,
    claim: impl Into<Option<&'a Claim>>,
    refused: Problem,
) -> Result<Answer, Problem> {
    let Some(claim) = claim.into() else { return Err(refused) };
    let key = claim.key.clone();
    match read!(store, idempotency::find(key))? {
        Some(kept) => Ok(kept.answer(claim)?),
        None => Err(refused),
    }
}

/// What came of a command; where it was refused before it was done, the same as [`repeated`].
pub async fn or_repeated(
    store: &Store,
    claim: &Claim,
    done: Result<Answer, Problem>,
) -> Result<Answer, Problem> {
    match done {
        Ok(answer) => Ok(answer),
        Err(refused) => repeated(store, claim, refused).await,
    }
}

/// The answer, on `done` where it was done: to the byte what the first try was told.
pub fn respond(mut done: HttpResponseBuilder, answer: Answer) -> Answered {
    match answer.outcome {
        Outcome::Done(json) => {
            if answer.replayed {
                done.insert_header((REPLAYED, "true"));
            }
            Ok(done.content_type(ContentType::json()).body(json))
        }
        Outcome::Refused(refusal) => {
            Err(Problem::from(Error::Conflict(refusal)).replayed(answer.replayed))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_needed_and_bounded() {
        let code = |sent| IdempotencyKey::parse(sent).map_err(|error| error.code().to_owned());

        assert_eq!(code(None), Err("idempotency_key_required".to_owned()));
        for wrong in [&b""[..], b"a b", b"caf\xc3\xa9", &[b'k'; 256]] {
            assert_eq!(code(Some(wrong)), Err("invalid_idempotency_key".to_owned()));
        }
        assert!(code(Some(&[b'k'; 255])).is_ok());
    }
}
