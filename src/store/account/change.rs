//! Changes of an account: its row is locked first, and what depends on it after.

use diesel::{dsl::sql, prelude::*, sql_types::Bool};

use super::{
    super::{
        Tx, account, address, alert, dispatch, link, mail, notification, push, session, settings,
    },
    active, credentials, locked, set_password, suspended, taken,
};

use crate::{
    domain::{
        Error,
        account::{
            Credentials, Email, Role, User, UserStatus,
            change::{
                AskEmail, ChangePassword, ChangeProfile, ConfirmEmail, Confirmed, DeleteAccount,
                Ended, ResendConfirmation, ResetPassword,
            },
        },
        id::{LinkId, UserId},
        link::Purpose,
        mail::{Letter, Mail},
        notification::Notice,
        session::{Reason, Which},
        settings::{Locale, Settings},
    },
    store::{at::At, schema::users},
};

/// What a deleted account is called.
const NOBODY: &str = "Deleted user";

pub fn change_profile(tx: &mut Tx<'_>, command: &ChangeProfile) -> Result<User, Error> {
    let mut user = usable(locked(tx, command.user)?)?.user;
    let profile = &command.profile;
    user.name = profile.name.clone().unwrap_or(user.name);
    user.phone = profile.phone.clone().unwrap_or(user.phone);
    user.locale = profile.locale.unwrap_or(user.locale);
    diesel::update(users::table.find(user.id.to_string()))
        .set((
            users::name.eq(&user.name),
            users::phone.eq(user.phone.as_ref().map(|it| it.as_str())),
            users::locale.eq(user.locale.to_string()),
            users::updated_at.eq(At(tx.now)),
        ))
        .execute(tx.conn)?;
    account::user(tx.conn, user.id)
}

pub fn change_password(tx: &mut Tx<'_>, command: &ChangePassword) -> Result<Ended, Error> {
    let Credentials { user, password_hash, .. } = usable(locked(tx, command.user)?)?;
    if password_hash != command.shown {
        return Err(Error::Stale);
    }
    notification::tell(tx, &user, &Notice::PasswordChanged)?;
    let others = Which::AllBut(command.keep);
    take_password(tx, &user, &command.password_hash, others, Reason::PasswordChanged)
}

/// A suspended account may get a new password; that ends no suspension.
pub fn reset_password(tx: &mut Tx<'_>, command: &ResetPassword) -> Result<Ended, Error> {
    let user = locked(tx, command.user)?.user;
    let link = link::open(tx, command.link, user.id, &[Purpose::ResetPassword])?;
    // Who reads the address's mail has shown what a confirmation asks for.
    if link.email == user.email && !user.email_confirmed {
        set_email(tx, user.id, &user.email)?;
    }
    notification::tell(tx, &user, &Notice::PasswordReset)?;
    let hash = &command.password_hash;
    take_password(tx, &user, hash, Which::All, Reason::PasswordReset)
}

pub fn resend_confirmation(tx: &mut Tx<'_>, command: &ResendConfirmation) -> Result<bool, Error> {
    let user = usable(locked(tx, command.user)?)?.user;
    if user.email_confirmed {
        return Ok(false);
    }
    ask_to_confirm(tx, &user, command.link)?;
    Ok(true)
}

/// Sends a link by which the address of an account is confirmed.
pub fn ask_to_confirm(tx: &mut Tx<'_>, user: &User, id: LinkId) -> Result<(), Error> {
    link::make(tx, id, Purpose::ConfirmEmail, user, &user.email)?;
    mail::queue(tx, &[Mail::to(user, Letter::Confirm { link: id })])
}

pub fn ask_email(tx: &mut Tx<'_>, command: &AskEmail) -> Result<(), Error> {
    let Credentials { user, password_hash, .. } = usable(locked(tx, command.user)?)?;
    if password_hash != command.shown {
        return Err(Error::Stale);
    }
    if credentials(tx.conn, command.email.clone())?.is_some() {
        return Err(super::email_taken());
    }
    link::make(tx, command.link, Purpose::ChangeEmail, &user, &command.email)?;
    let there = Letter::EmailChange { link: command.link };
    let there = Mail { to: command.email.clone(), ..Mail::to(&user, there) };
    let here = Mail::to(&user, Letter::email_change_asked(&command.email));
    mail::queue(tx, &[there, here])
}

