//! Errors as a client of the API sees them: documents of RFC 9457.
//!
//! This is the only file of the server that names status codes. What went wrong inside is kept beside the
//! document for the log and is never a part of it.

use std::{any::Any, borrow::Cow, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::request_id::RequestId;
use crate::domain::{
    Error,
    error::{Cause, FieldError, Refusal},
};

/// What a handler comes to.
pub type Answered = Result<HttpResponse, Problem>;

/// The media type of every error.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// After how many seconds a client that met an overload may come back.
const RETRY_AFTER_SECONDS: u64 = 1;

/// A request that was not served.
#[derive(Debug)]
pub struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    members: Map<String, Value>,
    /// When the client may come back, where that is known.
    retry_after: Option<Duration>,
    /// The methods that would have been allowed.
    allow: Option<String>,
    replayed: bool,
    fault: Option<Fault>,
}

/// What the log has to say of a fault of ours.
#[derive(Debug)]
pub struct Fault {
    pub doing: &'static str,
    pub source: Cause,
}

impl From<Error> for Problem {
    /// The one place where an error of the shop gets its status: a new variant does not compile
    /// until it has one.
    fn from(error: Error) -> Self {
        let code = Cow::Owned(error.code().to_owned());
        let detail = match &error {
            Error::Unauthenticated { code } => Cow::Borrowed(why(code)),
            _ => Cow::Owned(error.to_string()),
        };
        let (status, code) = match &error {
            Error::Invalid(_) | Error::Rejected { .. } => (StatusCode::BAD_REQUEST, code),
            Error::Unauthenticated { .. } => (StatusCode::UNAUTHORIZED, code),
            Error::Forbidden(_) => (StatusCode::FORBIDDEN, code),
            Error::NotFound(_) => (StatusCode::NOT_FOUND, code),
            Error::Conflict(_) => (StatusCode::CONFLICT, code),
            // Whoever decides tries again by itself: what still gets here lost several races in a
            // row, and the client may run another one.
            Error::Stale => (StatusCode::SERVICE_UNAVAILABLE, Cow::Borrowed("busy")),
            Error::Outdated { .. } => (StatusCode::PRECONDITION_FAILED, code),
            Error::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, code),
            Error::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, code),
            Error::Busy => (StatusCode::SERVICE_UNAVAILABLE, code),
            Error::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, code),
        };
        let mut problem = Problem::new(status, code, detail);
        match error {
            Error::Invalid(errors) => problem.0.errors = errors,
            Error::Forbidden(Refusal { details, .. })
            | Error::Conflict(Refusal { details, .. }) => problem.0.members = details,
            Error::TooMany { retry_after } => problem.0.retry_after = Some(retry_after),
            Error::Outdated { version } => {
                problem.0.members.insert("version".to_owned(), version.into());
            }
            Error::Internal { doing, source } => return Problem::fault(doing, source),
            _ => {}
        }
        problem
    }
}

