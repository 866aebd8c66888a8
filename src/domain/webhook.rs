//! Webhooks: other programs that are told of what happens, by the Standard Webhooks specification
//! (<https://www.standardwebhooks.com>).
//!
//! Whom each event is told is written down in the transaction that takes the cursor past it, so that
//! none is left out and none is told twice to begin with. Whoever wants to send a message claims it;
//! a claim ends by itself, and then another one may begin: a message arrives at least once, and its id
//! stays the same, by which the receiver knows it again.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{
    Error,
    event::Kind,
    expected::Expected,
    id::{EventId, SecretId, WebhookId},
    outside::Reach,
    patch::Wrong,
    words::words,
};

pub mod delivery;
pub mod message;

/// How many there may be: each is told of each event, and has a line of its own to be told on.
pub const WEBHOOKS_MAX: i64 = 20;
/// The longest address, in bytes.
const URL_BYTES_MAX: usize = 2048;
const DESCRIPTION_CHARS_MAX: usize = 200;
/// How long the secret before the present one signs too, in hours.
pub const OLD_SECRET_HOURS: i64 = 24;
/// How long nothing may arrive at an endpoint before it is told no more, in days: longer than a
/// message is tried.
const FAILING_DAYS: i64 = 5;

/// Where messages are sent to.
#[derive(Clone, PartialEq, Eq)]
pub struct Target(String);

impl Target {
    /// The address, if the shop may `reach` it. By its name that can be told here; where the name
    /// leads, only when something is sent.
    pub fn parse(text: &str, reach: Reach) -> Result<Self, Error> {
        let url = Url::parse(text).ok(); // what is wrong with it, the rule says
        let url = url.filter(|url| reach.allows(url) && url.as_str().len() <= URL_BYTES_MAX);
        url.map(|url| Target(url.into())).ok_or_else(|| {
            let message = "this is an https URL of a name on the internet, on the usual port";
            Error::invalid("url", "invalid_url", message)
        })
    }