pub fn confirm_email(tx: &mut Tx<'_>, command: &ConfirmEmail) -> Result<Confirmed, Error> {
    let user = usable(locked(tx, command.user)?)?.user;
    let purposes = [Purpose::ConfirmEmail, Purpose::ChangeEmail];
    let link = link::open(tx, command.link, user.id, &purposes)?;
    match link.purpose {
        Purpose::ChangeEmail => {
            set_email(tx, user.id, &link.email)?;
            // What went to the old address opens nothing any more.
            link::forget_unused(tx, user.id, Purpose::ALL)?;
            mail::queue(tx, &[Mail::to(&user, Letter::email_changed(&link.email))])?;
            notification::tell(tx, &user, &Notice::EmailChanged)?;
            Ok(Confirmed::New)
        }
        Purpose::ConfirmEmail | Purpose::ResetPassword => {
            if link.email != user.email || user.email_confirmed {
                return Ok(Confirmed::Already);
            }
            set_email(tx, user.id, &user.email)?;
            mail::queue(tx, &[Mail::to(&user, Letter::Welcome)])?;
            Ok(Confirmed::Present)
        }
    }
}

pub fn delete(tx: &mut Tx<'_>, command: &DeleteAccount) -> Result<Ended, Error> {
    let user = usable(leaving(tx, command.user)?)?.user;
    let ended = session::end(tx, user.id, Which::All, Reason::AccountDeleted)?;
    session::forget(tx, user.id)?;
    link::forget(tx, user.id)?;
    mail::forget(tx, user.id)?;
    address::forget(tx, user.id)?;
    notification::forget(tx, user.id)?;
    push::forget(tx, user.id)?;
    dispatch::forget(tx, user.id)?;
    alert::forget(tx, user.id)?;
    let nothing = None::<String>;
    diesel::update(users::table.find(user.id.to_string()))
        .set((
            users::email.eq(Email::of_deleted(user.id).as_str()),
            users::email_confirmed_at.eq(None::<At>),
            // No password has this hash.
            users::password_hash.eq(""),
            users::name.eq(NOBODY),
            users::phone.eq(&nothing),
            users::locale.eq(Locale::DEFAULT.to_string()),
            users::settings.eq(settings::document(&Settings::default())?),
            users::status.eq(UserStatus::Deleted.as_str()),
            users::suspended_until.eq(None::<At>),
            users::updated_at.eq(At(tx.now)),
        ))
        .execute(tx.conn)?;
    Ok(ended)
}

/// The account, locked, of somebody who will not be an admin any more; `Conflict("last_admin")` where
/// the shop would be left without one who can log in. `Stale` where they have become one just now.
///
/// All admins are locked, in the order of their ids and before any other account: of two who leave
/// at once one is the last.
pub fn leaving(tx: &mut Tx<'_>, id: UserId) -> Result<Credentials, Error> {
    let was_admin = account::user(tx.conn, id)?.role == Role::Admin;
    if was_admin {
        keep_an_admin(tx, id)?;
    }
    let found = locked(tx, id)?;
    if found.user.role == Role::Admin && !was_admin { Err(Error::Stale) } else { Ok(found) }
}

fn keep_an_admin(tx: &mut Tx<'_>, leaves: UserId) -> Result<(), Error> {
    let admins = users::table
        .filter(users::role.eq(Role::Admin.as_str()))
        // Says nothing more, but is what the index is of those who have to do with the shop.
        .filter(sql::<Bool>("role <> 'customer'"))
        .filter(active(At(tx.now)))
        .order(users::id)
        .select(users::id);
    let admins: Vec<String> = locked!(admins).load(tx.conn)?;
    if admins == [leaves.to_string()] {
        return Err(Error::conflict("last_admin", "nobody else can run the shop"));
    }
    Ok(())
}

fn take_password(
    tx: &mut Tx<'_>,
    user: &User,
    hash: &str,
    ends: Which,
    reason: Reason,
) -> Result<Ended, Error> {
    set_password(tx, user.id, hash)?;
    // Whoever knew the old one may have asked for another address, too.
    link::forget_unused(tx, user.id, &[Purpose::ResetPassword, Purpose::ChangeEmail])?;
    mail::queue_some(tx, Mail::to(user, Letter::PasswordChanged))?;
    session::end(tx, user.id, ends, reason)
}

/// The account, if somebody may still use it.
fn usable(found: Credentials) -> Result<Credentials, Error> {
    match found.user.status {
        UserStatus::Active => Ok(found),
        UserStatus::Suspended => Err(suspended(found.suspended_until)),
        UserStatus::Deleted => Err(Error::NotFound("user")),
    }
}

/// Gives the account an address that is confirmed.
fn set_email(tx: &mut Tx<'_>, id: UserId, email: &Email) -> Result<(), Error> {
    let now = At(tx.now);
    let set = diesel::update(users::table.find(id.to_string()))
        .set((
            users::email.eq(email.as_str()),
            users::email_confirmed_at.eq(now),
            users::updated_at.eq(now),
        ))
        .execute(tx.conn);
    set.map(drop).map_err(taken)
}