impl Problem {
    fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Problem(Box::new(Parts {
            status,
            code: code.into(),
            detail: detail.into(),
            errors: Vec::new(),
            members: Map::new(),
            retry_after: None,
            allow: None,
            replayed: false,
            fault: None,
        }))
    }

    /// A fault of ours; nothing of it but that it happened is told.
    pub fn fault(doing: &'static str, source: impl Into<Cause>) -> Self {
        let detail = "something went wrong here; it has been noted";
        let mut problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail);
        problem.0.fault = Some(Fault { doing, source: source.into() });
        problem
    }

    /// A handler panicked with `payload`.
    pub fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Problem::fault("a handler panicked", text.unwrap_or_else(|| "without a word".to_owned()))
    }

    /// A handler took too long; whether its work will be done is not known.
    pub fn timed_out() -> Self {
        let detail = "this took too long; repeat it with the same key if it has one";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail)
    }

    /// This process does not serve now; `code` says why.
    pub fn unavailable(code: &'static str, detail: &'static str) -> Self {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
    }

    pub fn no_such_route() -> Self {
        let detail = "there is nothing at this path; the API is below /api/v1, see /api/docs";
        Problem::new(StatusCode::NOT_FOUND, "no_such_route", detail)
    }

    /// `allow` lists the methods that the path has.
    pub fn wrong_method(allow: String) -> Self {
        let detail = format!("this path allows {allow}");
        let mut problem =
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
        problem.0.allow = Some(allow);
        problem
    }

    pub fn wrong_media_type() -> Self {
        let detail = "the body must be sent as application/json, uncompressed";
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    }

    /// The body is no form, or the file in it is nothing that is taken there.
    pub fn wrong_upload(detail: &'static str) -> Self {
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    }

    pub fn wrong_media_type_of_a_file() -> Self {
        let detail = "a file is sent as text/csv or application/x-ndjson, uncompressed";
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    }

    /// The body is larger than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("a body may have {limit} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    }

    /// The body did not arrive in time.
    pub fn slow_body() -> Self {
        let detail = "the body did not arrive in time";
        Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail)
    }

    /// The body broke off; nobody may be there any more to be told.
    pub fn torn_body() -> Self {
        let detail = "the body did not arrive whole: what was taken of it stays";
        Problem::new(StatusCode::BAD_REQUEST, "torn_body", detail)
    }

    /// What the framework refused before any code of ours saw it.
    pub fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::UNAUTHORIZED => ("unauthenticated", "sign in first"),
            StatusCode::FORBIDDEN => ("forbidden", "this is not yours to do"),
            StatusCode::NOT_FOUND => return Problem::no_such_route(),
            StatusCode::NOT_ACCEPTABLE => ("not_acceptable", "no accepted encoding is on offer"),
            StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "the body is too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => return Problem::wrong_media_type(),
            status if status.is_client_error() => ("bad_request", "the request is malformed"),
            _ => ("internal", "something went wrong here; it has been noted"),
        };
        Problem::new(status, code, detail)
    }

    /// The same problem, marked as the answer to a repeat or not.
    pub fn replayed(mut self, replayed: bool) -> Self {
        self.0.replayed = replayed;
        self
    }

    /// What the log has to say of it, if it is a fault of ours.
    pub fn as_fault(&self) -> Option<&Fault> {
        self.0.fault.as_ref()
    }

    /// The document, as JSON text.
    pub fn document(&self, request_id: Option<&RequestId>) -> String {
        let document = Document {
            kind: "about:blank",
            title: self.0.status.canonical_reason().unwrap_or("Error"),
            status: self.0.status.as_u16(),
            detail: &self.0.detail,
            code: &self.0.code,
            request_id: request_id.map_or("", RequestId::as_str),
            errors: &self.0.errors,
            members: &self.0.members,
        };
        serde_json::to_string(&document).unwrap_or_default()
    }
}

/// What somebody who is not signed in can do about it, by the code of the refusal.
pub fn why(code: &str) -> &'static str {
    match code {
        "another_user" => "this token is of another user: open another socket",
        "invalid_credentials" => "the e-mail address or the password is wrong",
        "invalid_cart_token" => "this token opens no cart",
        "invalid_signature" => "this is signed by nobody we know, or was signed too long ago",
        "invalid_ticket" => "this ticket was used, is too old or never was: take another one",
        "invalid_refresh_token" => "this token renews no session: sign in again",
        "refresh_token_reused" => "this token was used before, so its session has ended",
        "session_revoked" => "this session has ended: sign in again",
        "token_expired" => "the access token has expired: refresh it",
        _ => "sign in first",
    }
}

/// For logs: the words that programs branch on.
impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.0.status);
        response.insert_header((header::CONTENT_TYPE, CONTENT_TYPE));
        match self.0.status {
            StatusCode::UNAUTHORIZED => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                response.insert_header((header::RETRY_AFTER, RETRY_AFTER_SECONDS));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                let seconds = self.0.retry_after.map_or(RETRY_AFTER_SECONDS, whole_seconds);
                response.insert_header((header::RETRY_AFTER, seconds));
            }
            _ => {}
        }
        if let Some(allow) = &self.0.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        if self.0.replayed {
            response.insert_header((super::idempotency::REPLAYED, "true"));
        }
        response.body(self.document(None))
    }
}

