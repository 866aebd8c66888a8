//! What a shop begins with.

use super::{Failure, admin};
use crate::{
    actors::password::Passwords,
    domain::account::{Email, Password, Role},
    store::{Store, read},
};

/// Somebody whose password everybody knows; never in `prod`.
pub struct Login {
    pub email: &'static str,
    pub password: &'static str,
    name: &'static str,
    role: Role,
}

pub const DEMO_ADMIN: Login = Login {
    email: "admin@rialto.test",
    password: "rialto-admin",
    name: "Demo Admin",
    role: Role::Admin,
};
pub const DEMO_SHOPPER: Login = Login {
    email: "shopper@rialto.test",
    password: "rialto-shopper",
    name: "Demo Shopper",
    role: Role::Customer,
};

/// What a server in `dev` begins with: the demo logins.
pub async fn first(store: &Store) -> Result<(), Failure> {
    logins(store).await
}

/// Fails where somebody could log in with what everybody knows.
pub async fn refuse_demo_logins(store: &Store) -> Result<(), Failure> {
    for login in [DEMO_ADMIN, DEMO_SHOPPER] {
        let email = Email::parse(login.email)?;
        let Some(known) = read!(store, account::credentials(email))? else { continue };
        let password = Password::attempt(login.password)?;
        if Passwords::start()?.verify(password, Some(known.password_hash)).await? {
            let message = format!("prod does not start with the demo login {}", login.email);
            return Err(Failure::new(message));
        }
    }
    Ok(())
}

async fn logins(store: &Store) -> Result<(), Failure> {
    let passwords = Passwords::start()?;
    for Login { email, password, name, role } in [DEMO_ADMIN, DEMO_SHOPPER] {
        let (email, asked) = (Email::parse(email)?, Email::parse(email)?);
        if read!(store, account::credentials(asked))?.is_none() {
            let password = Password::parse(password)?;
            admin::register(store, &passwords, email, password, name, role).await?;
        }
    }
    Ok(())
}
