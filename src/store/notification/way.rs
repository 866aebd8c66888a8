//! The ways to reach somebody: each has what it is to bring written down in the transaction of what is
//! told, and brings it later. So nothing is told of what did not happen, and nothing that did is lost.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    super::{
        Tx,
        dispatch::{self, New, Place},
        mail, push,
    },
    Told, put,
};
use crate::domain::{
    Error,
    account::User,
    id::{EventId, OrderId},
    mail::{Letter, Mail},
    notification::Notice,
    settings::Channel,
};

/// Something that a user is to be told, by each way on which they want to hear of it.
pub struct Telling<'t> {
    /// Held by this transaction.
    pub user: &'t User,
    pub notice: Notice,
    pub at: DateTime<Utc>,
    /// What is said by mail; none where the account's own letters say it.
    pub letter: Option<Letter>,
    pub order: Option<OrderId>,
    /// What it is made of, with what tells it from all else that is made of the same: so each way makes
    /// one thing of it, however often it is told.
    pub source: (EventId, String),
}

impl Telling<'_> {
    /// What `channel` brings is called, each time that it is made.
    pub fn id<T: From<Uuid>>(&self, channel: impl Display) -> T {
        let (event, name) = &self.source;
        event.made(&format!("{name} {channel}")).into()
    }
}

/// A way to reach somebody.
trait Way: Sync {
    /// What people know it by, who switch it on and off.
    fn channel(&self) -> Channel;

    /// Has all of `told` brought, each to its user, if and when this transaction is committed; what was
    /// taken before is not taken again.
    fn take(&self, tx: &mut Tx<'_>, told: &[&Telling<'_>]) -> Result<(), Error>;
}

const WAYS: [&dyn Way; 4] = [&Inbox, &Mailbox, &Browsers, &Telephone];

/// Tells each user what is theirs, by the ways that they have chosen for such things.
pub fn tell_all(tx: &mut Tx<'_>, all: &[Telling<'_>]) -> Result<(), Error> {
    for way in WAYS {
        let wants = |it: &&Telling<'_>| it.notice.is_wanted(&it.user.settings, way.channel());
        let wanted: Vec<&Telling<'_>> = all.iter().filter(wants).collect();
        if !wanted.is_empty() {
            way.take(tx, &wanted)?;
        }
    }
    Ok(())
}

/// The inbox of the account.
struct Inbox;

impl Way for Inbox {
    fn channel(&self) -> Channel {
        Channel::InApp
    }

    fn take(&self, tx: &mut Tx<'_>, told: &[&Telling<'_>]) -> Result<(), Error> {
        let one = |it: &&Telling<'_>| Told {
            id: it.id(self.channel()),
            user: it.user.id,
            notice: it.notice.clone(),
            at: it.at,
        };
        put(tx, &told.iter().map(one).collect::<Vec<Told>>())
    }
}

/// A letter to the address of the account.
struct Mailbox;

impl Way for Mailbox {
    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn take(&self, tx: &mut Tx<'_>, told: &[&Telling<'_>]) -> Result<(), Error> {
        let one = |it: &&Telling<'_>| {
            let mail = Mail::to(it.user, it.letter.clone()?);
            Some(Mail { id: it.id(self.channel()), order: it.order, ..mail })
        };
        mail::queue(tx, &told.iter().filter_map(one).collect::<Vec<Mail>>())
    }
}

/// The browsers that take messages for the account.
struct Browsers;

impl Way for Browsers {
    fn channel(&self) -> Channel {
        Channel::Push
    }

    fn take(&self, tx: &mut Tx<'_>, told: &[&Telling<'_>]) -> Result<(), Error> {
        let browsers = push::of_users(tx.conn, told.iter().map(|it| it.user.id))?;
        let to = |it: &Telling<'_>| browsers.get(&it.user.id).cloned().unwrap_or_default();
        let each = told.iter().flat_map(|it| to(it).into_iter().map(move |browser| (it, browser)));
        let all = each.map(|(it, browser)| {
            new(it, format!("{} {browser}", self.channel()), Place::Browser(browser))
        });
        dispatch::queue(tx, &all.collect::<Vec<New<'_>>>())
    }
}

/// The telephone whose number stands in the account.
struct Telephone;

impl Way for Telephone {
    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn take(&self, tx: &mut Tx<'_>, told: &[&Telling<'_>]) -> Result<(), Error> {
        let with_phone = told.iter().filter_map(|it| Some((it, it.user.phone.clone()?)));
        let all = with_phone.map(|(it, phone)| new(it, self.channel(), Place::Phone(phone)));
        dispatch::queue(tx, &all.collect::<Vec<New<'_>>>())
    }
}

/// A message of which `name` tells to where it goes.
fn new<'n>(it: &'n Telling<'_>, name: impl Display, place: Place) -> New<'n> {
    let language = it.user.settings.locale.language();
    New { id: it.id(name), user: it.user.id, place, notice: &it.notice, language }
}