/// Rounded up: a client that comes back then isn't too early.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}

/// An error document (RFC 9457). A refusal may bring more members, such as `available`.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct Document<'a> {
    /// Always `about:blank`: `code` is the word to branch on.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The words of the status.
    title: &'a str,
    status: u16,
    /// A sentence for people.
    detail: &'a str,
    /// A stable word for programs.
    #[schema(example = "out_of_stock")]
    code: &'a str,
    /// The `X-Request-Id` of this answer.
    request_id: &'a str,
    /// The fields that break a rule.
    errors: &'a [FieldError],
    #[serde(flatten)]
    members: &'a Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(error: Error) -> (u16, Value) {
        let problem = Problem::from(error);
        let response = problem.error_response();
        (response.status().as_u16(), serde_json::from_str(&problem.document(None)).unwrap())
    }

    #[test]
    fn each_error_of_the_shop_has_its_status_and_its_code() {
        let rejected = Error::Rejected { code: "invalid_cursor", message: String::new() };
        let internal = Error::internal("counting")("a secret");
        let all = [
            (Error::invalid("quantity", "out_of_range", "1 to 999"), 400, "invalid"),
            (rejected, 400, "invalid_cursor"),
            (Error::Unauthenticated { code: "token_expired" }, 401, "token_expired"),
            (Error::forbidden(), 403, "forbidden"),
            (Error::NotFound("order"), 404, "not_found"),
            (Error::conflict("out_of_stock", "none left"), 409, "out_of_stock"),
            (Error::Stale, 503, "busy"),
            (Error::Outdated { version: 7 }, 412, "stale_version"),
            (Error::KeyReused, 422, "idempotency_key_reused"),
            (Error::TooMany { retry_after: Duration::ZERO }, 429, "too_many_requests"),
            (Error::Busy, 503, "busy"),
            (internal, 500, "internal"),
        ];
        for (error, status, code) in all {
            let (told_status, document) = told(error);
            assert_eq!((told_status, &document["status"]), (status, &json!(status)));
            assert_eq!(document["code"], code);
        }
    }

    #[test]
    fn a_field_that_is_wrong_is_named() {
        let (_, document) = told(Error::invalid("quantity", "out_of_range", "1 to 999"));

        let expected = json!([
            { "field": "quantity", "code": "out_of_range", "message": "1 to 999" }
        ]);
        assert_eq!(document["errors"], expected);
    }

    #[test]
    fn what_a_refusal_brings_along_is_a_member_of_the_document() {
        let refusal = Refusal::new("out_of_stock", "none left").with("available", 0);

        let (_, document) = told(refusal.into());

        assert_eq!(document["available"], 0);
        assert_eq!(document["errors"], json!([]));
    }

    #[test]
    fn a_fault_is_kept_for_the_log_and_told_to_nobody() {
        let problem = Problem::from(Error::internal("counting")("a secret"));

        assert_eq!(problem.as_fault().unwrap().source.to_string(), "a secret");
        let document = problem.document(None);
        assert!(!document.contains("secret") && !document.contains("counting"), "{document}");
    }

    #[test]
    fn the_headers_say_what_to_do_next() {
        let header = |problem: Problem, name: &str| {
            let response = problem.error_response();
            response.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
        };

        assert_eq!(header(Error::Busy.into(), "retry-after").as_deref(), Some("1"));
        let wait = |millis| Error::TooMany { retry_after: Duration::from_millis(millis) };
        assert_eq!(header(wait(59_001).into(), "retry-after").as_deref(), Some("60"));
        assert_eq!(header(wait(60_000).into(), "retry-after").as_deref(), Some("60"));
        let nobody = Error::Unauthenticated { code: "invalid_token" };
        assert_eq!(header(nobody.into(), "www-authenticate").as_deref(), Some("Bearer"));
        let method = Problem::wrong_method("GET, HEAD".to_owned());
        assert_eq!(header(method, "allow").as_deref(), Some("GET, HEAD"));
        let repeated = Problem::from(Error::conflict("out_of_stock", "none left")).replayed(true);
        assert_eq!(header(repeated, "idempotent-replayed").as_deref(), Some("true"));
    }
}
