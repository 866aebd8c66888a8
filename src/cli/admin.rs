//! `rialto admin`: the people who run the shop.

use std::io::{self, BufRead, IsTerminal};

use super::{Failure, configured, say, shop};
use crate::{
    actors::password::Passwords,
    domain::{
        account::{Email, Password, Register, Role},
        id::UserId,
    },
    store::Store,
};

/// What an admin is called until they say otherwise.
const NAME: &str = "Admin";

/// Makes an admin of an address that has no account yet.
pub fn create(email: &str) -> Result<(), Failure> {
    let (config, _) = configured()?;
    let email = Email::parse(email)?;
    let password = Password::parse(&typed_password()?)?.unlike(&email)?;
    let store = shop::open(&config)?;
    let passwords = Passwords::start(config.password_hash)?;
    shop::run(register(&store, &passwords, email, password, NAME, Role::Admin))?;
    Ok(say("the admin can log in")?)
}

/// Makes an account, without a session.
pub async fn register(
    store: &Store,
    passwords: &Passwords,
    email: Email,
    password: Password,
    name: &str,
    role: Role,
) -> Result<(), Failure> {
    let password_hash = passwords.hash(password).await?;
    let (id, name) = (UserId::new(), name.to_owned());
    store
        .write(Register { id, email, name, password_hash, role, session: None, confirm: None })
        .await?;
    Ok(())
}

/// From somebody at a terminal, who types it twice and unseen; else the first line.
fn typed_password() -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let password = rpassword::prompt_password("Password: ")?;
    if rpassword::prompt_password("Once more: ")? == password {
        Ok(password)
    } else {
        Err(Failure::new("the two passwords differ"))
    }
}
