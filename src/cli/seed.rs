//! `rialto seed`: a shop with something in it, the same one each time.

use super::{Failure, Seed, admin, configured, import::told, say, shop};
use crate::{
    actors::password::Passwords,
    config::Environment,
    demo,
    domain::{
        account::{Email, Password, Role},
        catalogue::import::Imported,
        password::Hashing,
    },
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

/// Fills the shop and shows how far it is.
pub fn run(seed: &Seed) -> Result<(), Failure> {
    let (config, _) = configured()?;
    if seed.demo && config.env == Environment::Prod {
        return Err(Failure::new("the demo logins are not for prod: everybody knows them"));
    }
    let store = shop::open(&config)?;
    shop::run(async {
        if seed.demo {
            logins(&store, config.password_hash).await?;
            let imported = store.write(demo::catalogue()).await?;
            say(format!("the demo shop: {}", told(&imported)))?;
        }
        if let Some(products) = seed.products {
            large(&store, products, seed.variants).await?;
        }
        Ok(())
    })
}

/// What a server in `dev` begins with: the demo shop, where there is nothing for sale yet.
pub async fn first(store: &Store) -> Result<(), Failure> {
    if read!(store, catalogue::count())? == 0 {
        let imported = store.write(demo::catalogue()).await?;
        tracing::info!(products = imported.created, "seeded the demo shop");
    }
    Ok(())
}

/// Fails where somebody could log in with what everybody knows.
pub async fn refuse_demo_logins(store: &Store, hashing: Hashing) -> Result<(), Failure> {
    let passwords = Passwords::start(hashing)?;
    for login in [DEMO_ADMIN, DEMO_SHOPPER] {
        let email = Email::parse(login.email)?;
        let Some(known) = read!(store, account::credentials(email))? else { continue };
        let password = Password::attempt(login.password)?;
        if passwords.verify(password, Some(known.password_hash)).await? {
            let message = format!("prod does not start with the demo login {}", login.email);
            return Err(Failure::new(message));
        }
    }
    Ok(())
}

/// The two demo logins, where they are missing.
pub async fn logins(store: &Store, hashing: Hashing) -> Result<(), Failure> {
    let passwords = Passwords::start(hashing)?;
    for Login { email, password, name, role } in [DEMO_ADMIN, DEMO_SHOPPER] {
        let (email, asked) = (Email::parse(email)?, Email::parse(email)?);
        if read!(store, account::credentials(asked))?.is_none() {
            let password = Password::parse(password)?;
            admin::register(store, &passwords, email, password, name, role).await?;
        }
    }
    Ok(())
}

async fn large(store: &Store, products: u32, variants: u32) -> Result<(), Failure> {
    let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let mut done = Imported::default();
    for part in demo::large(number(products), number(variants)) {
        done.add(store.write(part).await?, Vec::new());
        say(format!("{} of {products} products", done.taken()))?;
    }
    Ok(say(format!("in all: {}", told(&done)))?)
}
