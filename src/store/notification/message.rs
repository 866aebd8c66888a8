//! What other programs of the shop have users told.

use super::{
    super::{Tx, account, idempotency},
    way::{Telling, tell_all},
};
use crate::{
    domain::{
        Error,
        idempotency::{Answer, Kept, Outcome},
        mail::Letter,
        notification::{
            Notice,
            message::{Notify, Sent},
        },
        settings::Channel,
    },
    store::error::corrupt,
};

/// Tells a user by the ways that they have chosen, once under a claim.
pub fn notify(tx: &mut Tx<'_>, command: &Notify) -> Result<Answer, Error> {
    let Notify { id, user, message, claim } = command;
    // Held first: of two that come at once under one key, on any node, the second finds the first.
    let users = account::hold_all(tx, &[*user].into())?;
    if let Some(kept) = idempotency::find(tx.conn, claim.key.clone())? {
        return kept.answer(claim);
    }
    let telling = Telling {
        user: users.get(user).ok_or(Error::NotFound("user"))?,
        notice: Notice::Message(message.clone()),
        at: tx.now,
        letter: Some(Letter::Message { message: message.clone() }),
        order: None,
        source: (*id, String::new()),
    };
    let sent = Sent { id: telling.id(Channel::InApp) };
    tell_all(tx, &[telling])?;
    let outcome = Outcome::Done(serde_json::to_string(&sent).map_err(corrupt)?);
    idempotency::keep(tx, &[Kept { claim: claim.clone(), outcome: outcome.clone() }])?;
    Ok(Answer::fresh(outcome))
}