    /// The same as it was kept.
    pub fn kept(text: String) -> Self {
        Target(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose it is: all that the log and the audit log say of it, since the rest may be a secret of
    /// the receiver's.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.0).ok(); // one that cannot be read has no host either
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }
}

words! {
    /// Why an endpoint is told no more.
    #[schema(as = WebhookDisabled)]
    Reason {
        /// Somebody who runs the shop wants it so.
        Asked = "asked",
        /// It has answered 410: there is nobody any more.
        Gone = "gone",
        /// Nothing has arrived for days.
        Failing = "failing",
    }
}

/// An endpoint of another program.
#[derive(Clone, PartialEq)]
pub struct Webhook {
    pub id: WebhookId,
    pub target: Target,
    pub description: String,
    /// What it is told of; all that is for integrators, where none is named.
    pub types: Vec<Kind>,
    pub secret: SecretId,
    /// The secret before, and until when it signs too.
    pub old_secret: Option<(SecretId, DateTime<Utc>)>,
    /// Since when, and why, it is told no more.
    pub disabled: Option<(DateTime<Utc>, Reason)>,
    /// When the first message did not arrive since the last one that did.
    pub failing_since: Option<DateTime<Utc>>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Webhook {
    pub fn wants(&self, kind: Kind) -> bool {
        kind.is_for_integrators() && (self.types.is_empty() || self.types.contains(&kind))
    }

    /// What its messages are signed by at `now`, the present secret first.
    pub fn secrets(&self, now: DateTime<Utc>) -> Vec<SecretId> {
        let old = self.old_secret.filter(|(_, until)| now < *until);
        [Some(self.secret), old.map(|(secret, _)| secret)].into_iter().flatten().collect()
    }

    /// Whether it is to be told no more, as a message has failed at `now`.
    pub fn is_given_up(&self, now: DateTime<Utc>) -> bool {
        self.failing_since.is_some_and(|since| now - since > TimeDelta::days(FAILING_DAYS))
    }

    /// With what `patch` names, one version on.
    pub fn with(&self, patch: &Patch, now: DateTime<Utc>) -> Self {
        let disabled = match patch.is_enabled {
            Some(true) => None,
            Some(false) => self.disabled.or(Some((now, Reason::Asked))),
            None => self.disabled,
        };
        Webhook {
            target: patch.target.clone().unwrap_or_else(|| self.target.clone()),
            description: patch.description.clone().unwrap_or_else(|| self.description.clone()),
            types: patch.types.clone().unwrap_or_else(|| self.types.clone()),
            disabled,
            // One that is enabled again has its days again.
            failing_since: self.failing_since.filter(|_| patch.is_enabled != Some(true)),
            version: self.version.saturating_add(1),
            updated_at: now,
            ..self.clone()
        }
    }

    /// With another secret, beside which the present one signs for a while.
    pub fn rotated(&self, secret: SecretId, now: DateTime<Utc>) -> Self {
        Webhook {
            secret,
            old_secret: Some((self.secret, now + TimeDelta::hours(OLD_SECRET_HOURS))),
            version: self.version.saturating_add(1),
            updated_at: now,
            ..self.clone()
        }
    }
}

/// What is to be otherwise; what is left out stays.
#[derive(Clone, Default)]
pub struct Patch {
    pub target: Option<Target>,
    pub description: Option<String>,
    pub types: Option<Vec<Kind>>,
    pub is_enabled: Option<bool>,
}

/// The description, if it is a line.
pub fn parse_description(text: &str) -> Result<String, Error> {
    let mut wrong = Wrong::default();
    let line = wrong.line("description", text, DESCRIPTION_CHARS_MAX);
    wrong.none()?;
    Ok(line)
}

/// The types, each once; an error where one is not for integrators.
pub fn parse_types(types: Vec<Kind>) -> Result<Vec<Kind>, Error> {
    if let Some(wrong) = types.iter().find(|it| !it.is_for_integrators()) {
        let message = format!("{wrong} is not told to other programs");
        return Err(Error::invalid("types", "invalid_value", message));
    }
    let mut each = Vec::new();
    for kind in types {
        if !each.contains(&kind) {
            each.push(kind);
        }
    }
    Ok(each)
}

/// Makes an endpoint, which is told of what happens from then on; `Conflict("too_many_webhooks")` from
/// [`WEBHOOKS_MAX`] on.
#[derive(Clone)]
pub struct Create {
    pub id: WebhookId,
    pub target: Target,
    pub description: String,
    pub types: Vec<Kind>,
    pub secret: SecretId,
}

/// Changes one. What happens while it is disabled it is not told, and what waits for it has failed.
#[derive(Clone)]
pub struct Change {
    pub id: WebhookId,
    pub expected: Expected,
    pub patch: Patch,
}

/// Gives it another secret.
#[derive(Debug, Clone, Copy)]
pub struct Rotate {
    pub id: WebhookId,
    pub secret: SecretId,
}

/// Forgets it, and all that was sent to it.
#[derive(Debug, Clone, Copy)]
pub struct Delete {
    pub id: WebhookId,
}

/// What came of it.
#[derive(Clone)]
pub struct Changed {
    /// Empty for one that is new.
    pub before: Option<Webhook>,
    pub after: Webhook,
}

/// Sends a message again that has come to an end, and one that waits at once: `Conflict` where the
/// endpoint is disabled, or it is being sent.
#[derive(Debug, Clone, Copy)]
pub struct Resend {
    pub webhook: WebhookId,
    pub event: EventId,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(now: DateTime<Utc>) -> Webhook {
        Webhook {
            id: WebhookId::new(),
            target: Target::parse("https://hooks.example.com/x", Reach::Public).unwrap(),
            description: String::new(),
            types: Vec::new(),
            secret: SecretId::new(),
            old_secret: None,
            disabled: None,
            failing_since: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn what_is_between_the_shop_and_a_user_is_told_to_no_program() {
        let mut it = webhook(DateTime::UNIX_EPOCH);
        assert!(it.wants(Kind::OrderPaid) && !it.wants(Kind::NotificationCreated));
        it.types = vec![Kind::OrderPaid];
        assert!(it.wants(Kind::OrderPaid) && !it.wants(Kind::OrderPlaced));
        assert!(parse_types(vec![Kind::SessionRevoked]).is_err());
        let twice = parse_types(vec![Kind::OrderPaid, Kind::OrderPaid]).unwrap();
        assert_eq!(twice, [Kind::OrderPaid]);
    }

    #[test]
    fn the_old_secret_signs_for_a_day() {
        let now = DateTime::UNIX_EPOCH;
        let (before, new) = (webhook(now), SecretId::new());
        let after = before.rotated(new, now);
        let hours = |hours| now + TimeDelta::hours(hours);
        assert_eq!(after.secrets(hours(23)), [new, before.secret]);
        assert_eq!(after.secrets(hours(24)), [new]);
        assert_eq!(before.secrets(hours(0)), [before.secret]);
    }

    #[test]
    fn five_days_without_a_success_are_enough() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(100);
        let since =
            |days| Webhook { failing_since: Some(now - TimeDelta::days(days)), ..webhook(now) };
        assert!(!since(5).is_given_up(now) && since(6).is_given_up(now));
        assert!(!webhook(now).is_given_up(now));
    }

    #[test]
    fn one_that_is_enabled_again_has_its_days_again() {
        let now = DateTime::UNIX_EPOCH;
        let off = Patch { is_enabled: Some(false), ..Patch::default() };
        let on = Patch { is_enabled: Some(true), ..Patch::default() };
        let failing = Webhook {
            disabled: Some((now, Reason::Failing)),
            failing_since: Some(now),
            ..webhook(now)
        };
        assert_eq!(webhook(now).with(&off, now).disabled, Some((now, Reason::Asked)));
        assert_eq!(failing.with(&off, now).disabled, Some((now, Reason::Failing)));
        let again = failing.with(&on, now);
        assert_eq!((again.disabled, again.failing_since), (None, None));
    }
}
