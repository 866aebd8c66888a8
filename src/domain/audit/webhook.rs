//! What is left of webhooks: never a secret, and of an address the host alone.

use serde_json::{Value, json};

use super::{Action, Audited, Entry};
use crate::domain::webhook::{
    Change, Changed, Create, Delete, Resend, Rotate, Webhook,
    delivery::{Claim, Claimed, Delivery, FanOut, Prune, Recover, Settle, Settled},
};

impl Audited for Create {
    type Outcome = Changed;

    fn audit(&self, changed: &Changed) -> Option<Entry> {
        Some(entry(Action::WebhookCreated, changed))
    }
}

impl Audited for Change {
    type Outcome = Changed;

    fn audit(&self, changed: &Changed) -> Option<Entry> {
        Some(entry(Action::WebhookChanged, changed))
    }
}

impl Audited for Rotate {
    type Outcome = Changed;

    fn audit(&self, changed: &Changed) -> Option<Entry> {
        Some(entry(Action::WebhookSecretRotated, changed))
    }
}

impl Audited for Delete {
    type Outcome = Webhook;

    fn audit(&self, webhook: &Webhook) -> Option<Entry> {
        Some(Entry::new(Action::WebhookDeleted, self.id).before(left(webhook)))
    }
}

impl Audited for Resend {
    type Outcome = Delivery;

    fn audit(&self, _: &Delivery) -> Option<Entry> {
        Some(Entry::new(Action::WebhookResent, self.webhook).after(json!({ "event": self.event })))
    }
}

impl Audited for Settle {
    type Outcome = Settled;

    fn audit(&self, settled: &Settled) -> Option<Entry> {
        let after = json!({ "disabled_reason": settled.disabled? });
        Some(Entry::new(Action::WebhookDisabled, self.webhook).after(after))
    }
}

// Books of the system's own. What they tell of has its entry already.
leave_nothing! {
    FanOut => usize;
    Claim => Option<Claimed>;
    Recover => ();
    Prune => i64;
}

fn entry(action: Action, Changed { before, after }: &Changed) -> Entry {
    let entry = Entry::new(action, after.id).after(left(after));
    Entry { before: before.as_ref().map(left), ..entry }
}

fn left(webhook: &Webhook) -> Value {
    json!({
        "version": webhook.version,
        "host": webhook.target.host(),
        "types": webhook.types,
        "disabled_reason": webhook.disabled.map(|(_, reason)| reason),
    })
}
