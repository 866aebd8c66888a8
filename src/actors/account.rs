//! Accounts: whatever changes one, and the end of the sessions that must not outlive the change.

use actix::prelude::*;

use super::{
    apart,
    directory::{Directory, Entity, Incarnation},
    session::{Close, SessionActor},
};
use crate::{
    cache::revoked::Revoked,
    domain::{
        Error,
        account::{
            change::{
                AskEmail, ChangePassword, ChangeProfile, ConfirmEmail, DeleteAccount, Ended,
                ResendConfirmation, ResetPassword,
            },
            manage::{Manage, Managed},
        },
        address,
        id::{SessionId, UserId},
        notification::{MarkAllRead, MarkRead, message::Notify},
        push::{Subscribe, Unsubscribe},
        session::EndSessions,
        settings::ChangeSettings,
    },
    store::{Command, Store},
};

/// An account. It remembers nothing: the store locks the row that is changed.
pub struct AccountActor(Deps);

/// What accounts share.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub sessions: Directory<SessionActor>,
    pub revoked: Revoked,
}

impl Actor for AccountActor {
    type Context = Context<Self>;
}

impl Entity for AccountActor {
    type Id = UserId;
    type Deps = Deps;
    const KIND: &'static str = "account";
    /// All that a page of settings sends at once.
    const MAILBOX: usize = 32;

    async fn load(_: UserId, deps: Deps, _: Incarnation<Self>) -> Result<Self, Error> {
        Ok(AccountActor(deps))
    }
}

/// A command of one account.
pub trait AccountChange: Command {
    /// Whose account it is.
    fn user(&self) -> UserId;

    /// The sessions that it ended.
    fn ended(_: &Self::Outcome) -> &[SessionId] {
        &[]
    }
}

impl Directory<AccountActor> {
    /// Changes an account. When the answer is there, this node takes no token any more of the
    /// sessions that the change has ended; the others follow within a second.
    pub async fn change<C: AccountChange>(&self, command: C) -> Result<C::Outcome, Error> {
        self.ask(command.user(), Change(command)).await
    }
}

#[derive(Message)]
#[rtype(result = "Result<C::Outcome, Error>")]
struct Change<C: AccountChange>(C);

impl<C: AccountChange> Handler<Change<C>> for AccountActor {
    // Changes may overlap: the writer locks the row.
    type Result = ResponseFuture<Result<C::Outcome, Error>>;

    fn handle(&mut self, Change(command): Change<C>, _: &mut Context<Self>) -> Self::Result {
        let Deps { store, sessions, revoked } = self.0.clone();
        apart(async move {
            let outcome = store.write(command).await?;
            for session in C::ended(&outcome) {
                revoked.insert(*session);
                sessions.tell(*session, Close);
            }
            Ok(outcome)
        })
    }
}

macro_rules! changes {
    ($($command:ty;)*) => {$(
        impl AccountChange for $command {
            fn user(&self) -> UserId {
                self.user
            }
        }
    )*};
}

macro_rules! changes_that_end {
    ($($command:ty;)*) => {$(
        impl AccountChange for $command {
            fn user(&self) -> UserId {
                self.user
            }

            fn ended(Ended(sessions): &Ended) -> &[SessionId] {
                sessions
            }
        }
    )*};
}

changes! {
    address::Change;
    address::Delete;
    address::Save;
    AskEmail;
    ChangeProfile;
    ChangeSettings;
    ConfirmEmail;
    MarkAllRead;
    MarkRead;
    Notify;
    ResendConfirmation;
    Subscribe;
    Unsubscribe;
}

changes_that_end! {
    ChangePassword;
    DeleteAccount;
    EndSessions;
    ResetPassword;
}

impl AccountChange for Manage {
    fn user(&self) -> UserId {
        self.user
    }

    fn ended(managed: &Managed) -> &[SessionId] {
        &managed.ended.0
    }
}
